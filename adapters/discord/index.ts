import type { Adapter, AdapterContext, MessageStream, StreamOpening } from '../../src/adapter.ts';
import { systemClock } from '../../src/clock.ts';
import { AdapterError } from '../../src/errors.ts';
import { holdPlaces } from '../../src/held-places.ts';
import type { HeldPlaces } from '../../src/held-places.ts';
import { headLimit, splitForDiscord } from './answer-file.ts';
import { stopRow } from './buttons.ts';
import { checkDiscord } from './check.ts';
import { defineCommands } from './commands.ts';
import { intentsOf } from './features.ts';
import { createFileFetcher } from './files.ts';
import { withCopies } from './copies.ts';
import { Gateway } from './gateway.ts';
import { createDiscordRouter } from './http.ts';
import type { InteractionEndpoint } from './http.ts';
import { InteractionSender } from './interaction-send.ts';
import { createTokenBox, parseInteractionDestination } from './interaction-token.ts';
import { Interactions } from './interactions.ts';
import { toNotice } from './notice.ts';
import { hasPosts, placeFeatures } from './place-settings.ts';
import { readThread } from './read-thread.ts';
import { registerCommands } from './registration.ts';
import { createRest } from './rest.ts';
import type { Rest } from './rest.ts';
import { createRules } from './rules.ts';
import type { Rules, RuleSettings } from './rules.ts';
import { Sender } from './send.ts';
import { DiscordStream, streamsLimit } from './stream.ts';
import { createWindow } from './window.ts';

export interface DiscordOptions extends RuleSettings {
  /** The bot token from the Developer Portal. */
  readonly token: string;
  readonly applicationId?: string;
  /** 64 hexadecimal digits: turns the endpoint for interactions over HTTP on. */
  readonly publicKey?: string | undefined;
  /** Another host that speaks Discord's API, without a version: `http://127.0.0.1:4003/api`. */
  readonly apiUrl?: string;
  /** Whether to connect to the gateway. Without it there are interactions over HTTP only. */
  readonly gateway: boolean;
  /**
   * Whether the portal's switch for the Message Content intent is on. Without it Discord shows the bot only what mentions it, what
   * replies to it and direct messages: follow-ups in a thread need a mention then.
   */
  readonly messageContentIntent: boolean;
  /** Whether commands are registered. */
  readonly commands: boolean;
  /** The servers in which they are; everywhere if there are none. */
  readonly commandGuilds: readonly string[];
  /** Whether only the person who asks by a command sees the answer where the command does not say. */
  readonly privateAnswers: boolean;
  /** Whether commands may be used by who added the app to their own account. */
  readonly userInstall: boolean;
  /** What admins may choose from; undefined where nobody may change settings, and none that were set hold. */
  readonly settings?: { readonly models: readonly string[] } | undefined;
  /** Whether answers carry buttons. */
  readonly buttons: boolean;
  /** Whether answers are shown while they grow. */
  readonly streaming: boolean;
  /** Answers of more characters than this go out as their beginning and a file. None do where it is left out. */
  readonly fileAfter?: number | undefined;
  /** How far back missed messages are fetched when a session could not be resumed, in ms. */
  readonly backfillMs: number;
  /** For files; the platform's own where it is left out. */
  readonly fetch?: typeof fetch;
}

interface Running {
  readonly gateway: Gateway | undefined;
  readonly context: AdapterContext;
  readonly stopping: AbortController;
  readonly registering: Promise<void>;
}

/**
 * Discord through discord.js: events by the gateway, answers by REST. The gateway knows no acknowledgement; what replaces it is the
 * session's sequence number, which is saved in the transaction of the event it belongs to (see intake.ts). Interactions come by the
 * gateway or by HTTP, and are acknowledged once they are saved.
 */
export function createDiscordAdapter(options: DiscordOptions): Adapter {
  const { token, apiUrl, publicKey } = options;
  let running: Running | undefined;
  let started = false;
  const clock = () => running?.context.clock ?? systemClock;
  const rest = createRest({ token, apiUrl, clock });
  const tokens = createTokenBox(token);
  const interactions = new Interactions({ ...options, rest, tokens, canRead: options.messageContentIntent });
  const answers = new InteractionSender({
    rest,
    tokens,
    now: () => clock().now(),
    acknowledged: (id) => interactions.acknowledged(id),
  });
  const userId = () => running?.gateway?.userId;
  const sender = new Sender({ rest, userId, interactions: answers, buttons: options.buttons });
  const copies = withCopies(sender, { rest, userId });
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    running?.stopping.abort(new Error('The Discord adapter is stopping.'));
    await Promise.all([running?.gateway?.stop(), running?.registering, interactions.stop()]);
    await rest.close();
  }

  function endpoint(): InteractionEndpoint | undefined {
    if (!running || stopped) return undefined;
    return { clock: clock(), log: running.context.log, answer: (payload) => interactions.answer(payload) };
  }

  const openStream = createStreams({ rest, answers, sender, ...options, context: () => running?.context });

  return {
    name: 'discord',
    start: async (context) => {
      if (started) throw new AdapterError('The Discord adapter has been started already.');
      started = true;
      // Before anything arrives: what admins have set decides who is answered.
      const held = options.settings && holdPlaces(context.places);
      await held?.load();
      if (stopped) return;
      running = begin(options, { rest, interactions, context, held });
      await running.gateway?.start();
    },
    stop: () => (stopped ??= stop()),
    send: (message, signal) => copies.send(message, signal),
    find: (message, signal) => copies.find(message, signal),
    remove: (message, receipt, signal) => sender.remove(message, receipt, signal),
    asks: () => true,
    split: (text) => splitForDiscord(text, options.fileAfter),
    download: createFileFetcher(options),
    notice: toNotice,
    readThread: (command, signal) => readThread({ rest, command, signal }),
    typing: (destination, signal) => sender.typing(destination, signal),
    check: (signal) => checkDiscord({ ...options, ...askedFor(options), rest }, signal),
    health: () => healthOf(running),
    ...(options.streaming ? { stream: openStream } : {}),
    ...(publicKey === undefined ? {} : { router: () => createDiscordRouter(publicKey, endpoint) }),
  };
}

interface Beginning extends Means {
  readonly interactions: Interactions;
  /** What admins have set; undefined where they may set nothing. */
  readonly held: HeldPlaces | undefined;
}

function begin(options: DiscordOptions, { rest, interactions, context: given, held }: Beginning): Running {
  const stopping = new AbortController();
  const { signal } = stopping;
  const rules = createRules(options, { rest, context: given, signal, held });
  const context = rules?.context ?? given;
  interactions.begin(context, { rules, settings: held && { held, models: options.settings?.models ?? [] } });
  const gateway = options.gateway ? createGateway(options, { rest, interactions, rules, context }) : undefined;
  const registering = options.commands ? register(options, { rest, context, signal }) : Promise.resolve();
  return { gateway, context, stopping, registering };
}

function askedFor(options: DiscordOptions) {
  return { ...placeFeatures(options), sendsFiles: options.fileAfter !== undefined };
}

interface StreamParts {
  readonly rest: Rest;
  readonly answers: InteractionSender;
  readonly sender: Sender;
  readonly buttons: boolean;
  readonly fileAfter?: number | undefined;
  /** Undefined before the start. */
  readonly context: () => AdapterContext | undefined;
}

function createStreams({ rest, answers, sender, buttons, fileAfter, context }: StreamParts): NonNullable<Adapter['stream']> {
  const limit = fileAfter === undefined ? undefined : headLimit;
  const nextPlace = createWindow(streamsLimit, () => context()?.clock.monotonic() ?? 0);
  return (opening, signal) => {
    const { clock, log } = context() ?? {};
    if (!clock || !log) throw new AdapterError('The Discord adapter has not been started.');
    const address = parseInteractionDestination(opening.destination);
    // What goes on later has no response that waits for it, and replies to nothing: what a stream left of it could not be found.
    const isFirst = address ? address.interactionId === opening.inReplyTo : isAnswer(opening);
    if (!isFirst) return noStream;
    const components = buttons ? stopRow(opening.id) : undefined;
    return new DiscordStream({
      ...{ rest, clock, log, opening, signal, components, limit, doubt: (id) => sender.doubt(id), nextPlace },
      locate:
        opening.destination['threadParent'] === undefined ? undefined : (bound) => sender.locate(opening.destination, bound),
      show: address && ((text, bound) => answers.showOriginal(address, { shown: { text, components }, signal: bound })),
    });
  };
}

function isAnswer({ destination, inReplyTo }: StreamOpening): boolean {
  const { replyTo } = destination;
  return replyTo === undefined || replyTo === inReplyTo;
}

const noStream: MessageStream = {
  append: () => undefined,
  opened: Promise.resolve(undefined),
  close: () => Promise.resolve(),
};

interface Means {
  readonly rest: Rest;
  readonly context: AdapterContext;
}

function createGateway(
  options: DiscordOptions,
  means: Means & { readonly interactions: Interactions; readonly rules: Rules | undefined },
): Gateway {
  const { token, apiUrl, backfillMs } = options;
  const protocol = apiUrl?.startsWith('http:') ? 'ws:' : 'wss:';
  return new Gateway({ ...means, token, protocol, backfillMs, intents: intentsOf(options) });
}

function register(options: DiscordOptions, means: Means & { readonly signal: AbortSignal }): Promise<void> {
  const { applicationId, commandGuilds: guildIds } = options;
  const definitions = defineCommands({ ...options, posts: hasPosts(options) });
  return registerCommands({ ...means, applicationId, guildIds, definitions });
}

function healthOf(running: Running | undefined) {
  if (!running) return { connected: false, detail: 'not started' };
  return running.gateway?.health() ?? { connected: true, detail: 'interactions over HTTP' };
}
