import assert from 'node:assert/strict';
import type { Adapter } from '../../../src/adapter.ts';
import type { Destination, OutboundMessage } from '../../../src/message.ts';
import { createDiscordAdapter } from '../../../adapters/discord/index.ts';
import type { DiscordEmulator } from '../../../adapters/discord/emulator.ts';
import type { EmulatedMessage } from '../../../adapters/discord/emulator/world.ts';
import { defaults, onStage, toOutbound } from './support.ts';

export const fileAfter = 4_000;
export const attachFiles = 1n << 15n;
export const post = 'POST /channels/:id/messages';
export const patch = 'PATCH /channels/:id/messages/:id';
export const note = '*This is the beginning. The whole answer is in the file below.*';
export const long = Array.from(
  { length: 90 },
  (_, index) => `Paragraph ${index}: a *lamp* has to be lit by somebody every night.`,
).join('\n\n');

export interface Scene {
  readonly emulator: DiscordEmulator;
  readonly adapter: Adapter & Required<Pick<Adapter, 'find' | 'remove' | 'split'>>;
  readonly destination: Destination;
  /** The long answer, as the outbox hands it over. */
  readonly message: OutboundMessage;
  /** The bot's messages, oldest first. */
  written(): EmulatedMessage[];
  /** As after a crash: another Parley, which knows what the ledger knows. */
  another(): Scene['adapter'];
}

export function scene(play: (scene: Scene) => Promise<void>): Promise<void> {
  return onStage(async ({ emulator }) => {
    const { guildId, channelId } = emulator.home;
    const question = emulator.say({ text: 'Tell me everything.', mention: true });
    const destination = { guildId, channelId, channelType: '0', replyTo: question.id };
    const adapters: Adapter[] = [];
    const another = (): Scene['adapter'] => {
      const adapter = createDiscordAdapter({ ...defaults(emulator), fileAfter });
      adapters.push(adapter);
      const { find, remove, split } = adapter;
      assert.ok(find && remove && split);
      return { ...adapter, find, remove, split };
    };
    const written = (): EmulatedMessage[] => emulator.messages(channelId).filter(({ author }) => author === emulator.bot);
    try {
      await play({ emulator, adapter: another(), another, destination, written, message: toOutbound(destination, long) });
    } finally {
      await Promise.all(adapters.map((adapter) => adapter.stop()));
    }
  });
}

export function contentsOf(message: EmulatedMessage | undefined): (string | undefined)[] | undefined {
  return message?.attachments.map(({ content }) => content?.toString());
}

export function hasButtons({ components = [] }: EmulatedMessage): boolean {
  return components.length > 0;
}

/** What a reader sees of an answer in several messages. */
export function readTogether(messages: readonly EmulatedMessage[]): string {
  return messages.map(({ content }) => content).join('\n\n');
}

/** The only message: the beginning, the file, the buttons. */
export function assertFile({ written, message, destination }: Scene, text = long): void {
  const [only, ...others] = written();
  assert.ok(only);
  assert.equal(others.length, 0);
  assert.ok(only.content.endsWith(`\n\n${note}`) && only.content.length <= 2_000);
  assert.ok(text.startsWith(only.content.slice(0, -note.length).trimEnd()));
  assert.deepEqual(contentsOf(only), [text]);
  assert.equal(only.attachments[0]?.filename, `answer-${message.id}.md`);
  assert.equal(only.replyTo, destination['replyTo']);
  assert.ok(hasButtons(only));
}
