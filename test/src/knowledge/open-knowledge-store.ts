import { systemClock } from '../../../src/clock.ts';
import { createMarkdownReader } from '../../../src/files/read-markdown.ts';
import { ingestSource, type IngestMeans, type IngestReport } from '../../../src/knowledge/ingest.ts';
import { createKnowledge, type Knowledge } from '../../../src/knowledge/knowledge.ts';
import type { KnowledgeSource, SourceContent } from '../../../src/knowledge/source.ts';
import { silentLog, type Log } from '../../../src/log.ts';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import type { Store } from '../../../src/store/store.ts';

/** The real ledger, on a database in memory. */
export function openKnowledgeStore(): Store {
  return createInProcessStore(openMemoryDatabase(), systemClock);
}

export function sourceOf(content: SourceContent, source: Partial<KnowledgeSource> = {}): KnowledgeSource {
  return { name: 'folder', refreshMs: 3_600_000, content, ...source };
}

/** Reads one source as it is now. */
export function ingestNow(
  store: IngestMeans['store'],
  source: KnowledgeSource,
  means: Partial<IngestMeans> = {},
): Promise<IngestReport> {
  const clock = systemClock;
  const fetch = () => Promise.reject(new Error('nothing is fetched here'));
  const all = { store, clock, log: silentLog, readDocument: createMarkdownReader({ clock }), fetch, ...means };
  return ingestSource(source, all, new AbortController().signal);
}

/** The documents of one folder, for all to see. */
export async function openFolderKnowledge(folder: string, store: Store, log: Log = silentLog): Promise<Knowledge> {
  const source = sourceOf({ type: 'folder', folder });
  await ingestNow(store, source, { log });
  return createKnowledge({ store, log, sources: () => Promise.resolve([source]) });
}

/** A document of the folder that all may see, as the store takes it. */
export function documentOf(source: string, hash = 'hash', collection = 'folder') {
  return { collection, source, hash, title: source, fetchedAt: 1 };
}
