import { createSlackEmulator } from '../../adapters/slack/emulator.ts';
import type { Clock } from '../clock.ts';
import type { Pane } from './pane.ts';

/** A Slack workspace with one channel; the first question mentions the bot and opens a thread, the next ones are said in it without a mention. */
export function createSlackPane(clock: Clock): Pane {
  const slack = createSlackEmulator({ clock });
  let apiUrl = '';
  let thread: { readonly channel: string; readonly threadTs: string } | undefined;

  /** What the bot has said in the thread so far, finished messages only. */
  function answers(): readonly string[] {
    if (!thread) return [];
    return slack
      .thread(thread.channel, thread.threadTs)
      .filter((message) => message.isBot && !message.streaming && !message.deleted)
      .map(({ text }) => text);
  }

  function nextAnswer(known: number): Promise<string> {
    return new Promise((resolve) => {
      const end = slack.onMessage(() => {
        const answer = answers()[known];
        if (answer === undefined) return;
        end();
        resolve(answer);
      });
    });
  }

  return {
    title: 'Slack, in a channel thread',
    person: 'Ada',
    listen: async () => {
      ({ apiUrl } = await slack.start());
    },
    close: () => slack.stop(),
    env: () => ({ SLACK_BOT_TOKEN: slack.botToken, SLACK_SIGNING_SECRET: slack.signingSecret, SLACK_API_URL: apiUrl }),
    connect: (url) => {
      slack.eventsUrl = `${url}/slack/events`;
    },
    ask: (text) => {
      const answer = nextAnswer(answers().length);
      thread = thread ? (slack.say({ ...thread, text }), thread) : slack.say({ text, mention: true });
      return answer;
    },
  };
}
