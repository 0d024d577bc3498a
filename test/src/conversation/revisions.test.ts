import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ModelError } from '../../../src/errors.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createGate } from '../../support/gate.ts';
import { createEdit, createMessage, createStop } from '../../support/inbound.ts';
import { createTestModel } from '../../support/test-model.ts';
import { createTestParley, type TestParleyOptions } from '../../support/test-parley.ts';

const hourMs = 3_600_000;

async function startParley(t: TestContext, options: TestParleyOptions = {}) {
  const parley = createTestParley(t, { revisions: { reviseWithinMs: hourMs, withdrawDeleted: true }, ...options });
  await parley.start();
  return parley;
}

/** Answers with the last question, in capital letters. */
const loudModel = () => createTestModel((request) => request.messages.at(-1)?.text.toUpperCase() ?? '');

test('an edit of an answered question answers it again, in place', async (t) => {
  const parley = await startParley(t);
  const question = createMessage('what is 6 * 8?');
  await parley.receive(question);

  await parley.receive(createEdit(question, 'what is 6 * 7?'));

  assert.deepEqual(parley.shown(), ['Answer to: what is 6 * 7?']);
  assert.equal(parley.adapter.posts.length, 1);
  assert.equal((await parley.status(question))?.state, 'answered');
  assert.deepEqual(parley.model.requests[1]?.messages, [{ role: 'user', text: 'what is 6 * 7?' }]);
  await parley.stop();
});

test('what is remembered of a revised answer is the last question and the last answer', async (t) => {
  const parley = await startParley(t);
  const question = createMessage('what is 6 * 8?');
  await parley.receive(question);
  await parley.receive(createEdit(question, 'what is 6 * 7?'));

  await parley.receive(createMessage('sure?'));

  assert.deepEqual(
    parley.model.requests[2]?.messages.map(({ text }) => text),
    ['what is 6 * 7?', 'Answer to: what is 6 * 7?', 'sure?'],
  );
  await parley.stop();
});

test('an edit that changes no text, and one that comes again, changes nothing', async (t) => {
  const parley = await startParley(t);
  const question = createMessage('hello');
  const edit = createEdit(question, 'hello there');
  await parley.receive(question);
  await parley.receive(createEdit(question, 'hello'), edit);

  await parley.receive(edit);
  await parley.receive(createEdit(question, 'hello there'));

  assert.equal(parley.model.requests.length, 2);
  assert.equal(parley.adapter.sends.length, 2);
  await parley.stop();
});

test('several edits in a row end in one answer, to the last of them', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((request, call) => (call === 2 ? slow.opened : `re: ${request.messages.at(-1)?.text}`));
  const parley = await startParley(t, { model });
  const question = createMessage('one');
  await parley.receive(question);
  await parley.receive(createEdit(question, 'two'));

  await parley.receive(createEdit(question, 'three'));
  slow.open('too late');
  await parley.receive(createEdit(question, 'four'));
  await parley.clock.advance(5_000);

  assert.deepEqual(parley.shown(), ['re: four']);
  await parley.stop();
});

test('an edit during the turn lets the answer cover the new text', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((request, call) => (call === 1 ? slow.opened : `re: ${request.messages.at(-1)?.text}`));
  const parley = await startParley(t, { model });
  const question = createMessage('helo');
  await parley.receive(question);

  await parley.receive(createEdit(question, 'hello'));
  slow.open('to the old text');
  await parley.clock.advance(1_000);

  assert.deepEqual(parley.shown(), ['re: hello']);
  await parley.stop();
});

test('what another process commits of a question that was edited meanwhile is asked again', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((request, call) => (call === 1 ? slow.opened : `re: ${request.messages.at(-1)?.text}`));
  const parley = await startParley(t, { model });
  const question = createMessage('helo');
  await parley.receive(question);
  const events = [createEdit(question, 'hello')];

  // Not through this process, which so does not know that it should stop.
  await parley.store.accept({ adapter: 'fake', events, revisions: { reviseWithinMs: hourMs, withdrawDeleted: true } });
  slow.open('to the old text');
  await parley.clock.advance(1_000);

  assert.deepEqual(parley.shown(), ['re: hello']);
  assert.equal((await parley.status(question))?.answer.length, 1);
  await parley.stop();
});

test('an edit of what waits behind a turn does not disturb it', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((request, call) => (call === 1 ? slow.opened : `re: ${request.messages.at(-1)?.text}`));
  const parley = await startParley(t, { model });
  const [first, second] = [createMessage('first'), createMessage('second')];
  await parley.receive(first);
  await parley.receive(second);

  await parley.receive(createEdit(second, 'the second'));
  slow.open('done');
  await parley.clock.advance(1_000);

  assert.deepEqual(parley.shown(), ['done', 're: the second']);
  assert.equal(model.requests.length, 2);
  await parley.stop();
});

test('parts are changed in order, missing ones posted and superfluous ones removed', async (t) => {
  const adapter = createFakeAdapter({ splitAt: 4 });
  const parley = await startParley(t, { adapter, model: loudModel() });
  const question = createMessage('aaaabbbb');
  await parley.receive(question);

  await parley.receive(createEdit(question, 'ccccddddeeee'));
  assert.deepEqual(parley.shown(), ['CCCC', 'DDDD', 'EEEE']);
  await parley.receive(createEdit(question, 'ffff'));
  await parley.clock.advance(1_000);
  assert.deepEqual(parley.shown(), ['FFFF']);
  await parley.receive(createEdit(question, 'gggghhhh'));
  await parley.clock.advance(1_000);

  assert.deepEqual(parley.shown(), ['GGGG', 'HHHH']);
  assert.equal(adapter.posts[0]?.text, 'GGGG');
  await parley.stop();
});

test('a revision whose message somebody has removed is posted anew', async (t) => {
  const parley = await startParley(t);
  const question = createMessage('one');
  await parley.receive(question);
  parley.adapter.posts[0]!.removed = true; // there is one

  await parley.receive(createEdit(question, 'two'));

  assert.deepEqual(parley.shown(), ['Answer to: two']);
  await parley.stop();
});

test('a question that others were built on, or that is old, changes in the transcript only', async (t) => {
  const parley = await startParley(t);
  const [first, second] = [createMessage('first'), createMessage('second')];
  await parley.receive(first);
  await parley.receive(second);

  await parley.receive(createEdit(first, 'the first'));
  await parley.clock.advance(hourMs + 1);
  await parley.receive(createEdit(second, 'the second'));
  assert.deepEqual(parley.shown(), ['Answer to: first', 'Answer to: second']);
  await parley.receive(createMessage('third', { sentAt: parley.clock.now() }));

  assert.deepEqual(
    parley.model.requests.at(-1)?.messages.map(({ text }) => text),
    ['the first', 'Answer to: first', 'the second', 'Answer to: second', 'third'],
  );
  await parley.stop();
});

test('a question from before a reset is not answered again', async (t) => {
  const parley = await startParley(t);
  const question = createMessage('one');
  await parley.receive(question);
  await parley.receive(createMessage('/reset'));

  await parley.receive(createEdit(question, 'two'));

  assert.equal(parley.model.requests.length, 1);
  await parley.stop();
});

test('while an answer is still on its way, only the last one appears', async (t) => {
  const adapter = createFakeAdapter({ splitAt: 4 });
  const parley = await startParley(t, { adapter, model: loudModel() });
  const sending = createGate<undefined>();
  adapter.script.push(async (_message, show) => {
    await sending.opened;
    return show();
  });
  const question = createMessage('aaaabbbbcccc');
  await parley.receive(question);

  await parley.receive(createEdit(question, 'ddddeeee'));
  sending.open(undefined);
  await parley.clock.advance(1_000);

  assert.deepEqual(parley.shown(), ['DDDD', 'EEEE']);
  assert.deepEqual(
    adapter.sends.map(({ text }) => text),
    ['AAAA', 'DDDD', 'EEEE'],
  );
  await parley.stop();
});

test('where a second answer fails, the first stays, and what went wrong stands beneath it', async (t) => {
  const model = createTestModel((_request, call) => {
    if (call === 1) return 'the good answer';
    throw new ModelError({ message: 'refused', publicMessage: 'I cannot.', retryable: false });
  });
  const parley = await startParley(t, { model });
  const question = createMessage('one');
  await parley.receive(question);

  await parley.receive(createEdit(question, 'two'));

  assert.equal(parley.shown().length, 1);
  assert.match(parley.shown()[0] ?? '', /^the good answer\n\n_I cannot\. .*under the id \w+\._$/);
  const [letter] = await parley.store.listDeadLetters({ limit: 1 });
  assert.ok(letter);
  await parley.store.replayDeadLetter(letter.id);
  await parley.clock.advance(1_000);
  assert.equal(parley.shown().length, 1, 'a replay takes the same place');
  await parley.stop();
});

test('a stop during a second answer leaves the first as it is', async (t) => {
  const model = createTestModel((_request, call) => (call === 1 ? 'first' : createGate<string>().opened));
  const parley = await startParley(t, { model });
  const question = createMessage('one');
  await parley.receive(question);
  await parley.receive(createEdit(question, 'two'));

  await parley.receive(createStop());

  assert.deepEqual(parley.shown(), ['first']);
  assert.equal((await parley.store.stats()).waiting, 0);
  await parley.stop();
});

test('what is asked while a second answer is made is answered after it, by itself', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((request, call) => (call === 2 ? slow.opened : `re: ${request.messages.at(-1)?.text}`));
  const parley = await startParley(t, { model });
  const question = createMessage('one');
  await parley.receive(question);
  await parley.receive(createEdit(question, 'two'));

  await parley.receive(createMessage('three'));
  slow.open('re: two');
  await parley.clock.advance(1_000);

  assert.deepEqual(parley.shown(), ['re: two', 're: three']);
  await parley.stop();
});

test('a process that dies in the middle of a revision leaves one answer, to the last text', async (t) => {
  const adapter = createFakeAdapter();
  const first = await startParley(t, { adapter, model: loudModel() });
  const question = createMessage('one');
  await first.receive(question);
  adapter.script.push(() => new Promise(() => undefined));
  await first.receive(createEdit(question, 'two'));
  first.kill();

  const { clock, database } = first;
  const second = await startParley(t, { adapter, clock, database, owner: 'p2', model: loudModel() });
  await clock.advance(10_000);

  assert.deepEqual(second.shown(), ['TWO']);
  await second.stop();
});
