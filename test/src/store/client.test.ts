import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { StoreError, StoreLockedError } from '../../../src/errors.ts';
import { toChunkId } from '../../../src/ids.ts';
import { openSqliteStore } from '../../../src/store/sqlite/client.ts';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import type { Store, TurnOutcome } from '../../../src/store/store.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createDelete, createEdit, createMessage } from '../../support/inbound.ts';
import { countCommits, createFolder } from '../../support/store-folder.ts';

describe('the store on its thread', () => {
  it('gives the same results as in the process, for every method', async (test) => {
    const { store } = await open(test);
    const expected = createInProcessStore(openMemoryDatabase(), createFakeClock());
    test.after(() => expected.close());

    const [onThread, inProcess] = [await playAll(store), await playAll(expected)];

    assert.deepEqual(onThread, inProcess);
  });

  it('saves what is called together with one commit', async (test) => {
    const { store, folder } = await open(test);
    const before = countCommits(folder);

    await Promise.all(Array.from({ length: 200 }, (_, index) => acceptOne(store, `together ${index}`)));

    assert.equal(countCommits(folder) - before, 1);
  });

  it('saves what is called while a commit is under way with the next one', async (test) => {
    const { store, folder } = await open(test);
    const before = countCommits(folder);

    const first = acceptOne(store, 'first');
    await Promise.resolve(); // the first batch has left
    const others = Array.from({ length: 50 }, (_, index) => acceptOne(store, `meanwhile ${index}`));
    await Promise.all([first, ...others]);

    assert.equal(countCommits(folder) - before, 2);
  });

  it('does not make a caller wait for others: one call, one commit', async (test) => {
    const { store, folder } = await open(test);
    const before = countCommits(folder);

    for (const text of ['one', 'two', 'three']) await acceptOne(store, text);

    assert.equal(countCommits(folder) - before, 3);
  });

  it('commits nothing where nothing was changed', async (test) => {
    const { store, folder } = await open(test);
    const before = countCommits(folder);

    await Promise.all([store.stats(), store.listDocuments(), store.claimTurns(claim)]);

    assert.equal(countCommits(folder) - before, 0);
  });

  it('lets a call that fails harm none of those that are saved with it', async (test) => {
    const { store } = await open(test);
    const bad = { ...createMessage('bad'), conversationId: null as unknown as string }; // what the types forbid

    const results = await Promise.allSettled([
      acceptOne(store, 'before'),
      store.accept({ adapter: 'fake', events: [createMessage('with the bad one'), bad] }),
      store.searchPassages('"malformed', 1),
      acceptOne(store, 'after'),
    ]);

    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    );
    assert.ok(results.every((result) => result.status === 'fulfilled' || result.reason instanceof StoreError));
    const { turns } = await store.claimTurns(claim);
    assert.deepEqual(
      turns[0]?.events.map(({ event }) => 'text' in event && event.text),
      ['before', 'after'],
    );
  });

  it('rejects a call that cannot cross to the thread, alone', async (test) => {
    const { store } = await open(test);
    const unsendable = { ...createMessage('bad'), destination: { place: (() => 'x') as unknown as string } }; // what the types forbid

    const results = await Promise.allSettled([
      acceptOne(store, 'before'),
      store.accept({ adapter: 'fake', events: [unsendable] }),
      acceptOne(store, 'after'),
    ]);
    const alone = store.accept({ adapter: 'fake', events: [unsendable] });

    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    await assert.rejects(alone, (error) => error instanceof StoreError && /call accept/.test(error.message));
    assert.equal((await store.stats()).waiting, 2);
  });

  it('finishes what was called before it is closed, and rejects what is called after', async (test) => {
    const { store, folder } = await open(test);
    const clock = createFakeClock();

    const called = [acceptOne(store, 'one'), acceptOne(store, 'two')];
    await Promise.resolve();
    const queued = acceptOne(store, 'three');
    const closed = [store.close(), store.close()];
    await Promise.all([...called, queued, ...closed]);

    await assert.rejects(store.stats(), StoreError);
    await store.close();
    const again = await openSqliteStore({ folder, exclusive: true, clock });
    test.after(() => again.close());
    assert.equal((await again.stats()).waiting, 3);
  });

  it('refuses a folder that is in use', async (test) => {
    const { folder } = await open(test);

    await assert.rejects(openSqliteStore({ folder, exclusive: true, clock: createFakeClock() }), StoreLockedError);
  });

  it('reports the death of its thread once, and rejects what it was doing', async (test) => {
    const failures: StoreError[] = [];
    const created = once(process, 'worker') as Promise<[Worker]>; // the event of every new thread
    const { store } = await open(test, (error) => failures.push(error));
    const [worker] = await created;

    const underWay = acceptOne(store, 'under way');
    await Promise.all([worker.terminate(), assert.rejects(underWay, StoreError)]);

    assert.equal(failures.length, 1);
    assert.match(failures[0]?.message ?? '', /thread ended unexpectedly/);
    await assert.rejects(store.stats(), failures[0]);
    await store.close();
  });

  it('does not take its own closing for a failure', async (test) => {
    const failures: StoreError[] = [];
    const { store } = await open(test, (error) => failures.push(error));

    await acceptOne(store, 'hello');
    await store.close();

    assert.deepEqual(failures, []);
  });
});

const leaseMs = 60_000;
const claim = { owner: 'p1', limit: 10, leaseMs, historyLimit: 10 };

async function open(test: TestContext, onFailure?: (error: StoreError) => void): Promise<{ store: Store; folder: string }> {
  const folder = createFolder(test);
  const store = await openSqliteStore({
    ...{ folder, exclusive: true, clock: createFakeClock() },
    ...(onFailure ? { onFailure } : {}),
  });
  test.after(() => store.close());
  return { store, folder };
}

async function acceptOne(store: Store, text: string): Promise<void> {
  await store.accept({ adapter: 'fake', events: [createMessage(text)] });
}

/** Calls every method once or more, and returns what they gave. */
async function playAll(store: Store): Promise<unknown[]> {
  const results: unknown[] = [];
  const keep = async <Result>(result: Promise<Result>): Promise<Result> => {
    results.push(await result);
    return result;
  };
  const [question, other] = [createMessage('why?', { eventId: 'E-a' }), createMessage('how?', { eventId: 'E-b', in: 'c2' })];
  const edit = { ...createEdit(question, 'why not?'), eventId: 'E-edit' };
  const rejected = (promise: Promise<unknown>) => promise.catch((error: unknown) => error instanceof StoreError);
  const events = [question, other, edit, createDelete(createMessage('', { eventId: 'E-c' }))];

  await keep(store.accept({ adapter: 'fake', events, state: { key: 'k', value: { a: [1, null] } } }));
  await keep(store.loadState({ adapter: 'fake', key: 'k' }));
  await keep(store.loadState({ adapter: 'fake', key: 'none' }));
  const [first, second] = (await keep(store.claimTurns(claim))).turns;
  assert.ok(first && second);
  await keep(store.renewTurns({ owner: 'p1', leaseMs, turns: [first, { conversationId: 'none', token: 1 }] }));
  await keep(store.noteStream({ ...first, receipt: { id: 'R1' } }));
  const done = await keep(store.commitTurn(toOutcome(first)));
  await keep(store.commitTurn(toOutcome(first)));
  await keep(store.postponeTurn({ ...second, retryAt: 0, error: 'x', counts: false, stream: { id: 'R2' } }));
  await keep(store.status({ adapter: 'fake', tenant: 'T1', eventId: 'E-a' }));
  await keep(store.status({ adapter: 'fake', tenant: 'T1', eventId: 'none' }));
  await keep(store.transcript({ conversationId: first.conversationId, limit: 5 }));
  await keep(store.stats());
  assert.ok(done.status === 'committed' && done.delivery);
  const hold = { ...done.delivery, leaseMs };
  const sent = await keep(store.settleSent({ ...hold, receipt: { id: 'shown' } }));
  await keep(store.settleSent({ ...hold, receipt: { id: 'again' } }));
  assert.ok(sent.status === 'settled' && sent.next);
  await keep(store.settleFailed({ ...sent.next, error: 'gone', uncertain: false, retryAt: undefined }));
  await keep(store.claimDeliveries(claim));
  await keep(store.listDeadLetters({ limit: 5 }));
  await keep(store.getDeadLetter(sent.next.id));
  await keep(store.getDeadLetter('none'));
  await keep(store.replayDeadLetter(sent.next.id));
  await keep(store.discardDeadLetter(sent.next.id));
  await keep(store.claimDeliveries(claim));
  await keep(store.handBack('p1'));
  await keep(store.claimTurns(claim));
  await keep(store.takeOver());
  await keep(store.recentConversations({ adapter: 'fake', since: 0 }));
  await keep(store.prune({ before: 2 ** 50, limit: 10 }));
  const passages = [{ source: 'a.md', heading: 'A', text: 'word', position: 0 }];
  await keep(store.putDocument({ collection: 'c', source: 'a.md', hash: 'h', title: 'A', fetchedAt: 1 }, passages));
  await keep(store.listDocuments());
  await keep(store.searchPassages('word', 1));
  await keep(rejected(store.searchPassages('"', 1)));
  await keep(store.removeDocument({ collection: 'c', source: 'a.md' }));
  return results;
}

function toOutcome({ events, ...turn }: Awaited<ReturnType<Store['claimTurns']>>['turns'][number]): TurnOutcome {
  return {
    ...turn,
    startedAt: 1,
    events: events.map(({ seq }) => ({ seq, verdict: 'answered', reason: undefined, tokens: 3 })),
    answer: { text: 'because', tokens: 2 },
    parts: ['be', 'cause'].map((text, part) => ({ id: toChunkId(turn.turnId, part), text })),
    deliver: {
      ...{ adapter: 'fake', tenant: 'T1', inReplyTo: 'E-a', destination: { place: 'c1' }, opened: { id: 'R1' } },
      ...{ uncertain: true, expiresAt: 2 ** 50, leaseMs },
    },
    model: undefined,
  };
}
