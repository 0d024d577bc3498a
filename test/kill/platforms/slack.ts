import type { Said, Saying, SlackEmulator } from '../../../adapters/slack/emulator.ts';
import type { Asked, Fate, MomentListener, PlatformDriver, Talk } from '../driver.ts';
import type { Moment } from '../points.ts';

/** Which calls show an answer, begin to show one, and look for one. */
const momentsOf: Readonly<Record<string, { readonly before?: Moment; readonly after?: Moment }>> = {
  'chat.postMessage': { before: 'sending', after: 'sent' },
  'chat.update': { before: 'sending', after: 'sent' },
  'chat.stopStream': { before: 'sending', after: 'sent' },
  'chat.startStream': { after: 'streamed' },
  'chat.appendStream': { after: 'streamed' },
  'conversations.replies': { before: 'looking' },
  'conversations.history': { before: 'looking' },
};

/** A workspace with threads in channels and direct messages, whose events come by HTTP or over Socket Mode. */
export function createSlackDriver(slack: SlackEmulator): PlatformDriver {
  const questions = new Set<string>();
  let report: MomentListener = () => undefined;
  let talks = 0;
  let overtakings = 0;
  let overSocket = false;
  slack.onCall((method, _args, phase) => {
    const moment = momentsOf[method]?.[phase];
    if (moment) report(moment, fateOf(method));
  });
  slack.onDelivery(({ messageTs }, phase) => {
    if (phase === 'acknowledged' && messageTs !== undefined && questions.has(messageTs)) report('acknowledged', noFate);
  });

  function fateOf(method: string): Fate {
    return {
      lose: () => slack.faults.add({ method, kind: 'refuse' }),
      fail: () => slack.faults.add({ method, kind: 'server_error' }),
    };
  }

  /** The first attempt to deliver fails; the platform repeats it. */
  function sayLate(words: Saying): Said {
    const url = slack.eventsUrl;
    slack.eventsUrl = nowhere;
    const said = slack.say(words);
    slack.eventsUrl = url;
    return said;
  }

  function talk(name: string, place: Place): Talk {
    let root: Said | undefined;
    return {
      name,
      ask: (text): Asked => {
        const where = place.channel === undefined ? { direct: true } : { channel: place.channel, mention: !root };
        const words = { user: place.user, text, ...where, ...(root ? { threadTs: root.threadTs } : {}) };
        const said = !root && place.isLate ? sayLate(words) : slack.say(words);
        root ??= said;
        questions.add(said.ts);
        if (place.channel !== undefined) void countOvertaking(root, said);
        return {
          isAcknowledged: () => isTaken(said),
          redeliver: (copies) => void slack.redeliver(said, copies),
        };
      },
      visible: () =>
        slack
          .thread(root?.channel ?? '', root?.threadTs ?? '')
          .filter(({ isBot, deleted }) => isBot && !deleted)
          .map(({ ts, text, streaming }) => ({ id: ts, text, isGrowing: streaming })),
    };
  }

  async function countOvertaking(root: Said, said: Said): Promise<void> {
    if ((await said.acknowledged) && !isTaken(root)) overtakings += 1;
  }

  return {
    name: 'slack',
    isOrdered: false,
    overtakings: () => overtakings,
    listen: async () => void (await slack.start()),
    close: () => slack.stop(),
    settings: (random) => {
      overSocket = random.chance(0.4);
      const token: Record<string, string> = overSocket
        ? { SLACK_APP_TOKEN: slack.appToken }
        : { SLACK_SIGNING_SECRET: slack.signingSecret };
      return { env: { SLACK_BOT_TOKEN: slack.botToken, SLACK_API_URL: slack.apiUrl, ...token } };
    },
    connect: (url) => {
      slack.eventsUrl = overSocket ? undefined : `${url}/slack/events`;
      slack.retryPending();
    },
    disconnect: () => {
      slack.eventsUrl = nowhere;
    },
    open: (random) => {
      talks += 1;
      const user = random.pick(['Ada', 'Grace', 'Linus']);
      if (random.chance(0.3)) return talk(`direct ${talks}`, { user });
      return talk(`thread ${talks}`, { user, channel: random.pick(['general', 'support']), isLate: random.chance(0.5) });
    },
    undelivered: () => slack.pending().length,
    onMoment: (listener) => {
      report = listener;
    },
    clearFaults: () => slack.faults.clear(),
  };
}

interface Place {
  readonly user: string;
  /** Of a thread; otherwise they talk to the bot alone. */
  readonly channel?: string;
  /** The mention that opens the thread does not get through at once. */
  readonly isLate?: boolean;
}

function isTaken({ deliveries }: Said): boolean {
  return deliveries.some(({ isAcknowledged }) => isAcknowledged);
}

/** Nobody listens on port 1. */
const nowhere = 'http://127.0.0.1:1/';
const noFate: Fate = { lose: () => undefined, fail: () => undefined };
