import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAgent } from '../../../src/agent/loop.ts';
import { ModelError, TurnAborted } from '../../../src/errors.ts';
import type { Model, ModelEvent } from '../../../src/model/model.ts';
import { createTestModel, done } from '../../support/test-model.ts';

const request = { system: 'Be helpful.', messages: [{ role: 'user', text: 'hello' }] } as const;
const never = new AbortController().signal;

function run(events: readonly ModelEvent[], signal = never) {
  const pieces: string[] = [];
  const model = createTestModel(async function* () {
    yield* events;
  });
  return { pieces, answer: runAgent({ model, request, onText: (text) => pieces.push(text) }, signal) };
}

const text = (said: string): ModelEvent => ({ type: 'text', text: said });

test('puts the pieces together and hands each on as it comes', async () => {
  const { pieces, answer } = run([text('one '), text(''), text('two'), done('stop', { inputTokens: 3, outputTokens: 2 })]);

  assert.deepEqual(await answer, {
    text: 'one two',
    usage: { inputTokens: 3, outputTokens: 2, estimated: true },
    model: 'test model',
  });
  assert.deepEqual(pieces, ['one ', '', 'two']);
});

test('says at the end that an answer was cut off by its length', async () => {
  const { answer } = run([text('Once upon'), done('length')]);

  assert.equal((await answer).text, 'Once upon\n\n_(The answer ends here: it reached the length limit.)_');
});

for (const { what, events, retryable } of [
  { what: 'an answer without text', events: [done()], retryable: true },
  { what: 'an answer of white space', events: [text(' \n\t'), done()], retryable: true },
  { what: 'an answer that was used up before its first word', events: [done('length')], retryable: true },
  { what: 'an answer without an end', events: [text('Once upon')], retryable: true },
  { what: 'no answer at all', events: [], retryable: true },
  { what: 'an answer that was withheld', events: [text('Once'), done('filtered')], retryable: false },
]) {
  test(`refuses ${what} with an error that may ${retryable ? '' : 'not '}be tried again`, async () => {
    const { answer } = run(events);

    await assert.rejects(answer, (error) => error instanceof ModelError && error.retryable === retryable);
  });
}

test('passes the error of the model on as it is', async () => {
  const error = new ModelError({ message: 'no', retryable: false });
  const model = createTestModel(() => {
    throw error;
  });

  await assert.rejects(runAgent({ model, request, onText: () => undefined }, never), error);
});

test('stops at the next piece when it is told to, although the model goes on, and lets the model clean up', async () => {
  const controller = new AbortController();
  let cleaned = false;
  const deaf: Model = {
    ...createTestModel(),
    async *generate() {
      try {
        for (let piece = 0; piece < 100; piece += 1) yield text('and ');
      } finally {
        cleaned = true;
      }
    },
  };
  let pieces = 0;
  const onText = (): void => {
    pieces += 1;
    if (pieces === 3) controller.abort(new TurnAborted('stopping'));
  };

  await assert.rejects(runAgent({ model: deaf, request, onText }, controller.signal), TurnAborted);

  assert.equal(pieces, 3);
  assert.ok(cleaned);
});

test('lets the model clean up after an answer that was refused', async () => {
  let cleaned = false;
  const model = createTestModel(async function* () {
    try {
      yield done('filtered');
      yield text('more');
    } finally {
      cleaned = true;
    }
  });

  await assert.rejects(runAgent({ model, request, onText: () => undefined }, never));

  assert.ok(cleaned);
});
