import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { adapterRegistry } from '../adapters/index.ts';
import type { Adapter } from './adapter.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Config } from './config.ts';
import { sqlitePath } from './config/database.ts';
import { placeVoices, toModelChoices } from './config/place-voice.ts';
import { toWebhookOptions } from './config/resolve-webhook.ts';
import { adaptersWithSettings } from './config/slack-home.ts';
import { toDeliveryPolicy } from './config/delivery-policy.ts';
import { toDiscordOptions } from './config/discord-options.ts';
import { toOwnModel } from './config/own-model.ts';
import { toSlackOptions } from './config/slack-options.ts';
import { createProfiles, type Profiles } from './conversation/profiles.ts';
import type { OpenedTools } from './conversation/open-tools.ts';
import { createTurnRunner } from './conversation/turn.ts';
import type { ToolsForTurn } from './conversation/turn-tools.ts';
import { describeError } from './errors.ts';
import { createFileReader } from './files/read-files.ts';
import { createAddressGuard } from './http/address-guard.ts';
import { createFetch } from './http/fetch.ts';
import { createReadiness } from './http/health.ts';
import { openWatch } from './metrics/open-watch.ts';
import type { Watch } from './metrics/watch.ts';
import { createHttpServer } from './http/server.ts';
import { createErrorId } from './ids.ts';
import { createDeliveryLog, type DeliveryLog } from './inbox/delivery-log.ts';
import { createInbox } from './inbox/inbox.ts';
import { createUpkeep } from './inbox/upkeep.ts';
import { createWorker } from './inbox/worker.ts';
import type { Log } from './log.ts';
import type { ModelParts } from './model/endpoints.ts';
import type { Model } from './model/model.ts';
import { countTokens, loadTokenizer } from './model/tokens.ts';
import { createTranscriber } from './model/transcribe.ts';
import { createDeliver } from './outbox/delivery.ts';
import { createOutbox } from './outbox/outbox.ts';
import { openSqliteStore } from './store/sqlite/client.ts';
import type { Store } from './store/store.ts';

export interface ParleyOptions {
  readonly config: Config;
  readonly log: Log;
  readonly clock?: Clock;
  /** Adapters beside those that the configuration switches on: the terminal. */
  readonly adapters?: readonly Adapter[];
  /** Whether to listen for HTTP. */
  readonly http: boolean;
  /** Ends a start that is not done yet: what has been started is stopped, and `startParley` rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Called when the process can do no more good and should end. */
  readonly onFatal: (error: Error) => void;
  /** Opens another store than the configured one. */
  readonly openStore?: (clock: Clock, onFailure: (error: Error) => void) => Promise<Store>;
}

export interface Parley {
  /** Where it listens; undefined without HTTP. */
  readonly url: string | undefined;
  readonly model: string;
  readonly adapters: readonly Adapter[];
  /** Ends in order: takes up nothing new, lets work end or hands it back, says goodbye to the platforms, closes the ledger. */
  stop(): Promise<void>;
}

const pollMs = 1_000;
/** To one host. */
const minConnections = 256;

/** Puts the stages together and starts them, the ledger first and the platforms last, so that nothing can come in that could not be kept. */
export async function startParley(options: ParleyOptions): Promise<Parley> {
  const { config, log, clock = systemClock, signal } = options;
  const owner = `${hostname()}:${process.pid}:${createErrorId()}`;
  // A turn holds a connection for as long as its model writes: with fewer of them turns would wait for each other, and time out.
  const { fetch, close: closeFetch } = createFetch({ connections: Math.max(minConnections, config.worker.concurrency) });
  // The SDKs are loaded while the database opens on its thread. Should they fail, that is told where they are waited for.
  const loading = Promise.all([createAdapters(config, fetch), chooseAiModel(config, { fetch, clock, log })]);
  loading.catch(() => undefined);
  const watch = await openWatch({ settings: config, fetch, clock, log });
  const store = watch.store(await (options.openStore ?? openConfiguredStore(config))(clock, options.onFatal));
  const started: Part[] = [{ stop: () => store.close() }, { stop: closeFetch }, watch];
  try {
    const freed = await store.takeOver();
    if (freed.turns + freed.deliveries > 0) log.info('took over what an earlier process left unfinished', { ...freed });
    const [configured, aiModel] = await orAborted(loading, signal);
    const model = watch.model(aiModel ?? (await createBuiltin(config.knowledge, { store, log, signal })));
    const profiles = await loadProfiles(config, store, { fetch, clock, log, watch });
    const adapters = [...configured, ...(options.adapters ?? [])].map(watch.adapter);
    const deliveryLog = createDeliveryLog({ ...config.webhookLog, store, clock, log });
    started.push(deliveryLog);
    const tools = await loadTools(config, { store, clock, log, signal });
    if (tools) started.push(tools);
    const toolsFor = tools?.toolsFor;
    const parts = { fetch, store, clock, owner, model, profiles, adapters, deliveryLog, toolsFor, watch };
    const { inbox, outbox, worker } = createStages(options, parts);
    started.push({ stop: () => store.handBack(owner) });
    const server = options.http ? createServer(options, { store, adapters, clock, watch }) : undefined;
    const listening = await server?.start();
    if (server) started.push(server);
    outbox.start();
    worker.start();
    const drainMs = config.worker.drainSeconds * 1_000;
    started.push(
      { stop: () => stopAdapters(adapters, log) },
      { stop: () => outbox.stop(drainMs) },
      { stop: () => worker.stop(drainMs) },
    );
    started.push(createUpkeep({ store, clock, log }));
    // All at once: a platform that is slow to answer must not keep the others waiting.
    const connecting = Promise.all(adapters.map((adapter) => adapter.start(inbox.contextFor(adapter.name))));
    await orAborted(connecting, signal);
    return { url: listening?.url, model: model.name, adapters, stop: () => stopAll(started, log) };
  } catch (error) {
    await stopAll(started, log);
    throw error;
  }
}

/** What the work comes to; rejects as soon as the signal is aborted, and then nobody minds what becomes of the work. */
async function orAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

interface Part {
  stop(): Promise<void>;
}

function openConfiguredStore(config: Config): NonNullable<ParleyOptions['openStore']> {
  const path = sqlitePath(config.database);
  return (clock, onFailure) =>
    openSqliteStore({ folder: dirname(path), name: basename(path), exclusive: true, clock, onFailure });
}

/** The adapters that are switched on. */
export async function createAdapters(config: Config, fetch: typeof globalThis.fetch): Promise<Adapter[]> {
  const { slack, discord, webhooks } = config;
  const outbound = { guard: createAddressGuard(config.outbound), maxResponseBytes: 8 * 1024 * 1024 };
  const adapters = await Promise.all([
    slack.enabled && adapterRegistry.slack({ ...toSlackOptions(config), fetch }),
    discord.enabled &&
      discord.token !== undefined &&
      adapterRegistry.discord({ ...toDiscordOptions(discord), token: discord.token, fetch }),
    Object.keys(webhooks).length > 0 &&
      adapterRegistry.webhook({ ...toWebhookOptions(config), openFetch: (tls) => createFetch({ ...outbound, tls }) }),
  ]);
  return adapters.filter((adapter) => adapter !== false);
}

/** The AI model that the configuration names. */
export async function createAiModel(model: Config['model'], parts: ModelParts): Promise<Model> {
  const endpoints = await import('./model/endpoints.ts');
  return endpoints.createAiModel(model, parts);
}

interface BuiltinParts {
  readonly store: Store;
  readonly log: Log;
  readonly signal: AbortSignal | undefined;
}

/** The documents are read at the start; what has changed later is seen at the next one. */
async function createBuiltin({ folder }: Config['knowledge'], { store, log, signal }: BuiltinParts): Promise<Model> {
  const [{ createBuiltinModel }, { createKnowledge }] = await Promise.all([
    import('./model/builtin.ts'),
    import('./knowledge/knowledge.ts'),
  ]);
  const knowledge = createKnowledge({ folder, store, log });
  await knowledge.refresh(signal);
  return createBuiltinModel({
    search: (query, signal) => knowledge.search(query, signal),
    topics: () => knowledge.topics(),
    detectLanguage: (text) => knowledge.detectLanguage(text),
  });
}

async function loadTools(config: Config, parts: BuiltinParts & { readonly clock: Clock }): Promise<OpenedTools | undefined> {
  const { tools: settings, knowledge } = config;
  if (settings.allow.length === 0) return undefined;
  const { openTools } = await import('./conversation/open-tools.ts');
  return openTools({ settings, knowledge, ...parts });
}

async function chooseAiModel(config: Config, parts: ModelParts): Promise<Model | undefined> {
  return config.model.provider === 'builtin' ? undefined : createAiModel(config.model, parts);
}

/** What is set for single places, in the configuration, and by people on the platforms. */
async function loadProfiles(
  config: Config,
  store: Store,
  { watch, ...parts }: ModelParts & { readonly watch: Watch },
): Promise<Profiles> {
  const { slack, discord, model } = config;
  const profiles = await createProfiles({
    configured: Object.fromEntries(placeVoices(config)),
    models: { slack: toModelChoices(slack), discord: toModelChoices(discord) },
    createModel: async (name) => watch.model(await createAiModel(toOwnModel(model, name), parts)),
  });
  for (const adapter of adaptersWithSettings(config))
    for (const { tenant, place, settings } of await store.listPlaces({ adapter }))
      profiles.set({ adapter, tenant, place }, settings.profile);
  return profiles;
}

interface StageParts extends Pick<ModelParts, 'fetch'> {
  readonly store: Store;
  readonly clock: Clock;
  readonly owner: string;
  readonly model: Model;
  readonly profiles: Profiles;
  readonly adapters: readonly Adapter[];
  readonly deliveryLog: DeliveryLog;
  readonly toolsFor: ToolsForTurn | undefined;
  readonly watch: Watch;
}

function createStages({ config, log }: ParleyOptions, parts: StageParts) {
  const { fetch, store, clock, owner, model, profiles, adapters, deliveryLog, toolsFor, watch } = parts;
  const byName = new Map(adapters.map((adapter) => [adapter.name, adapter]));
  const { leaseSeconds, maxAttempts, concurrency } = config.worker;
  const leaseMs = leaseSeconds * 1_000;
  const common = { clock, log, owner, pollMs, concurrency };
  const deliver = createDeliver({
    store,
    adapters: byName,
    clock,
    log,
    policy: toDeliveryPolicy(config),
    timeoutMs: config.delivery.timeoutSeconds * 1_000,
    leaseMs,
  });
  const outbox = createOutbox({ ...common, store, deliver, leaseMs });
  const transcribe = createTranscriber(config.model, fetch);
  const runTurn = createTurnRunner({
    ...{ store, adapters: byName, model, profiles, countTokens, clock, log, bot: config.bot, toolsFor },
    // The built-in model reads the last questions only, and has no budget of tokens.
    ...(config.model.provider === 'builtin' ? {} : { loadTokenizer }),
    readFiles: createFileReader({ clock, log, limits: config.attachments, vision: config.model.vision, transcribe }),
    deliver: (delivery) => outbox.send(delivery),
    contextTokens: config.conversation.contextTokens,
    staleAfterMs: config.conversation.staleAfterMinutes * 60_000,
    retry: { baseMs: 1_000, maxMs: 30_000, expiryMs: 5 * 60_000, maxAttempts },
    delivery: { leaseMs, expiryMs: config.delivery.expiryMinutes * 60_000 },
  });
  const { reviseWithinMinutes, withdrawAnswers } = config.conversation;
  const revisions = { reviseWithinMs: reviseWithinMinutes * 60_000, withdrawDeleted: withdrawAnswers };
  const worker = createWorker({ ...common, store, runTurn, leaseMs, historyLimit: config.conversation.maxMessages, revisions });
  const { provider, providers, openai } = config.model;
  const modelName = provider === 'builtin' ? 'built in' : (providers[provider]?.model ?? openai.model);
  const recordDelivery = watch.delivery(deliveryLog.record);
  const inbox = createInbox({ store, clock, log, accept: worker.accept, recordDelivery, modelName, onPlace: profiles.set });
  return { inbox, outbox, worker };
}

type ServedParts = Pick<StageParts, 'store' | 'adapters' | 'clock' | 'watch'>;

function createServer({ config, log }: ParleyOptions, { store, adapters, clock, watch }: ServedParts) {
  const { host, port, accessLog, trustProxy, tls } = config.server;
  const names = adapters.map(({ name }) => name);
  return createHttpServer({
    ...{ host, port, accessLog, trustProxy, tls, log, clock },
    routers: [watch.router({ store, adapters }), ...adapters.map((adapter) => adapter.router?.())].filter(
      (router) => router !== undefined,
    ),
    readiness: createReadiness({ adapters, stats: () => store.stats({ adapters: names }), clock }),
  });
}

async function stopAdapters(adapters: readonly Adapter[], log: Log): Promise<void> {
  const stopped = await Promise.allSettled(adapters.map((adapter) => adapter.stop()));
  for (const [index, result] of stopped.entries()) {
    if (result.status === 'rejected')
      log.warn('adapter did not stop cleanly', { adapter: adapters[index]?.name, error: describeError(result.reason) });
  }
}

/** In the reverse order of starting. */
async function stopAll(started: readonly Part[], log: Log): Promise<void> {
  for (const part of started.toReversed()) {
    await part
      .stop()
      .catch((error: unknown) => log.error('a part of Parley did not stop cleanly', { error: describeError(error) }));
  }
}
