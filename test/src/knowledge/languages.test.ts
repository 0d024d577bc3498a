import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunkDocument } from '../../../src/knowledge/chunk.ts';
import { withIndexWords } from '../../../src/knowledge/ingest.ts';
import { createKnowledgeSearch } from '../../../src/knowledge/search.ts';
import { handbooks } from './handbooks.ts';
import { documentOf, openKnowledgeStore } from './open-knowledge-store.ts';

for (const [language, { questions, unanswerable }] of Object.entries(handbooks)) {
  test(`finds what is asked in ${language} among documents in six languages, quoted as it stands there, and nothing where nothing answers`, async (t) => {
    const store = openKnowledgeStore();
    t.after(() => store.close());
    const contents = new Map(Object.values(handbooks).flatMap(({ documents }) => Object.entries(documents)));
    for (const [source, content] of contents) {
      await store.putDocument(documentOf(source), chunkDocument(source, content).passages.map(withIndexWords));
    }
    const search = createKnowledgeSearch(store);

    const found: unknown[] = [];
    for (const [question, source] of questions) {
      const [best] = await search({ question });
      found.push([question, best?.source]);
      if (best?.source === source) for (const text of [best.text, best.excerpt]) assert.ok(contents.get(source)?.includes(text));
    }
    for (const question of unanswerable) found.push([question, (await search({ question }))[0]?.source]);

    assert.deepEqual(found, [...questions, ...unanswerable.map((question) => [question, undefined])]);
  });
}
