import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import type { Adapter } from './adapter.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Config } from './config.ts';
import { sqlitePath } from './config/database.ts';
import { describeError } from './errors.ts';
import { createFetch } from './http/fetch.ts';
import { openWatch } from './metrics/open-watch.ts';
import { createErrorId } from './ids.ts';
import { createDeliveryLog } from './inbox/delivery-log.ts';
import { createUpkeep } from './inbox/upkeep.ts';
import type { Log } from './log.ts';
import { createAdapters } from './main/adapters.ts';
import { chooseAiModel, createBuiltin, loadProfiles, loadTools } from './main/mind.ts';
import { createServer, createStages } from './main/stages.ts';
import { openVectors } from './main/vectors.ts';
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

/** To one host. */
const minConnections = 256;

/** Puts the stages together and starts them, the ledger first and the platforms last, so that nothing can come in that could not be kept. */
export async function startParley(options: ParleyOptions): Promise<Parley> {
  const { config, log, clock = systemClock, signal } = options;
  const owner = `${hostname()}:${process.pid}:${createErrorId()}`;
  // A turn holds a connection for as long as its model writes: with fewer of them turns would wait for each other, and time out.
  const { fetch, close: closeFetch } = createFetch({ connections: Math.max(minConnections, config.worker.concurrency) });
  // The SDKs are loaded while the database opens on its thread. Should they fail, that is told where they are waited for.
  const loading = Promise.all([
    createAdapters(config, fetch),
    chooseAiModel(config, { fetch, clock, log }),
    import('./main/knowledge.ts'),
  ]);
  loading.catch(() => undefined);
  const watch = await openWatch({ settings: config, fetch, clock, log });
  const store = watch.store(await (options.openStore ?? openConfiguredStore(config))(clock, options.onFatal));
  const started: Part[] = [{ stop: () => store.close() }, { stop: closeFetch }, watch];
  try {
    const freed = await store.takeOver();
    if (freed.turns + freed.deliveries > 0) log.info('took over what an earlier process left unfinished', { ...freed });
    const [configured, aiModel, { openKnowledge }] = await orAborted(loading, signal);
    const vectors = await openVectors(config, { store, fetch, clock, log });
    started.push(vectors);
    const knowledge = await openKnowledge(config, { store, clock, log, signal, vectors });
    started.push(knowledge);
    const model = watch.model(aiModel ?? (await createBuiltin(knowledge)));
    const profiles = await loadProfiles(config, store, { fetch, clock, log, watch });
    const adapters = [...configured, ...(options.adapters ?? [])].map(watch.adapter);
    const deliveryLog = createDeliveryLog({ ...config.webhookLog, store, clock, log });
    started.push(deliveryLog);
    const tools = await loadTools(config, { store, knowledge, clock, log });
    if (tools) started.push(tools);
    const toolsFor = tools?.toolsFor;
    const parts = { fetch, store, clock, owner, model, profiles, adapters, deliveryLog, toolsFor, watch };
    const { inbox, outbox, worker, summaries } = createStages(options, parts);
    if (summaries) started.push(summaries);
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
