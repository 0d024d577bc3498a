import type { Said, SlackEmulator } from '../../../adapters/slack/emulator.ts';
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

  function talk(name: string, place: { readonly user: string; readonly channel?: string }): Talk {
    let root: Said | undefined;
    return {
      name,
      ask: (text, isJoined): Asked => {
        const where = place.channel === undefined ? { direct: true } : { channel: place.channel, mention: !isJoined };
        const said = slack.say({ user: place.user, text, ...where, ...(root ? { threadTs: root.threadTs } : {}) });
        root ??= said;
        questions.add(said.ts);
        return {
          isAcknowledged: () => said.deliveries.some(({ isAcknowledged }) => isAcknowledged),
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

  return {
    name: 'slack',
    isOrdered: false,
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
      return talk(`thread ${talks}`, { user, channel: random.pick(['general', 'support']) });
    },
    undelivered: () => slack.pending().length,
    onMoment: (listener) => {
      report = listener;
    },
    clearFaults: () => slack.faults.clear(),
  };
}

/** Nobody listens on port 1. */
const nowhere = 'http://127.0.0.1:1/';
const noFate: Fate = { lose: () => undefined, fail: () => undefined };
