import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNgramEmbedder } from '../../src/knowledge/ngrams.ts';
import { toTerms } from '../../src/knowledge/terms.ts';
import { openKnowledgeStore } from '../src/knowledge/open-knowledge-store.ts';
import { documentsFolder, loadQuestions } from './corpus.ts';
import { createLibrary, ingest, type Ranking } from './library.ts';
import { measureRecall, type Recall, type RecallRow } from './measure.ts';

test('the search finds what it found when this was written, and fused search no less than that by words', async () => {
  const found = await measureAll();

  const at5 = (ranking: Ranking, kind: RecallRow['kind']) => found[ranking].rows.find((row) => row.kind === kind)?.at5 ?? 0;
  for (const [ranking, kind, floor] of floors) {
    assert.ok(at5(ranking, kind) >= floor, `${ranking} search, ${kind}: recall@5 is ${at5(ranking, kind)}, less than ${floor}`);
  }
  for (const { kind } of found.keyword.rows) assert.ok(at5('fused', kind) >= at5('keyword', kind), `fused search loses: ${kind}`);
  assert.ok(found.keyword.falseAnswers <= 10, `${found.keyword.falseAnswers} false answers by words`);
  assert.ok(found.fused.falseAnswers <= found.keyword.falseAnswers, `${found.fused.falseAnswers} false answers by both`);
});

const floors: readonly (readonly [Ranking, RecallRow['kind'], number])[] = [
  ['keyword', 'all', 0.5],
  ['keyword', 'same words', 1],
  ['keyword', 'keywords', 1],
  ['keyword', 'other word form', 0.87],
  ['keyword', 'follow-up', 0.94],
  ['vector', 'misspelt', 0.85],
  ['fused', 'all', 0.57],
  ['fused', 'misspelt', 0.92],
  ['fused', 'other word form', 0.95],
];

async function measureAll(): Promise<Record<Ranking, Recall>> {
  const store = openKnowledgeStore();
  const library = createLibrary(store, createNgramEmbedder());
  try {
    await ingest(documentsFolder, store);
    await library.fill();
    const questions = loadQuestions();
    const { keyword, vector, fused } = library.rank;
    return {
      keyword: await measureRecall(questions, keyword),
      vector: await measureRecall(questions, vector),
      fused: await measureRecall(questions, fused),
    };
  } finally {
    await library.stop();
    await store.close();
  }
}

test('every question names passages that are there, and a paraphrase shares no word with them that carries meaning', async () => {
  const store = openKnowledgeStore();
  await ingest(documentsFolder, store);
  const all = await store.listUnembedded({ model: 'none', after: 0, limit: 1_000 });
  await store.close();

  assert.ok(all.length >= 250, `${all.length} passages`);
  for (const { kind, question, answers } of loadQuestions()) {
    assert.equal(answers.length === 0, kind === 'unanswerable', question);
    for (const { source, heading } of answers) {
      const passage = all.find((each) => each.source === source && each.heading === heading);
      assert.ok(passage, `${question}: there is no ${source}, ${heading}`);
      if (kind !== 'paraphrase') continue;
      const stems = toTerms(question, { language: 'en' }).map(({ stem }) => stem);
      const words = `${passage.heading} ${passage.text}`.toLowerCase();
      const shared = stems.filter((stem) => new RegExp(`\\b${stem}`).test(words));
      assert.deepEqual(shared, [], `${question}: ${source}, ${heading}`);
    }
  }
});
