import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import type { Embedder } from '../../../src/embedding.ts';
import { ModelError } from '../../../src/errors.ts';
import { createNgramEmbedder } from '../../../src/knowledge/ngrams.ts';
import { createKnowledgeSearch } from '../../../src/knowledge/search.ts';
import { createVectors } from '../../../src/knowledge/vectors.ts';
import type { Store } from '../../../src/store/store.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createFakeEmbedder } from './fake-embedder.ts';
import { documentOf, openKnowledgeStore } from './open-knowledge-store.ts';

async function open(test: TestContext, options: { store?: Store; embedder?: Partial<Embedder> } = {}) {
  const clock = createFakeClock();
  const log = createMemoryLog();
  const embedder = createFakeEmbedder(options.embedder);
  const store = options.store ?? openKnowledgeStore();
  const vectors = createVectors({ store, embedder, clock, log });
  test.after(async () => {
    await vectors.stop();
    if (!options.store) await store.close();
  });
  /** Until every passage has its vector, or the endpoint is waited for. */
  const settle = async (): Promise<void> => {
    await vectors.update();
    for (let turn = 0; turn < 200; turn += 1) await nextTurn();
  };
  const find = async (text: string, limit = 5): Promise<string[]> =>
    (await vectors.similar(text, { limit })).map((passage) => passage.text);
  return { clock, log, embedder, store, vectors, settle, find };
}

async function put(store: Store, source: string, ...texts: readonly string[]): Promise<void> {
  const passages = texts.map((text, position) => ({ source, heading: '', text, position }));
  await store.putDocument(documentOf(source, texts.join()), passages);
}

const failure = (data: Partial<ConstructorParameters<typeof ModelError>[0]> = {}) =>
  new ModelError({ message: 'It is down.', retryable: true, ...data });

test('finds what means the same in other words, nearest first, and nothing that is too far', async (test) => {
  const { store, settle, find } = await open(test);
  await put(store, 'a.md', 'Rain fell, and the price of money', 'Your cash is on its way to the bank', 'Swim in the sea');
  await settle();

  assert.deepEqual(await find('a refund'), ['Your cash is on its way to the bank', 'Rain fell, and the price of money']);
  assert.deepEqual(await find('a refund', 1), ['Your cash is on its way to the bank']);
  assert.deepEqual(await find('the colour of the sky'), []);
});

test('looks only into documents that are allowed, and those do not count towards the limit that are not', async (test) => {
  const { store, settle, vectors } = await open(test);
  await put(store, 'secret.md', 'cash', 'money', 'bank');
  await put(store, 'open.md', 'The price, and water');
  await settle();

  const found = await vectors.similar('refund', { limit: 1, allows: ({ source }) => source !== 'secret.md' });

  assert.deepEqual(found, []);
  const near = await vectors.similar('refund and the sea', { limit: 1, allows: ({ source }) => source !== 'secret.md' });
  assert.deepEqual(
    near.map(({ source }) => source),
    ['open.md'],
  );
});

test('embeds in batches only what has no vector yet, over restarts and changes of documents', async (test) => {
  const first = await open(test);
  await put(first.store, 'a.md', 'cash', 'rain', 'sea');
  await first.settle();

  const second = await open(test, { store: first.store });
  await second.settle();
  await put(second.store, 'b.md', 'bank');
  await second.settle();

  assert.deepEqual(first.embedder.asked, [['cash', 'rain'], ['sea']]);
  assert.deepEqual(second.embedder.asked, [['bank']]);
  assert.deepEqual((await second.find('refund')).toSorted(), ['bank', 'cash']);
});

test('makes all vectors anew for another model', async (test) => {
  const first = await open(test);
  await put(first.store, 'a.md', 'cash', 'rain');
  await first.settle();

  const second = await open(test, { store: first.store, embedder: { name: 'other' } });
  await second.settle();

  assert.deepEqual(second.embedder.asked, [['cash', 'rain']]);
  assert.deepEqual(await first.store.listVectorIds('fake'), []);
});

test('does not find what was removed, and finds what took its place', async (test) => {
  const { store, settle, find } = await open(test);
  for (let at = 0; at < 9; at += 1) await put(store, `${at}.md`, `cash ${at}`);
  await settle();

  await store.removeDocument(documentOf('0.md'));
  await settle();
  const first = await find('refund', 1);
  for (let at = 1; at < 8; at += 1) await store.removeDocument(documentOf(`${at}.md`));
  const before = await find('refund', 20);
  await put(store, '9.md', 'the price');
  await settle();

  assert.deepEqual(first, ['cash 1']);
  assert.deepEqual(before, ['cash 8']);
  assert.deepEqual((await find('refund', 20)).toSorted(), ['cash 8', 'the price']);
});

test('goes on without an endpoint that fails: says so once, asks later, and keeps to the time that is asked for', async (test) => {
  const { store, settle, find, embedder, clock, log } = await open(test);
  await put(store, 'a.md', 'cash');
  embedder.before = () => {
    throw failure({ retryAfterMs: 20_000 });
  };

  await settle();
  await clock.advance(19_000);
  const early = embedder.asked.length;
  await clock.advance(1_500);
  const late = embedder.asked.length;
  embedder.before = () => undefined;
  await clock.advance(60_000);

  assert.deepEqual([early, late], [1, 2]);
  assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 1);
  assert.deepEqual(await find('refund'), ['cash']);
});

test('waits a minute at least where somebody has to mend the settings', async (test) => {
  const { store, settle, embedder, clock } = await open(test);
  await put(store, 'a.md', 'cash');
  embedder.before = () => {
    throw failure({ retryable: false });
  };

  await settle();
  await clock.advance(59_000);

  assert.equal(embedder.asked.length, 1);
  await clock.advance(2_000);
  assert.equal(embedder.asked.length, 2);
});

test('leaves out the one text that an endpoint refuses, and embeds those beside it', async (test) => {
  const { store, settle, find, embedder, log } = await open(test, { embedder: { batchSize: 8 } });
  await put(store, 'a.md', 'cash', 'poisoned bank', 'money', 'the price');
  embedder.before = (texts) => {
    if (texts.some((text) => text.startsWith('poisoned'))) throw failure({ retryable: false, ofRequest: true });
  };

  await settle();

  assert.deepEqual((await find('refund')).toSorted(), ['cash', 'money', 'the price']);
  assert.deepEqual(
    log.find('a passage is not embedded: the endpoint refuses it').map(({ fields }) => [fields['source'], fields['position']]),
    [['a.md', 1]],
  );
});

test('blames no text of an endpoint that refuses everything', async (test) => {
  const { store, settle, embedder, log } = await open(test);
  await put(store, 'a.md', 'cash', 'money', 'bank', 'price');
  embedder.before = () => {
    throw failure({ retryable: false, ofRequest: true });
  };

  await settle();

  assert.deepEqual(embedder.asked, [['cash', 'money'], ['hello']]);
  assert.deepEqual(log.find('a passage is not embedded: the endpoint refuses it'), []);
});

test('a text that an endpoint stumbles over each time holds up the others for a while only', async (test) => {
  const { store, settle, find, embedder, clock } = await open(test);
  await put(store, 'a.md', 'poisoned bank', 'cash', 'money');
  embedder.before = (texts) => {
    if (texts.some((text) => text.startsWith('poisoned'))) throw failure();
  };

  await settle();
  await clock.advance(60_000);

  assert.deepEqual((await find('refund')).toSorted(), ['cash', 'money']);
});

test('a question finds what its words find while the endpoint fails, and does not wait for it each time', async (test) => {
  const { store, settle, embedder, clock, log, vectors } = await open(test);
  await put(store, 'a.md', 'The refund is paid by the bank');
  await settle();
  const search = createKnowledgeSearch(store, vectors);
  embedder.before = () => new Promise<never>(() => undefined);
  const made = embedder.asked.length;

  const hanging = embedder.embed;
  embedder.embed = (texts, signal) =>
    Promise.race([
      hanging(texts, signal),
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    ]);
  const waiting = search({ question: 'refund?' });
  await clock.advance(3_000);
  const found = [await waiting, await search({ question: 'refund?' })];

  assert.deepEqual(
    found.map((findings) => findings[0]?.source),
    ['a.md', 'a.md'],
  );
  assert.equal(embedder.asked.length, made + 1);
  assert.equal(log.find('questions cannot be embedded now: documents are searched by words only').length, 1);
  embedder.before = () => {
    throw failure();
  };
  await clock.advance(30_000);
  await search({ question: 'refund?' });
  assert.equal(embedder.asked.length, made + 2);
  assert.equal(log.find('questions cannot be embedded now: documents are searched by words only').length, 1);
  embedder.before = () => undefined;
  await clock.advance(30_000);
  await search({ question: 'refund?' });
  assert.equal(log.find('questions are embedded again').length, 1);
});

test('by spelling a question finds what its own words are like; what was asked before is found again only where it has none', async (test) => {
  const { store, clock, log } = await open(test);
  const vectors = createVectors({ store, clock, log, embedder: createNgramEmbedder() });
  test.after(() => vectors.stop());
  await put(store, 'shipping.md', 'We ship to Norway in four days');
  await vectors.update();
  const search = createKnowledgeSearch(store, vectors);
  const after = async (question: string) =>
    (await search({ question, context: ['Do you ship to Norway?'] })).map(({ source }) => source);

  assert.deepEqual(await after('What is the weather?'), []);
  assert.deepEqual(await after('And shiping to Norwey?'), ['shipping.md']);
  assert.deepEqual(await after('And what about it?'), ['shipping.md']);
});

test('a vector of another length than those of the ledger finds nothing, and fails nothing', async (test) => {
  const { store, settle, find, embedder, log } = await open(test);
  await put(store, 'a.md', 'cash');
  await settle();
  embedder.embed = async () => [Float32Array.from([1, 0])];

  assert.deepEqual(await find('refund'), []);
  assert.match(String(log.find('vectors were not searched')[0]?.fields['error']), /2 numbers, those of the ledger 3/);
});

test('ends at once, in the middle of an outage too', async (test) => {
  const { store, settle, embedder, clock, vectors } = await open(test);
  await put(store, 'a.md', 'cash');
  embedder.before = () => {
    throw failure();
  };
  await settle();

  await vectors.stop();

  assert.equal(clock.pending(), 0);
});
