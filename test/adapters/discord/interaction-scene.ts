import assert from 'node:assert/strict';
import type { Adapter } from '../../../src/adapter.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Command, InboundEvent } from '../../../src/message.ts';
import type { DiscordOptions } from '../../../adapters/discord/index.ts';
import type { EmulatedInteraction } from '../../../adapters/discord/emulator/interactions.ts';
import { onStage } from './support.ts';
import type { Stage } from './support.ts';

export const minute = 60_000;

export interface Scene extends Stage {
  readonly adapter: Adapter & Required<Pick<Adapter, 'find' | 'stream'>>;
  /** The command's event, once it is accepted. */
  commandOf(interaction: EmulatedInteraction): Promise<Command>;
  eventOf(interaction: EmulatedInteraction): Promise<InboundEvent>;
  answered(interaction: EmulatedInteraction): Promise<void>;
  /** Lets time pass on both sides. */
  skip(ms: number): void;
}

/** An adapter with its commands registered. */
export function scene(play: (scene: Scene) => Promise<void>, options: Partial<DiscordOptions> = {}): Promise<void> {
  let skipped = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + skipped };
  const skip = (ms: number): void => {
    skipped += ms;
  };
  return onStage(
    async (stage) => {
      const { emulator, watch, context } = stage;
      const { find, stream, ...adapter } = await stage.start({ commands: true, ...options });
      assert.ok(find && stream);
      await watch.until(() => emulator.commands().length >= 8);
      const eventOf = async ({ id }: EmulatedInteraction): Promise<InboundEvent> => {
        await watch.until(() => context.events.some(({ eventId }) => eventId === id));
        return context.events.find(({ eventId }) => eventId === id) as InboundEvent; // it was waited for
      };
      const commandOf = async (interaction: EmulatedInteraction): Promise<Command> => {
        const event = await eventOf(interaction);
        assert.equal(event.type, 'command');
        return event;
      };
      const answered = (interaction: EmulatedInteraction): Promise<void> =>
        watch.until(() => interaction.responseType !== undefined, 'a response');
      await play({ ...stage, adapter: { ...adapter, find, stream }, eventOf, commandOf, answered, skip });
    },
    { clock, emulator: { clock } },
  );
}

/** Without the joining of the server. */
export function asked({ events }: { readonly events: readonly InboundEvent[] }): InboundEvent[] {
  return events.filter(({ type }) => type !== 'install');
}

export function emulatorNow({ context }: Stage): number {
  return context.clock.now();
}

export function shown({ emulator }: Stage): string[] {
  return emulator
    .messages(emulator.home.channelId)
    .filter(({ author }) => author === emulator.bot)
    .map(({ content }) => content);
}
