import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { KnowledgeStore } from '../store/knowledge-store.ts';
import { collectionOf, type KnowledgeSource } from './source.ts';

export interface RefresherOptions {
  readonly sources: () => Promise<readonly KnowledgeSource[]>;
  readonly ingest: (source: KnowledgeSource, signal: AbortSignal) => Promise<unknown>;
  readonly store: Pick<KnowledgeStore, 'listDocuments' | 'removeDocument' | 'listSyncs' | 'removeSync'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Sources that have been read at this start already. */
  readonly done: readonly string[];
}

export interface Refresher {
  stop(): Promise<void>;
}

/** How soon a source that was added, and one whose time has come, is seen. */
const lookEveryMs = 5 * 60_000;

/** Reads what is on this machine at once, and then each source when its time has come, one after the other. */
export function startRefresher(options: RefresherOptions): Refresher {
  const { clock, log } = options;
  const end = new AbortController();
  const { signal } = end;

  async function run(): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      await round(options, isFirst, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        log.error('documents could not be refreshed', { error: describeError(error) });
      });
      await clock.sleep(lookEveryMs, signal);
    }
  }
  const running = run().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return {
    stop: async () => {
      end.abort(new Error('Parley is stopping.'));
      await running;
    },
  };
}

async function round(options: RefresherOptions, isFirst: boolean, signal: AbortSignal): Promise<void> {
  const { store, clock, log, ingest, done } = options;
  const sources = await options.sources();
  const syncs = new Map((await store.listSyncs()).map(({ collection, syncedAt }) => [collection, syncedAt]));
  for (const source of sources) {
    const age = clock.now() - (syncs.get(collectionOf(source)) ?? -Infinity);
    // A time that lies ahead is that of a clock which was wrong.
    // What people delete is not to be found for hours.
    const isDue = age >= source.refreshMs || age < 0 || source.content.type === 'tickets';
    const isUnread = isFirst && isLocal(source) && !done.includes(source.name);
    if (!isDue && !isUnread) continue;
    await ingest(source, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      log.error('a source of documents could not be refreshed', { collection: source.name, error: describeError(error) });
    });
  }
  await removeOrphans(store, options.sources);
}

function isLocal({ content }: KnowledgeSource): boolean {
  return content.type === 'folder' || content.type === 'files';
}

/**
 * Takes out what no source has any more. Documents first, and then sources: what is added meanwhile has its source before its documents.
 * What is taken out is to be read again at once should it come back, as when two processes differ on the configuration for a while.
 */
export async function removeOrphans(
  store: Pick<KnowledgeStore, 'listDocuments' | 'removeDocument' | 'removeSync'>,
  sources: () => Promise<readonly KnowledgeSource[]>,
): Promise<void> {
  const documents = await store.listDocuments();
  const collections = new Set((await sources()).map(collectionOf));
  const orphans = documents.filter(({ collection }) => !collections.has(collection));
  for (const collection of new Set(orphans.map((orphan) => orphan.collection))) await store.removeSync(collection);
  for (const { collection, source } of orphans) await store.removeDocument({ collection, source });
}
