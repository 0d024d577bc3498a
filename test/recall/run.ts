import { parseArgs } from 'node:util';
import { createNgramEmbedder } from '../../src/knowledge/ngrams.ts';
import { openKnowledgeStore } from '../src/knowledge/open-knowledge-store.ts';
import { documentsFolder, loadQuestions } from './corpus.ts';
import { createLibrary, ingest, rankings } from './library.ts';
import { measureRecall, type Recall } from './measure.ts';
import { openEmbedder } from './open-embedder.ts';
import { measureSpeed } from './speed.ts';

/**
 * npm run recall [-- --endpoint http://localhost:11434/v1 --model nomic-embed-text --floor 0.5 | -- --energetic --floor 0.45]
 *
 * How well the search finds what answers a question, and how soon. Figures last. Times depend on the machine, and on who else uses it.
 */
const questions = loadQuestions();
const { values } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    model: { type: 'string', default: '' },
    /** In place of the measured one: the cosine below which nothing is found. */
    floor: { type: 'string' },
    energetic: { type: 'boolean', default: false },
  },
});
const floor = Number(values.floor ?? 0.45);
const embedder = values.endpoint || values.energetic ? await openEmbedder({ ...values, floor }) : createNgramEmbedder();
const store = openKnowledgeStore();
const library = createLibrary(store, embedder);
await ingest(documentsFolder, store);
await library.fill();
write(`vectors by ${embedder.name}, nothing below ${embedder.minSimilarity}\n\n`);
const passages = (await store.listVectorIds(embedder.name)).length;
for (const ranking of rankings) print(ranking, await measureRecall(questions, library.rank[ranking]));
await library.stop();
await store.close();
const speed = await measureSpeed(questions, { embedder, copies: Math.ceil(10_000 / passages) });
write(
  `${speed.passages} passages: read in ${toSeconds(speed.ingestMs)}, vectors (${embedder.name}) in ${toSeconds(speed.embedMs)}\n`,
);
for (const ranking of rankings) {
  const { p50, p99 } = speed.search[ranking];
  write(`search by ${ranking.padEnd(8)} p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`);
}
write(`the event loop was held up for ${speed.longestBlockMs.toFixed(1)} ms at most\n`);

function print(ranking: string, { rows, falseAnswers, unanswerable }: Recall): void {
  write(`${ranking.padEnd(18)} questions  recall@1  recall@5    MRR\n`);
  for (const { kind, questions: count, at1, at5, mrr } of rows)
    write(`  ${kind.padEnd(16)} ${String(count).padStart(9)}  ${toFigure(at1, 8)}  ${toFigure(at5, 8)}  ${toFigure(mrr, 5)}\n`);
  write(`  false answers to ${unanswerable} questions that nothing answers: ${falseAnswers}\n\n`);
}

function toFigure(part: number, width: number): string {
  return part.toFixed(3).padStart(width);
}

function toSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function write(text: string): void {
  process.stdout.write(text);
}
