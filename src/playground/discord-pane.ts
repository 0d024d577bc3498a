import { createDiscordEmulator } from '../../adapters/discord/emulator.ts';
import type { Clock } from '../clock.ts';
import type { Pane } from './pane.ts';

/** How long a message must stay as it is to count as complete: it grows by edits. */
const settledMs = 1_800;

/** A Discord server with one channel; the first question mentions the bot, the next ones reply to its answers. */
export function createDiscordPane(clock: Clock): Pane {
  const discord = createDiscordEmulator({ clock });
  let lastAnswer: string | undefined;

  /** The bot's next message, once it has not changed for a while. */
  function nextAnswer(): Promise<string> {
    return new Promise((resolve) => {
      const texts = new Map<string, string>();
      let cancel: (() => void) | undefined;
      const end = discord.onMessage((change) => {
        if (change.message.author.id !== discord.bot.id || change.type === 'deleted') return;
        texts.set(change.message.id, change.message.content);
        lastAnswer = change.message.id;
        cancel?.();
        cancel = clock.after(settledMs, () => {
          end();
          resolve([...texts.values()].join('\n'));
        });
      });
    });
  }

  return {
    title: 'Discord, in a server channel',
    person: 'Ada',
    listen: () => discord.listen(),
    close: () => discord.close(),
    env: () => ({ DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl }),
    connect: () => undefined,
    ask: (text) => {
      const answer = nextAnswer();
      if (lastAnswer === undefined) discord.say({ text, mention: true });
      else discord.say({ text, replyTo: lastAnswer });
      return answer;
    },
  };
}
