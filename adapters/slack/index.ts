import type { App, ReceiverEvent } from '@slack/bolt';
import type { Adapter, AdapterContext, AdapterHealth } from '../../src/adapter.ts';
import { describeError } from '../../src/errors.ts';
import type { Destination } from '../../src/message.ts';
import type { SlackChannels } from './channel-settings.ts';
import { checkCredentials } from './check.ts';
import { createSlackCaller } from './client.ts';
import type { SlackCaller } from './client.ts';
import { adapterName, parseDestination } from './conversation.ts';
import { createFinder } from './find.ts';
import { createHttpReceiver, createSlackRouter } from './http.ts';
import type { HttpReceiver } from './http.ts';
import { createIdentityCheck } from './identity.ts';
import type { IdentityCheck } from './identity.ts';
import { splitForSlack } from './limits.ts';
import { createNames } from './names.ts';
import type { Names } from './names.ts';
import { toEvents } from './receive.ts';
import { toNotice } from './notice.ts';
import { createRules } from './rules.ts';
import type { Rules } from './rules.ts';
import { createSender } from './send.ts';
import type { Sender } from './send.ts';
import type { SocketReceiver } from './socket.ts';
import { createStreams } from './streams.ts';
import type { Streams } from './streams.ts';

export interface SlackOptions {
  /** `xoxb-…` */
  readonly botToken: string;
  readonly transport:
    | { readonly type: 'http'; readonly signingSecret: string }
    /** `xapp-…` */
    | { readonly type: 'socket'; readonly appToken: string };
  /** Slack's own where it is left out. */
  readonly apiUrl?: string;
  readonly fetch?: typeof fetch;
  /** Whether answers are shown while they grow. */
  readonly streaming: boolean;
  /** Whether what is said in a thread that the bot takes part in is for it, without a mention. */
  readonly followThreads: boolean;
  /** Whether Slack shows previews of what an answer links to. Default false: a preview is a request to wherever a model pointed. */
  readonly unfurl?: boolean;
  /** What holds in some channels only. */
  readonly channels?: SlackChannels;
  /** How many messages of other bots are answered in one conversation within an hour; default none. */
  readonly botTurnsPerHour?: number;
}

/** Slack by its own SDK: Bolt's receivers for what comes in, its Web API client for what goes out. */
export function createSlackAdapter(options: SlackOptions): Adapter {
  let parts: Parts | undefined;

  function running(): Parts {
    if (!parts) throw new Error('The Slack adapter has not been started.');
    return parts;
  }

  return {
    name: adapterName,
    start: async (context) => {
      const started = assemble(options, context);
      parts = started;
      await started.identity.start();
      if (options.transport.type === 'socket') await startSocket(started, { ...options, ...options.transport }, context);
    },
    stop: async () => {
      parts?.stopping.abort(new Error('The Slack adapter is stopping.'));
      await parts?.http?.stop();
      await parts?.socket?.stop();
    },
    send: (message, signal) => running().sender.send(message, signal),
    find: (message, signal) => running().find(message, signal),
    remove: (_message, receipt, signal) => running().sender.remove(receipt, signal),
    split: (text) => splitForSlack(text),
    notice: toNotice,
    typing: (destination, signal) => showThinking(running().slack, destination, signal),
    check: (signal) => {
      const { botToken, transport, apiUrl, fetch } = options;
      const appToken = transport.type === 'socket' ? transport.appToken : undefined;
      return checkCredentials({ botToken, appToken, apiUrl, fetch }, signal);
    },
    health: () => (parts ? healthOf(parts) : { connected: false, detail: 'not started' }),
    ...(options.streaming ? { stream: (opening, signal) => running().streams.open(opening, signal) } : {}),
    ...(options.transport.type === 'http' ? { router: () => createSlackRouter(() => parts?.http) } : {}),
  };
}

interface Parts {
  readonly slack: SlackCaller;
  readonly identity: IdentityCheck;
  readonly streams: Streams;
  readonly sender: Sender;
  readonly find: NonNullable<Adapter['find']>;
  readonly http: HttpReceiver | undefined;
  socket: SocketReceiver | undefined;
  /** Of Bolt's App the receivers use this alone. The rest of it costs more than the whole of receiving does. */
  readonly app: App;
  readonly onFailure: (error: unknown) => void;
  readonly stopping: AbortController;
}

function assemble(options: SlackOptions, context: AdapterContext): Parts {
  const { botToken, transport, apiUrl, fetch, followThreads, unfurl = false } = options;
  const { clock, log } = context;
  const stopping = new AbortController();
  const slack = createSlackCaller({ botToken, apiUrl, fetch, log });
  const identity = createIdentityCheck({ slack, clock, log, stopping: stopping.signal });
  const streams = createStreams({ slack, clock, log, stopping: stopping.signal });
  const find = createFinder({ slack, identity: identity.get });
  const names = createNames({ slack, clock, stopping: stopping.signal });
  const onFailure = (error: unknown): void =>
    log.error('slack event not accepted; it is not acknowledged', { error: describeError(error) });
  const http =
    transport.type === 'http' ? createHttpReceiver({ signingSecret: transport.signingSecret, clock, onFailure }) : undefined;
  const { channels = {}, botTurnsPerHour = 0 } = options;
  const rules = createRules({ channels, botTurnsPerHour, followThreads, slack, clock, log, stopping: stopping.signal });
  const app = { processEvent: createProcessEvent({ context, identity, names, rules, takesBots: botTurnsPerHour > 0 }) } as App; // see Parts
  http?.init(app);
  return {
    slack,
    identity,
    streams,
    sender: createSender({ slack, streams, find, unfurl }),
    find,
    http,
    socket: undefined,
    app,
    onFailure,
    stopping,
  };
}

interface SocketOptions extends Pick<SlackOptions, 'apiUrl' | 'fetch'> {
  readonly appToken: string;
}

/** Loads Bolt, which takes longer than the rest of the adapter: over HTTP there is no need of it. */
async function startSocket(parts: Parts, { appToken, apiUrl, fetch }: SocketOptions, context: AdapterContext): Promise<void> {
  const { SocketReceiver: Receiver } = await import('./socket.ts');
  parts.stopping.signal.throwIfAborted();
  const { clock, log } = context;
  parts.socket = new Receiver({ appToken, apiUrl, fetch, clock, log, onFailure: parts.onFailure });
  parts.socket.init(parts.app);
  await parts.socket.start();
}

interface Processing {
  readonly context: AdapterContext;
  readonly identity: IdentityCheck;
  readonly names: Names;
  readonly rules: Rules;
  readonly takesBots: boolean;
}

/** Bolt acknowledges an event before anybody has seen it. Here it is on disk first; if it cannot be, Slack gets no acknowledgement. */
function createProcessEvent({ context, identity, names, rules, takesBots }: Processing): App['processEvent'] {
  const { clock, log } = context;
  return async ({ body, ack }: ReceiverEvent) => {
    const { userId, botId } = identity.current() ?? {};
    const events = toEvents(body, { userId, botId, receivedAt: clock.now(), nameOf: names.nameOf, takesBots });
    const ruled = await Promise.all(events.map((event) => rules.apply(event)));
    const wanted = ruled.filter((event) => event !== undefined).map((event) => names.complete(event));
    if (wanted.length > 0) rules.tell(wanted, await context.accept(wanted));
    if (body['type'] === 'app_rate_limited') log.warn('slack withholds events: the workspace sends more than 30,000 an hour');
    await ack();
  };
}

/** Shown under the text field until the bot writes, for two minutes at most. */
async function showThinking(slack: SlackCaller, destination: Destination, signal: AbortSignal): Promise<void> {
  const { channel, threadTs } = parseDestination(destination) ?? {};
  if (channel === undefined || threadTs === undefined) return;
  await slack.call('assistant.threads.setStatus', { channel_id: channel, thread_ts: threadTs, status: 'is thinking…' }, signal);
}

function healthOf({ slack, identity, http, socket }: Parts): AdapterHealth {
  const refused = slack.isRefused() ? 'Slack refuses the bot token: check SLACK_BOT_TOKEN.' : undefined;
  const unconnected = http || socket ? undefined : 'Socket Mode: not connected yet.';
  const trouble = refused ?? identity.trouble() ?? unconnected ?? socket?.trouble;
  if (trouble !== undefined) return { connected: false, detail: trouble };
  return { connected: true, detail: `workspace ${identity.current()?.team}, events by ${socket ? 'Socket Mode' : 'HTTP'}` };
}
