import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel, unanswered } from '../../support/test-model.ts';
import { createTestParley, type TestParley } from '../../support/test-parley.ts';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';

interface SupervisorOptions {
  readonly maxAttempts?: number;
  readonly concurrency?: number;
  /** How long an answer takes; the process dies of a poisonous question after half of it. */
  readonly answerMs?: number;
}

/** A Parley that is started again a second after each death, with a model that is asked in every life. */
function createSupervised(test: TestContext, { maxAttempts = 5, concurrency = 256, answerMs = 2_000 }: SupervisorOptions = {}) {
  const clock = createFakeClock();
  const database = openMemoryDatabase();
  test.after(() => database.close());
  const adapter = createFakeAdapter();
  const asked: string[] = [];
  const deaths: number[] = [];
  let current: TestParley;
  let claims = 0;

  async function begin(): Promise<TestParley> {
    let alive = true;
    const model = createTestModel(async (request) => {
      const questions = unanswered(request);
      asked.push(...questions);
      await clock.sleep(answerMs / 2);
      if (alive && questions.some((question) => question.includes('poison'))) die();
      if (alive) await clock.sleep(answerMs / 2);
      return alive ? `Answer to: ${questions.join(' | ')}` : new Promise<never>(() => undefined);
    });
    const parley = createTestParley(test, {
      ...{ clock, database, adapter, model, concurrency, owner: `p${deaths.length}`, retry: { maxAttempts } },
      aroundStore: (method, call) => {
        if (method === 'claimTurns') claims += 1;
        return call();
      },
    });
    function die(): void {
      alive = false;
      deaths.push(clock.now());
      parley.kill();
      clock.after(1_000, () => void begin());
    }
    current = parley;
    await parley.start();
    return parley;
  }

  return { clock, asked, deaths, begin, parley: () => current, claims: () => claims };
}

const innocents = Array.from({ length: 20 }, (_, index) => `i${index}`);

test('a question that the process dies of costs nobody else the answer', async (t) => {
  const supervised = createSupervised(t);
  const { clock, asked, deaths, parley } = supervised;
  await supervised.begin();

  await parley().receive(
    ...innocents.slice(0, 10).map((name) => createMessage(`hello ${name}`, { in: name })),
    createMessage('poison', { in: 'bad' }),
    ...innocents.slice(10).map((name) => createMessage(`hello ${name}`, { in: name })),
  );
  await clock.advance(10 * 60_000);

  assert.equal(deaths.length, 5);
  for (const name of innocents) assert.deepEqual(parley().shown(name), [`Answer to: hello ${name}`]);
  assert.match(parley().shown('bad').join('\n'), /^Something went wrong .* under the id [2-9a-z]{8}\.$/);
  const [letter, ...others] = await parley().store.listDeadLetters({ limit: 10 });
  assert.deepEqual(others, []);
  assert.match(letter?.error ?? '', /the process ended 5 times in the middle of this turn/);
  assert.equal(asked.filter((question) => question === 'poison').length, 5);
  assert.ok(parley().log.find('turn was under way at several deaths of the process').length > 0);
  await parley().stop();
  assert.equal(clock.pending(), 0);
});

test('neither do two of them, and who asks meanwhile is answered meanwhile', async (t) => {
  const supervised = createSupervised(t, { maxAttempts: 1, concurrency: 30 });
  const { clock, parley, deaths } = supervised;
  await supervised.begin();

  const everybody = ['bad1', ...innocents, 'bad2'];
  await parley().receive(
    ...everybody.map((name) => createMessage(name.startsWith('bad') ? `poison ${name}` : `hello ${name}`, { in: name })),
  );
  for (let minute = 0; minute < 10; minute += 1) {
    await clock.advance(60_000);
    await parley().receive(createMessage(`later ${minute}`, { in: `later${minute}` }));
  }
  await clock.advance(60_000);

  for (const name of innocents) assert.deepEqual(parley().shown(name), [`Answer to: hello ${name}`]);
  for (let minute = 0; minute < 10; minute += 1)
    assert.deepEqual(parley().shown(`later${minute}`), [`Answer to: later ${minute}`]);
  assert.equal(deaths.length, 7, 'they die together three times, and then alone');
  assert.equal((await parley().store.stats()).deadLetters, 2);
  await parley().stop();
});

test('what the process died of does not come back as context, and a replay is asked as if for the first time', async (t) => {
  const supervised = createSupervised(t);
  const { clock, asked, parley } = supervised;
  await supervised.begin();
  await parley().receive(createMessage('poison', { in: 'bad' }));
  await clock.advance(60_000);

  await parley().receive(createMessage('hello again', { in: 'bad' }));
  await clock.advance(10_000);
  assert.equal(parley().shown('bad').at(-1), 'Answer to: hello again');
  const [letter] = await parley().store.listDeadLetters({ limit: 1 });
  const before = asked.length;
  await parley().store.replayDeadLetter(letter?.id ?? '');
  await clock.advance(60_000);

  assert.equal(asked.length - before, 5);
  await parley().stop();
});

test('questions that were under way whenever somebody killed the process are all answered', async (t) => {
  const clock = createFakeClock();
  const database = openMemoryDatabase();
  t.after(() => database.close());
  const adapter = createFakeAdapter();
  const begin = async (life: number): Promise<TestParley> => {
    const model = createTestModel(async (request) => {
      await clock.sleep(2_000);
      return life < 5 ? new Promise<never>(() => undefined) : `Answer to: ${unanswered(request).join(' | ')}`;
    });
    const parley = createTestParley(t, { clock, database, adapter, model, owner: `p${life}` });
    await parley.start();
    return parley;
  };
  const first = await begin(0);
  await first.receive(...innocents.map((name) => createMessage(`hello ${name}`, { in: name })));
  await clock.advance(1_000);
  first.kill();
  for (let life = 1; life < 5; life += 1) {
    const next = await begin(life);
    await clock.advance(1_000);
    next.kill();
  }

  const last = await begin(5);
  await clock.advance(5 * 60_000);

  for (const name of innocents) assert.deepEqual(last.shown(name), [`Answer to: hello ${name}`]);
  await last.stop();
});

test('a suspect that waits for another one costs no look, and is taken up as soon as that one has ended', async (t) => {
  const supervised = createSupervised(t, { answerMs: 20_000 });
  const { clock, asked, parley, claims } = supervised;
  await supervised.begin();
  await parley().receive(createMessage('one', { in: 'c1' }), createMessage('two', { in: 'c2' }));
  for (let death = 0; death < 3; death += 1) {
    parley().kill();
    await supervised.begin();
  }
  const before = { claims: claims(), asked: asked.length };

  await clock.advance(19_900);
  assert.equal(asked.length, before.asked, 'the second is not asked while the first one is');
  assert.ok(claims() - before.claims <= 20, `${claims() - before.claims} looks, and one a second is enough`);
  await clock.advance(200);

  assert.equal(asked.length, before.asked + 1);
  await clock.advance(20_000);
  assert.deepEqual([parley().shown('c1'), parley().shown('c2')], [['Answer to: one'], ['Answer to: two']]);
  await parley().stop();
});
