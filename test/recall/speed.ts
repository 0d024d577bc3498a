import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../../src/clock.ts';
import type { Embedder } from '../../src/embedding.ts';
import { openSqliteStore } from '../../src/store/sqlite/client.ts';
import { documentsFolder, type RecallQuestion } from './corpus.ts';
import { createLibrary, ingest, rankings, type Ranking, type RecallLibrary } from './library.ts';

export interface Speed {
  readonly passages: number;
  readonly ingestMs: number;
  readonly embedMs: number;
  readonly search: Readonly<Record<Ranking, { readonly p50: number; readonly p99: number }>>;
  /** The longest that the event loop was held up during these searches. */
  readonly longestBlockMs: number;
}

/** The time that the search takes with many passages: the corpus again and again, its sentences shuffled, in a ledger on disk. */
export async function measureSpeed(
  questions: readonly RecallQuestion[],
  { embedder, copies }: { readonly embedder: Embedder; readonly copies: number },
): Promise<Speed> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-recall-'));
  const store = await openSqliteStore({ folder: join(folder, 'data'), exclusive: true, clock: systemClock });
  const library = createLibrary(store, embedder);
  try {
    await writeCopies(join(folder, 'documents'), copies);
    const ingestMs = await timed(() => ingest(join(folder, 'documents'), store));
    const embedMs = await timed(() => library.fill());
    const passages = (await store.listVectorIds(embedder.name)).length;
    return { passages, ingestMs, embedMs, ...(await timeSearches(library, questions)) };
  } finally {
    await library.stop();
    await store.close();
    await rm(folder, { recursive: true });
  }
}

async function timeSearches(
  { rank }: RecallLibrary,
  questions: readonly RecallQuestion[],
): Promise<Pick<Speed, 'search' | 'longestBlockMs'>> {
  for (const ranking of rankings) for (const question of questions.slice(0, 20)) await rank[ranking](question);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const times: Record<Ranking, number[]> = { keyword: [], vector: [], fused: [] };
  for (const question of questions)
    for (const ranking of rankings) times[ranking].push(await timed(() => rank[ranking](question)));
  delays.disable();
  const search = {
    keyword: percentiles(times.keyword),
    vector: percentiles(times.vector),
    fused: percentiles(times.fused),
  };
  return { search, longestBlockMs: delays.max / 1e6 };
}

async function writeCopies(folder: string, copies: number): Promise<void> {
  const names = (await readdir(documentsFolder, { recursive: true })).filter((name) => name.endsWith('.md'));
  const texts = await Promise.all(names.map((name) => readFile(join(documentsFolder, name), 'utf8')));
  const sentences = texts.flatMap((text) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
  let next = 0;
  for (let copy = 0; copy < copies; copy += 1) {
    for (const [index, name] of names.entries()) {
      const path = join(folder, `${copy}`, name);
      await mkdir(dirname(path), { recursive: true });
      // Steps that have no factor in common with their number walk through all of them in another order for each copy.
      const lines = (texts[index] ?? '').split('\n').map((line) => {
        if (copy === 0 || line === '' || line.startsWith('#')) return line;
        next = (next + 7 * copy + 1) % sentences.length;
        return sentences[next] ?? line;
      });
      await writeFile(path, lines.join('\n'));
    }
  }
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const start = systemClock.monotonic();
  await task();
  return systemClock.monotonic() - start;
}

function percentiles(times: readonly number[]): { p50: number; p99: number } {
  const sorted = times.toSorted((first, second) => first - second);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
