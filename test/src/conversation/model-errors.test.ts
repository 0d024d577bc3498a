import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../../src/errors.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel, done } from '../../support/test-model.ts';
import { createTestParley, type TestParley } from '../../support/test-parley.ts';

const secret = 'sk-proj-verysecretkey123456';

/** The notice in the chat, the line in the log and the dead letter, which belong together. */
async function findNotice(parley: TestParley) {
  const notices = parley.shown();
  assert.equal(notices.length, 1);
  const errorId = /under the id ([2-9a-z]{8})\.$/.exec(notices[0] ?? '')?.[1];
  const [line, ...others] = parley.log.find('turn failed');
  const [letter] = await parley.store.listDeadLetters({ limit: 10 });
  assert.ok(errorId);
  assert.equal(line?.fields['errorId'], errorId);
  assert.equal(letter?.errorId, errorId);
  assert.equal(letter.kind, 'turn');
  assert.equal(others.length, 0);
  return { notice: notices[0] ?? '', letter, line };
}

test('a model that wants to be left alone for longer than anybody waits is given up on at once, with a notice', async (t) => {
  const model = createTestModel(() => {
    throw new ModelError({ message: 'quota used up', retryable: true, retryAfterMs: 24 * 60 * 60_000 });
  });
  const parley = createTestParley(t, { model });
  await parley.start();

  await parley.receive(createMessage('hello'));

  await findNotice(parley);
  await parley.stop();
});

test('a model that fails for good gives one notice with an id that is in the log and in the dead letter, and no secret', async (t) => {
  const model = createTestModel(() => {
    const cause = new Error(`Incorrect API key provided: ${secret}`);
    throw new ModelError({ message: 'The endpoint refuses the key (OPENAI_API_KEY).', retryable: false, cause });
  });
  const parley = createTestParley(t, { model });
  const question = createMessage('hello');
  await parley.start();

  await parley.receive(question);
  await parley.clock.advance(10 * 60_000);

  const { notice, letter, line } = await findNotice(parley);
  assert.match(notice, /^I could not get an answer from the AI model\. I have noted the question/);
  assert.equal(letter.error, 'The endpoint refuses the key (OPENAI_API_KEY).');
  assert.equal(line.level, 'error');
  assert.equal(line.fields['eventId'], question.eventId);
  assert.equal(model.requests.length, 1);
  assert.ok(!JSON.stringify([parley.shown(), parley.log.lines, letter]).includes(secret));
  const status = await parley.status(question);
  assert.equal(status?.state, 'failed');
  await parley.stop();
});

test('a failed question stays in the transcript, so that the next one can refer to it', async (t) => {
  const model = createTestModel((_request, call) => {
    if (call === 1) throw new ModelError({ message: 'no', retryable: false });
    return 'ok';
  });
  const parley = createTestParley(t, { model });
  await parley.start();

  await parley.receive(createMessage('what is 6 * 7?'));
  await parley.receive(createMessage('try again'));

  assert.deepEqual(model.requests[1]?.messages, [
    { role: 'user', text: 'what is 6 * 7?' },
    { role: 'user', text: 'try again' },
  ]);
  await parley.stop();
});

test('a failed question can be replayed, and is then answered', async (t) => {
  const model = createTestModel((_request, call) => {
    if (call === 1) throw new ModelError({ message: 'no credit left', retryable: false });
    return 'the answer';
  });
  const parley = createTestParley(t, { model });
  const question = createMessage('hello');
  await parley.start();
  await parley.receive(question);
  const { letter } = await findNotice(parley);

  assert.equal(await parley.store.replayDeadLetter(letter.id), true);
  await parley.clock.advance(1_000);

  assert.equal(parley.shown().at(-1), 'the answer');
  assert.deepEqual(model.requests[1]?.messages, [{ role: 'user', text: 'hello' }]);
  assert.equal((await parley.status(question))?.state, 'answered');
  await parley.stop();
});

test('after its last attempt a turn ends in a notice', async (t) => {
  const model = createTestModel(() => {
    throw new ModelError({ message: '503 from the model', retryable: true });
  });
  const parley = createTestParley(t, { model, retry: { maxAttempts: 4 } });
  await parley.start();

  await parley.receive(createMessage('hello'));
  await parley.clock.advance(10 * 60_000);

  const { letter } = await findNotice(parley);
  assert.equal(model.requests.length, 4);
  assert.equal(letter.attempts, 4);
  assert.equal(letter.error, '503 from the model');
  await parley.stop();
});

test('a question that ends the process each time is given up on without asking the model again', async (t) => {
  const clock = createFakeClock();
  const first = createTestParley(t, {
    clock,
    model: createTestModel(() => new Promise(() => undefined)),
    retry: { maxAttempts: 6 },
  });
  await first.start();
  await first.receive(createMessage('poison'));
  first.kill();
  const { database, adapter } = first;
  for (const owner of ['p2', 'p3', 'p4', 'p5', 'p6']) {
    const next = createTestParley(t, { clock, database, adapter, owner, model: first.model, retry: { maxAttempts: 6 } });
    await next.start();
    next.kill();
  }
  assert.equal(first.model.requests.length, 6);

  const last = createTestParley(t, { clock, database, adapter, owner: 'p7', retry: { maxAttempts: 6 } });
  await last.start();

  assert.equal(last.model.requests.length, 0);
  const { letter } = await findNotice(last);
  assert.match(letter.error, /Given up: the process ended 6 times/);
  assert.equal((await last.store.stats()).waiting, 0);
  await last.stop();
});

test('a question that came after the last attempt is not given up on with the ones before it', async (t) => {
  const model = createTestModel((_request, call) => {
    if (call <= 2) throw new TypeError('cannot read properties of undefined');
    return 'the answer';
  });
  const parley = createTestParley(t, { model, retry: { maxAttempts: 2 } });
  await parley.start();
  await parley.receive(createMessage('first'));
  await parley.clock.advance(1_010);
  assert.equal(model.requests.length, 2);

  await parley.receive(createMessage('second'));
  await parley.clock.advance(60_000);

  const [notice, ...answers] = parley.shown();
  assert.match(notice ?? '', /Something went wrong each time/);
  assert.deepEqual(answers, ['the answer']);
  assert.equal(model.requests.length, 3);
  // Not even as context: what nobody could answer may be what breaks the answers.
  assert.deepEqual(
    model.requests[2]?.messages.map(({ text }) => text),
    ['second'],
  );
  await parley.stop();
});

test('a model that throws what is no ModelError is tried again, and then given up on with a notice that tells nothing of it', async (t) => {
  const model = createTestModel(() => {
    throw new TypeError(`cannot read properties of undefined (${secret})`);
  });
  const parley = createTestParley(t, { model });
  await parley.start();

  await parley.receive(createMessage('hello'));
  await parley.clock.advance(10 * 60_000);

  const { notice, letter } = await findNotice(parley);
  assert.equal(model.requests.length, 5);
  assert.ok(!notice.includes('undefined') && !notice.includes(secret));
  assert.ok(!JSON.stringify(letter).includes(secret));
  assert.equal(parley.log.find('turn failed unexpectedly').length, 5);
  await parley.stop();
  assert.equal(parley.clock.pending(), 0);
});

test('a model that throws something that is not even an error is handled as well', async (t) => {
  const model = createTestModel((_request, call) => {
    // oxlint-disable-next-line typescript/only-throw-error -- what a foreign library may do
    if (call === 1) throw 'a string';
    return 'the answer';
  });
  const parley = createTestParley(t, { model });
  await parley.start();

  await parley.receive(createMessage('hello'));
  await parley.clock.advance(5_000);

  assert.deepEqual(parley.shown(), ['the answer']);
  await parley.stop();
});

test('an empty answer is asked for again', async (t) => {
  const model = createTestModel((_request, call) => (call === 1 ? ' \n ' : 'the answer'));
  const parley = createTestParley(t, { model });
  await parley.start();

  await parley.receive(createMessage('hello'));
  await parley.clock.advance(5_000);

  assert.deepEqual(parley.shown(), ['the answer']);
  assert.match(String(parley.log.find('turn postponed')[0]?.fields['error']), /gave an empty answer/);
  await parley.stop();
});

test('an answer that the provider withholds gives a notice at once that says so', async (t) => {
  const model = createTestModel(async function* () {
    yield { type: 'text', text: 'I should not sa' };
    yield done('filtered');
  });
  const parley = createTestParley(t, { model });
  await parley.start();

  await parley.receive(createMessage('hello'));

  const { notice } = await findNotice(parley);
  assert.match(notice, /^The AI provider withheld an answer to this\./);
  assert.ok(!notice.includes('I should not'));
  assert.equal(model.requests.length, 1);
  await parley.stop();
});

test('a stream of the model that ends without a finish is no answer', async (t) => {
  const model = createTestModel((_request, call) => (call === 1 ? cutOff() : 'the whole answer'));
  const parley = createTestParley(t, { model });
  await parley.start();

  await parley.receive(createMessage('hello'));
  await parley.clock.advance(5_000);

  assert.deepEqual(parley.shown(), ['the whole answer']);
  await parley.stop();
});

async function* cutOff() {
  yield { type: 'text', text: 'the whole ans' } as const;
}
