import type { DiscordOptions } from '../../../adapters/discord/index.ts';
import type { Commanding } from '../../../adapters/discord/emulator/command-use.ts';
import type { EmulatedInteraction } from '../../../adapters/discord/emulator/interactions.ts';
import { createMemoryPlaces } from '../../support/memory-places.ts';
import { onStage } from './support.ts';
import type { FakeContext, Stage } from './support.ts';

export const manageServer = 1n << 5n;
export const manageChannels = 1n << 4n;
export const viewChannel = 1n << 10n;

export interface SettingsScene extends Stage {
  readonly context: FakeContext;
  /** What admins have set, every change. */
  readonly changes: ReturnType<typeof createMemoryPlaces>['changes'];
  /** A use of /settings, by `Mo` who may manage the server where nobody is named. */
  use(subcommand: string, words?: Omit<Commanding, 'name' | 'subcommand'>): EmulatedInteraction;
  /** The same, and what it is answered. */
  told(subcommand: string, words?: Omit<Commanding, 'name' | 'subcommand'>): Promise<string>;
  /** What the person is answered to this interaction, by what only they see. */
  answerTo(interaction: EmulatedInteraction): Promise<string>;
  /** Another process on the same ledger. */
  restart(options?: Partial<DiscordOptions>): Promise<void>;
  /** Resolves when everything that has been said so far has been looked at. */
  heard(): Promise<void>;
}

/** An adapter whose settings may be changed by command. */
export function onSettingsScene(
  play: (scene: SettingsScene) => Promise<void>,
  options: Partial<DiscordOptions> = {},
): Promise<void> {
  return onStage(async (stage) => {
    const { emulator, watch, context } = stage;
    const places = createMemoryPlaces();
    const withPlaces = (own: FakeContext): FakeContext => ({ ...own, places });
    const all = { commands: true, settings: { models: ['large', 'small'] }, ...options };
    emulator.user('Mo', { permissions: String(manageServer | viewChannel) });
    let adapter = await stage.start({ ...all, context: withPlaces(context) });
    await watch.until(() => context.states.has('commands'), 'the commands');
    const use: SettingsScene['use'] = (subcommand, words = {}) =>
      emulator.command({ name: 'settings', user: 'Mo', ...words, subcommand });
    const answerTo = async (interaction: EmulatedInteraction): Promise<string> => {
      const { id, user } = interaction;
      const seen = () => emulator.privateMessages(user.globalName).find((message) => message.interaction?.id === id);
      await watch.until(() => seen() !== undefined, 'an answer');
      return seen()?.content ?? '';
    };
    await play({
      ...stage,
      changes: places.changes,
      use,
      told: (subcommand, words) => answerTo(use(subcommand, words)),
      answerTo,
      restart: async (more = {}) => {
        await adapter.stop();
        adapter = await stage.start({ ...all, ...more, context: withPlaces(context.restart()) });
      },
      heard: async () => {
        const end = emulator.say({ channelId: emulator.directMessage('Zoe').id, user: 'Zoe', text: 'the end' });
        await watch.until(() => context.messages().some(({ messageId }) => messageId === end.id));
        context.events.splice(
          context.events.findIndex((event) => event.eventId === end.id),
          1,
        );
      },
    });
  });
}
