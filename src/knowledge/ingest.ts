import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { FeedbackStore } from '../store/feedback-store.ts';
import type { IndexedPassage, KnowledgeStore, ListedDocument, Passage, SourceProblem } from '../store/knowledge-store.ts';
import { chunkDocument } from './chunk.ts';
import type { DocumentItem, ItemContent, ItemResult, Listing, ReadDocument, Stamps } from './document-item.ts';
import { listFiles, listFolder } from './folder.ts';
import { listPages, listSitemap } from './pages.ts';
import { collectionOf, type KnowledgeSource } from './source.ts';
import { listTickets } from './tickets.ts';
import { toIndexWords } from './words.ts';

export interface IngestMeans {
  readonly store: Pick<
    KnowledgeStore,
    'listDocuments' | 'putDocument' | 'touchDocument' | 'removeDocument' | 'listSyncs' | 'putSync'
  > &
    Pick<FeedbackStore, 'listSolved'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly readDocument: ReadDocument;
  /** Judges addresses before it connects to them, and follows no redirect. */
  readonly fetch: typeof globalThis.fetch;
  /** Called after each document. */
  readonly onProgress?: ((progress: IngestProgress) => void) | undefined;
}

export interface IngestProgress {
  /** The name of the source. */
  readonly collection: string;
  readonly done: number;
  readonly of: number;
  /** What was looked at last. */
  readonly source: string;
}

export interface IngestReport {
  /** The name of the source. */
  readonly collection: string;
  /** Read and put into the index, because they are new or have changed. */
  readonly added: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly problems: readonly SourceProblem[];
}

/**
 * Brings the index up to date with one source: what is new or changed is put in, what is gone is taken out. One document after the other
 * is whole: whenever this ends, the next time goes on from there. What cannot be read stops nothing, and is said at the end.
 */
export async function ingestSource(source: KnowledgeSource, means: IngestMeans, signal: AbortSignal): Promise<IngestReport> {
  const { store, clock, log } = means;
  const { name } = source;
  const collection = collectionOf(source);
  const known = new Map((await store.listDocuments(collection)).map((document) => [document.source, document]));
  const earlier = (await store.listSyncs()).find((sync) => sync.collection === collection)?.problems ?? [];
  const listing = await list(source, means, signal);
  const ingest = createIngest({ name, collection, known, earlier, means, of: listing.items.length }, signal);
  for (let start = 0; start < listing.items.length; start += listing.atOnce) {
    signal.throwIfAborted();
    await Promise.all(listing.items.slice(start, start + listing.atOnce).map(ingest.one));
  }
  const places = new Map(listing.items.map((item, place) => [item.source, place]));
  const gone = [...known.keys()].filter((each) => !places.has(each) && !listing.keeps(each));
  for (const each of gone) await ingest.remove(each);
  // In the order of the source: several are read at once, and which of them ends first is chance.
  const problems = [...listing.problems, ...ingest.problems.toSorted((one, other) => placeOf(one) - placeOf(other))];
  await store.putSync({ collection, syncedAt: clock.now(), problems });
  const { added, unchanged, removed } = ingest.counts;
  if (added + removed > 0) log.info('documents read', { collection: name, added, unchanged, removed, problems: problems.length });
  tellProblems({ name, problems, earlier }, log);
  return { collection: name, added, unchanged, removed, problems };

  function placeOf({ source: each }: SourceProblem): number {
    return places.get(each) ?? 0;
  }
}

const toldAtOnce = 50;

/** What was not said the last time. */
function tellProblems(
  { name, problems, earlier }: Pick<Ingest, 'name' | 'earlier'> & { problems: readonly SourceProblem[] },
  log: Log,
) {
  const told = new Set(earlier.map(({ source, reason }) => `${source}\n${reason}`));
  const fresh = problems.filter(({ source, reason }) => !told.has(`${source}\n${reason}`));
  for (const { source, reason } of fresh.slice(0, toldAtOnce))
    log.warn('document not read', { collection: name, source, reason });
  if (fresh.length > toldAtOnce)
    log.warn('further documents not read: parley knowledge list names them', {
      collection: name,
      count: fresh.length - toldAtOnce,
    });
}

async function list({ content }: KnowledgeSource, means: IngestMeans, signal: AbortSignal): Promise<Listing> {
  signal.throwIfAborted();
  if (content.type === 'folder') return listFolder(content.folder, means);
  if (content.type === 'files') return listFiles(content.files, means);
  if (content.type === 'tickets') return listTickets(content, means.store);
  return content.type === 'urls' ? listPages(content.urls, means) : listSitemap(content, means, signal);
}

interface Ingest {
  /** Of the source. */
  readonly name: string;
  readonly collection: string;
  readonly known: ReadonlyMap<string, ListedDocument>;
  readonly earlier: readonly SourceProblem[];
  readonly means: IngestMeans;
  readonly of: number;
}

function createIngest({ name, collection, known, earlier, means, of }: Ingest, signal: AbortSignal) {
  const { store, clock, onProgress } = means;
  const counts = { added: 0, unchanged: 0, removed: 0 };
  const problems: SourceProblem[] = [];
  let done = 0;

  async function remove(source: string): Promise<void> {
    if (!known.has(source)) return;
    await store.removeDocument({ collection, source });
    counts.removed += 1;
  }

  async function put(source: string, content: ItemContent, stamps: Stamps = {}): Promise<void> {
    const { hash, text, markdown, title: ownTitle, url, note } = content;
    if (note !== undefined) problems.push({ source, reason: note, hash });
    const { title, passages } = chunkDocument(source, text, { markdown, title: ownTitle });
    const document = { collection, source, hash, title, url, fetchedAt: clock.now(), ...stamps };
    await store.putDocument(document, passages.map(withIndexWords));
    counts.added += 1;
  }

  async function keep(source: string, stamps: Stamps | undefined): Promise<void> {
    counts.unchanged += 1;
    if (stamps) await store.touchDocument({ collection, source, fetchedAt: clock.now(), ...stamps });
    // What was noted about it is still so.
    const hash = known.get(source)?.hash;
    problems.push(...earlier.filter((problem) => problem.source === source && problem.hash === hash));
  }

  async function settle(source: string, result: ItemResult): Promise<void> {
    if (result.type === 'unchanged') return keep(source, result.stamps);
    if (result.type === 'read') return put(source, result.content, result.stamps);
    const { reason, hash } = result;
    problems.push({ source, reason, ...(hash === undefined ? {} : { hash }) });
    if (!result.keep) await remove(source);
  }

  async function one(item: DocumentItem): Promise<void> {
    const { source } = item;
    const problem = earlier.find((each) => each.source === source && each.hash !== undefined);
    const result = await item.read({ document: known.get(source), problem }, signal).catch((error: unknown): ItemResult => {
      signal.throwIfAborted();
      return { type: 'unread', reason: describeError(error), keep: true };
    });
    await settle(source, result);
    done += 1;
    onProgress?.({ collection: name, done, of, source });
  }

  return { counts, problems, one, remove };
}

/** With the words that the index cannot see. */
export function withIndexWords(passage: Passage): Passage | IndexedPassage {
  const words = { heading: toIndexWords(passage.heading), text: toIndexWords(passage.text) };
  return words.heading === '' && words.text === '' ? passage : { ...passage, words };
}
