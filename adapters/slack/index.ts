import type { App } from '@slack/bolt';
import type { Adapter, AdapterContext, AdapterHealth, RequestHandler } from '../../src/adapter.ts';
import { AdapterError, describeError } from '../../src/errors.ts';
import type { HeldPlaces } from '../../src/held-places.ts';
import { createAgentView } from './agent-view.ts';
import { goesAsFile, splitAsFile } from './answer-file.ts';
import type { SuggestedPrompt } from './agent-view.ts';
import { takesButtons } from './buttons.ts';
import type { SlackButton } from './buttons.ts';
import { namesGroups } from './channel-settings.ts';
import type { SlackChannels } from './channel-settings.ts';
import { checkSlack } from './check.ts';
import { defaultCommands } from './command.ts';
import type { SlackCommands } from './command.ts';
import { createSlackCaller } from './client.ts';
import type { SlackCaller } from './client.ts';
import { adapterName } from './conversation.ts';
import { createFileFetcher } from './files.ts';
import { withCopies } from './copies.ts';
import { createFinder } from './find.ts';
import { createHomeParts } from './home-parts.ts';
import type { SlackHome } from './home-parts.ts';
import { createHttpReceiver, createSlackRouter } from './http.ts';
import type { HttpReceiver } from './http.ts';
import { createIdentityCheck } from './identity.ts';
import type { IdentityCheck } from './identity.ts';
import { createInteractionHandlers } from './interaction-handlers.ts';
import { splitForSlack } from './limits.ts';
import { createNames } from './names.ts';
import { toNotice } from './notice.ts';
import { createInstallFlow, toRedirectUri } from './oauth/flow.ts';
import type { InstallFlow, SlackOAuth } from './oauth/flow.ts';
import { createInstallRouter } from './oauth/router.ts';
import { createPast } from './past.ts';
import { createProcessEvent } from './process-event.ts';
import { createResponder } from './respond.ts';
import { createRules } from './rules.ts';
import { createSender } from './send.ts';
import type { Sender } from './send.ts';
import { createSessions } from './sessions.ts';
import type { Sessions } from './sessions.ts';
import type { SocketReceiver } from './socket.ts';
import { createStatus } from './status.ts';
import type { Status } from './status.ts';
import { createStreams } from './streams.ts';
import type { Streams } from './streams.ts';
import { defaultShortcuts } from './shortcuts.ts';
import type { SlackShortcut } from './shortcuts.ts';
import { createThreadReader } from './thread.ts';
import { createShareFile } from './upload.ts';
import { createTitles } from './titles.ts';
import { describeInstallations, createWorkspaces } from './workspaces.ts';
import type { Workspaces } from './workspaces.ts';

export interface SlackOptions {
  /** `xoxb-…`: of the one workspace that the app is in, or of one beside those that install it by OAuth. */
  readonly botToken?: string | undefined;
  /** Lets people install the app into their workspaces. */
  readonly oauth?: SlackOAuth | undefined;
  /** Where the outside reaches this server, without a path. */
  readonly publicUrl?: string | undefined;
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
  /** What the Home tab of the app shows; undefined where there is none. */
  readonly home?: SlackHome | undefined;
  /** Whether Slack's agent view is used: prompts, titles, and sessions with their Stop button. */
  readonly agentView?: boolean;
  /** What is suggested to who opens the app; four at most. */
  readonly suggestedPrompts?: readonly SuggestedPrompt[];
  /** What holds in some channels only. */
  readonly channels?: SlackChannels;
  /** What can be chosen from the menu of a message; default everything. */
  readonly shortcuts?: readonly SlackShortcut[];
  /** Default: `/ask`, answered privately. */
  readonly commands?: SlackCommands;
  /** What stands under the last message of an answer; default nothing. */
  readonly buttons?: readonly SlackButton[];
  /** How many messages of other bots are answered in one conversation within an hour; default none. */
  readonly botTurnsPerHour?: number;
  /** Ids of user groups: who is in which is told with what people say, as their roles. */
  readonly roles?: readonly string[];
  /** Whether the files are read that come with messages; true where it is left out. */
  readonly readFiles?: boolean;
  /** An answer of more characters goes out as its beginning and a file; never where it is left out. At least 12,000. */
  readonly fileAfter?: number | undefined;
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
      await started.places?.load();
      await started.workspaces?.installations.load();
      await started.identity?.start();
      if (options.transport.type === 'socket') await startSocket(started, { ...options, ...options.transport }, context);
    },
    stop: async () => {
      parts?.stopping.abort(new Error('The Slack adapter is stopping.'));
      await parts?.http?.stop();
      await parts?.socket?.stop();
      await parts?.workspaces?.tokens.settle();
    },
    send: (message, signal) => running().sender.send(message, signal),
    find: (message, signal) => running().sender.find(message, signal),
    remove: (message, receipt, signal) => running().sender.remove(message, receipt, signal),
    split: (text, opened, to) => {
      const stream = opened && parts?.streams.by(opened);
      if (goesAsFile(text, { after: options.fileAfter, to })) return splitAsFile(text, stream?.shown(text));
      return stream?.parts(text) ?? splitForSlack(text);
    },
    notice: toNotice,
    asks: takesButtons,
    readThread: (command, signal) => running().readThread(command, signal),
    download: (file, signal) => running().fetchFile(file, signal),
    typing: (destination, signal) => {
      running().sessions?.begin(destination);
      return running().status.show(destination, signal);
    },
    check: (signal) => {
      const { botToken, oauth, transport, publicUrl, apiUrl, fetch } = options;
      return checkSlack({ ...featuresOf(options), botToken, oauth, transport, publicUrl, apiUrl, fetch }, signal);
    },
    health: () => (parts ? healthOf(parts, options.oauth) : { connected: false, detail: 'not started' }),
    ...(options.streaming ? { stream: (opening, signal) => running().streams.open(opening, signal) } : {}),
    ...(options.transport.type === 'http' || options.oauth ? { router: () => createRouter(options, () => parts) } : {}),
  };
}

function createRouter({ transport, oauth }: SlackOptions, parts: () => Parts | undefined): RequestHandler {
  const events = transport.type === 'http' ? createSlackRouter(() => parts()?.http) : undefined;
  const { publicUrl } = oauth ?? {};
  const install = publicUrl === undefined ? undefined : createInstallRouter({ flow: () => parts()?.flow, publicUrl });
  if (!install || !events) return install ?? events ?? ((_request, _response, next) => next());
  return (request, response, next) =>
    events(request, response, (error) => (error === undefined ? install(request, response, next) : next(error)));
}

interface Parts {
  readonly slack: SlackCaller;
  /** Of the configured bot token. */
  readonly identity: IdentityCheck | undefined;
  readonly workspaces: Workspaces | undefined;
  readonly flow: InstallFlow | undefined;
  readonly streams: Streams;
  readonly sender: Sender;
  readonly readThread: NonNullable<Adapter['readThread']>;
  readonly fetchFile: NonNullable<Adapter['download']>;
  /** Undefined where the agent view is off. */
  readonly sessions: Sessions | undefined;
  readonly status: Status;
  readonly http: HttpReceiver | undefined;
  socket: SocketReceiver | undefined;
  /** Of Bolt's App the receivers use this alone. The rest of it costs more than the whole of receiving does. */
  readonly app: App;
  readonly onFailure: (error: unknown) => void;
  readonly stopping: AbortController;
  /** What admins have set for channels. */
  readonly places: HeldPlaces | undefined;
}

function assemble(options: SlackOptions, context: AdapterContext): Parts {
  const { transport, followThreads, unfurl = false, buttons = [] } = options;
  const { clock, log } = context;
  const stopping = new AbortController();
  const { slack, identity, workspaces, flow, identify } = createCallers(options, { context, stopping: stopping.signal });
  const [titles, past] = [createTitles(), createPast(clock)];
  const { agentView = false, suggestedPrompts: prompts = [] } = options;
  const shared = { slack, clock, log, stopping: stopping.signal };
  const sessions = agentView ? createSessions({ ...shared, titles, past }) : undefined;
  const status = createStatus({ slack, clock });
  const view = agentView ? { ...createAgentView({ ...shared, prompts }), titles, sessions } : undefined;
  const streams = createStreams({ ...shared, sessions, fileAfter: options.fileAfter });
  const share = createShareFile({ apiUrl: options.apiUrl, fetch: options.fetch });
  const look = createFinder({ slack, identity: identify });
  const names = createNames({ slack, clock, stopping: stopping.signal });
  const onFailure = (error: unknown): void =>
    log.error('slack event not accepted; it is not acknowledged', { error: describeError(error) });
  const http =
    transport.type === 'http' ? createHttpReceiver({ signingSecret: transport.signingSecret, clock, onFailure }) : undefined;
  const { channels = {}, botTurnsPerHour = 0, roles = [] } = options;
  const connection = transport.type === 'http' ? 'HTTP' : 'Socket Mode';
  const secret = transport.type === 'http' ? transport.signingSecret : transport.appToken;
  const responder = createResponder({ secret, apiUrl: options.apiUrl, fetch: options.fetch, clock });
  const { commands = defaultCommands, shortcuts = defaultShortcuts } = options;
  const own = createInteractionHandlers({ slack, responder, shortcuts });
  const command = commands.command === 'off' ? undefined : commands.command;
  const atHome = createHomeParts(options.home, { slack, context, connection, command, stopping: stopping.signal });
  const { home, places } = atHome;
  const rules = createRules({ ...shared, channels, roles, botTurnsPerHour, followThreads, places });
  const handlers = { ...own, ...atHome.handlers };
  const processing = {
    context,
    commands,
    responder,
    identity,
    workspaces,
    names,
    rules,
    takesBots: botTurnsPerHour > 0,
    handlers,
    home,
    view,
    stopping: stopping.signal,
  };
  const app = { processEvent: createProcessEvent(processing) } as App; // see Parts
  http?.init(app);
  const sender = createSender({ slack, streams, look, sessions, status, past, unfurl, buttons, responder, share });
  return {
    ...{ slack, identity, workspaces, flow, streams, http, app, onFailure, stopping, places },
    ...{ sessions, status },
    readThread: createThreadReader({ slack, names }),
    sender: withCopies(sender, async (signal) => (await identity?.get(signal))?.team),
    fetchFile: createFileFetcher({ slack, apiUrl: options.apiUrl, fetch: options.fetch }),
    socket: undefined,
  };
}

/** What the app is asked to be allowed. */
function featuresOf(options: SlackOptions) {
  const {
    followThreads,
    readFiles,
    agentView,
    channels = {},
    commands = defaultCommands,
    shortcuts = defaultShortcuts,
    roles = [],
  } = options;
  return {
    ...{ followThreads, commands, shortcuts, agentView, groups: namesGroups(channels) || roles.length > 0 },
    ...(readFiles === undefined ? {} : { readFiles }),
    sendsFiles: options.fileAfter !== undefined,
  };
}

/** Whose tokens Slack is called with: that of the configuration, those of installations, or both. */
function createCallers(options: SlackOptions, { context, stopping }: { context: AdapterContext; stopping: AbortSignal }) {
  const { botToken, oauth, apiUrl, fetch } = options;
  const { clock, log } = context;
  const single = botToken === undefined ? undefined : createSlackCaller({ botToken, apiUrl, fetch, log });
  const identity = single && createIdentityCheck({ slack: single, clock, log, stopping });
  if (!oauth) {
    if (!single || !identity) throw new AdapterError('Slack has neither a bot token nor OAuth: set SLACK_BOT_TOKEN.');
    const identify = (_place: unknown, signal: AbortSignal) => identity.get(signal);
    return { slack: single, identity, workspaces: undefined, flow: undefined, identify };
  }
  const own = single && identity && { slack: single, identity };
  const workspaces = createWorkspaces({ oauth, apiUrl, fetch, context, own });
  const { slack, request, installations } = workspaces;
  const flow = createInstallFlow({ oauth, apiUrl, request, installations, context, stopping, features: featuresOf(options) });
  return { slack, identity, workspaces, flow, identify: workspaces.identity };
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

function healthOf({ slack, identity, workspaces, http, socket }: Parts, oauth: SlackOAuth | undefined): AdapterHealth {
  const refused = slack.isRefused() ? 'Slack refuses the bot token: check SLACK_BOT_TOKEN.' : undefined;
  const unconnected = http || socket ? undefined : 'Socket Mode: not connected yet.';
  const trouble = refused ?? identity?.trouble() ?? unconnected ?? socket?.trouble;
  if (trouble !== undefined) return { connected: false, detail: trouble };
  const single = identity ? [`workspace ${identity.current()?.team}`] : [];
  const installed = workspaces && oauth ? [describeInstallations(workspaces, toRedirectUri(oauth).installUrl)] : [];
  return { connected: true, detail: [...single, ...installed, `events by ${socket ? 'Socket Mode' : 'HTTP'}`].join(', ') };
}
