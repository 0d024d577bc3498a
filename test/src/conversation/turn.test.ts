import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createGate } from '../../support/gate.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel, done, unanswered } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

test('answers a question where it was asked, and the transcript carries on from there', async (t) => {
  const parley = createTestParley(t);
  const question = createMessage('hello', { in: 'room' });
  await parley.start();

  await parley.receive(question);
  await parley.receive(createMessage('and now?', { in: 'room' }));

  const [sent] = parley.adapter.sends;
  assert.deepEqual(sent?.destination, { place: 'room' });
  assert.equal(sent.inReplyTo, question.eventId);
  assert.equal(sent.tenant, question.tenant);
  assert.match(sent.id, /^[0-9a-z]{24}$/);
  assert.deepEqual(parley.model.requests[1]?.messages, [
    { role: 'user', text: 'hello' },
    { role: 'assistant', text: 'Answer to: hello' },
    { role: 'user', text: 'and now?' },
  ]);
  assert.equal((await parley.status(question))?.state, 'answered');
  await parley.stop();
});

test('what is said during a turn is taken together by the next one, which is told to answer all of it', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((request, call) => (call === 1 ? slow.opened : `Answer to: ${unanswered(request).join(' | ')}`));
  const parley = createTestParley(t, { model });
  const later = [createMessage('two'), createMessage('three')];
  await parley.start();

  await parley.receive(createMessage('one'));
  for (const message of later) await parley.receive(message);
  slow.open('Answer to: one');
  await parley.clock.advance(0);

  assert.deepEqual(parley.shown(), ['Answer to: one', 'Answer to: two | three']);
  assert.equal(model.requests[0]?.system, 'Be helpful.');
  assert.match(
    model.requests[1]?.system ?? '',
    /^Be helpful\.\n\nThe last 2 messages are still unanswered: answer all of them in one reply\.$/,
  );
  assert.equal(parley.adapter.sends[1]?.inReplyTo, later[1]?.eventId);
  await parley.stop();
});

test('keeps conversations apart', async (t) => {
  const parley = createTestParley(t);
  await parley.start();

  await parley.receive(createMessage('private', { in: 'c1' }), createMessage('public', { in: 'c2' }));
  await parley.receive(createMessage('what do you know?', { in: 'c2' }));

  assert.ok(!JSON.stringify(parley.model.requests[2]).includes('private'));
  assert.deepEqual(parley.shown('c2'), ['Answer to: public', 'Answer to: what do you know?']);
  await parley.stop();
});

test('sends a long answer as several messages with ids that are the same on every attempt', async (t) => {
  const adapter = createFakeAdapter({ splitAt: 10 });
  const parley = createTestParley(t, { adapter, model: createTestModel(() => 'first part|second part|third') });
  await parley.start();

  await parley.receive(createMessage('go on'));

  assert.equal(parley.shown().join(''), 'first part|second part|third');
  const ids = adapter.sends.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(
    adapter.sends.map(({ part, parts }) => [part, parts]),
    [
      [0, 3],
      [1, 3],
      [2, 3],
    ],
  );
  await parley.stop();
});

test('an answer of which an adapter makes no part at all goes out as it is', async (t) => {
  const adapter = createFakeAdapter({ overrides: { split: () => [] } });
  const parley = createTestParley(t, { adapter, model: createTestModel(() => '\u200b') });
  const question = createMessage('say nothing');
  await parley.start();

  await parley.receive(question);

  assert.deepEqual(parley.shown(), ['\u200b']);
  assert.equal((await parley.status(question))?.answer.length, 1);
  await parley.stop();
});

test('an answer that reached the length limit says so', async (t) => {
  const model = createTestModel(async function* () {
    yield { type: 'text', text: 'Once upon a time' };
    yield done('length');
  });
  const parley = createTestParley(t, { model });
  await parley.start();

  await parley.receive(createMessage('tell me a story'));

  assert.deepEqual(parley.shown(), ['Once upon a time\n\n_(The answer ends here: it reached the length limit.)_']);
  await parley.stop();
});

test('does not count hidden reasoning into the transcript', async (t) => {
  const model = createTestModel(async function* () {
    yield { type: 'text', text: 'Yes.' };
    yield done('stop', { outputTokens: 4_000, estimated: false });
  });
  const parley = createTestParley(t, { model });
  const question = createMessage('is it?');
  await parley.start();

  await parley.receive(question);

  const [, answer] = await parley.store.transcript({ conversationId: question.conversationId, limit: 10 });
  assert.equal(answer?.text, 'Yes.');
  assert.equal(answer.tokens, 1);
  await parley.stop();
});

test('takes the tokens that a model reports for its answer as they are, when they can be true', async (t) => {
  const model = createTestModel(async function* () {
    yield { type: 'text', text: 'An answer of forty characters, or there.' };
    yield done('stop', { outputTokens: 9, estimated: false });
  });
  const parley = createTestParley(t, { model });
  const question = createMessage('well?');
  await parley.start();

  await parley.receive(question);

  const [, answer] = await parley.store.transcript({ conversationId: question.conversationId, limit: 10 });
  assert.equal(answer?.tokens, 9);
  await parley.stop();
});

test('counts the tokens of an ordinary question and its answer once each, and the instructions never again', async (t) => {
  const counted: string[] = [];
  const parley = createTestParley(t, { onCount: (text) => counted.push(text) });
  await parley.start();
  counted.length = 0;

  await parley.receive(createMessage('hello'));

  assert.deepEqual(counted, ['hello', 'Answer to: hello']);
  await parley.stop();
});

test('work for an adapter that is switched off waits for it without using up attempts', async (t) => {
  const adapter = createFakeAdapter();
  const off = createTestParley(t, { adapter, adapters: [] });
  const question = createMessage('hello');
  await off.start();
  await off.receive(question);
  await off.clock.advance(30 * 60_000);
  assert.equal((await off.status(question))?.state, 'waiting');
  await off.stop();

  const on = createTestParley(t, { adapter, clock: off.clock, database: off.database, owner: 'p2' });
  await on.start();
  await on.clock.advance(30_000);

  assert.deepEqual(on.shown(), ['Answer to: hello']);
  const [line] = off.log.find('turn postponed');
  assert.equal(line?.fields['eventId'], question.eventId);
  await on.stop();
});

test('an adapter that was off finds at its start at once what waited for it, however short ago it was put off', async (t) => {
  const adapter = createFakeAdapter();
  const off = createTestParley(t, { adapter, adapters: [] });
  await off.start();
  await off.receive(createMessage('one'), createMessage('two', { in: 'c2' }));
  await off.stop();

  const on = createTestParley(t, { adapter, clock: off.clock, database: off.database, owner: 'p2' });
  await on.start();

  assert.deepEqual([on.shown('c1'), on.shown('c2')], [['Answer to: one'], ['Answer to: two']]);
  await on.stop();
});

test('what waits for an adapter that is never switched on becomes stale, expires, and can be looked up and replayed', async (t) => {
  const minute = 60_000;
  const adapter = createFakeAdapter();
  const off = createTestParley(t, { adapter, adapters: [], staleAfterMs: 60 * minute, delivery: { expiryMs: 30 * minute } });
  const [question, command] = [createMessage('hello'), createMessage('/help', { in: 'c2' })];
  await off.start();
  await off.receive(question, command);

  await off.clock.advance(59 * minute);
  assert.deepEqual(await off.store.listDeadLetters({ limit: 10 }), []);
  await off.clock.advance(2 * minute);
  const stale = await off.status(question);
  await off.clock.advance(31 * minute);

  assert.equal(stale?.state, 'refused');
  assert.match(stale?.reason ?? '', /^stale/);
  assert.equal(off.model.requests.length, 0);
  const letters = await off.store.listDeadLetters({ limit: 10 });
  assert.deepEqual(
    letters.map(({ kind, adapter: name }) => [kind, name]),
    [
      ['delivery', 'fake'],
      ['delivery', 'fake'],
    ],
  );
  const { waiting, undelivered } = await off.store.stats();
  assert.deepEqual([waiting, undelivered], [0, 0]);
  assert.equal(off.log.lines.filter(({ level, message }) => level === 'warn' && message.endsWith('postponed')).length, 3);
  await off.stop();

  const on = createTestParley(t, { adapter, clock: off.clock, database: off.database, owner: 'p2' });
  for (const { id } of letters) await on.store.replayDeadLetter(id);
  await on.start();
  assert.match(on.shown('c1')[0] ?? '', /^Sorry, I was away/);
  assert.match(on.shown('c2')[0] ?? '', /^I am Parley/);
  await on.stop();
});

test('an answer whose lease was lost is dropped, and the log says so', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((_request, call) => (call === 1 ? slow.opened : 'in time'));
  const parley = createTestParley(t, { model });
  const question = createMessage('hello');
  await parley.start();
  await parley.receive(question);

  await parley.store.handBack('p1'); // as another process does that believes this one dead
  slow.open('too late');
  await parley.clock.advance(0);

  assert.deepEqual(parley.shown(), ['in time']);
  const [line] = parley.log.find('turn ended after its lease was lost; its answer is dropped');
  assert.equal(line?.fields['conversationId'], question.conversationId);
  assert.equal(line?.fields['eventId'], question.eventId);
  await parley.stop();
});

test('every line of the log about a turn or a delivery names the conversation and the event', async (t) => {
  const adapter = createFakeAdapter();
  adapter.script.push(() => {
    throw new Error('reset');
  });
  const model = createTestModel((_request, call) => {
    if (call === 1) throw new TypeError('a bug');
    return 'ok';
  });
  const parley = createTestParley(t, { adapter, model });
  const question = createMessage('hello');
  await parley.start();

  await parley.receive(question);
  await parley.clock.advance(10_000);

  assert.deepEqual(parley.shown(), ['ok']);
  assert.ok(parley.log.lines.length >= 3);
  for (const { message, fields } of parley.log.lines) {
    assert.equal(fields['conversationId'], question.conversationId, message);
    assert.equal(fields['eventId'], question.eventId, message);
  }
  await parley.stop();
});
