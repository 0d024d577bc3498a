import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ModelError, type ModelErrorData } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import { createFallbackModel } from '../../../src/model/fallback.ts';
import { createScriptedModel, type ModelScript, type ScriptedModel } from '../../../src/model/scripted.ts';
import { collect, defineModelContract, textOf } from '../../contracts/model-contract.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { doneOf, failureOf, never } from './open-endpoint.ts';

const log = silentLog;

function failing(data: Partial<ModelErrorData> = {}): ModelScript {
  return () => [{ fail: new ModelError({ message: 'it is down.', retryable: true, publicMessage: 'Try later.', ...data }) }];
}

/** Two models in a row; the first does as it is told, the second answers. */
function openPair(script: ModelScript, second: ModelScript = () => 'from the second') {
  const clock = createFakeClock();
  const models = [script, second].map((each, index): ScriptedModel => {
    const scripted = createScriptedModel(each, clock);
    return { ...scripted, name: index === 0 ? 'first' : 'second' };
  });
  const [one, two] = models as [ScriptedModel, ScriptedModel]; // as many as were made
  return { clock, one, two, model: createFallbackModel(models, { clock, log }) };
}

defineModelContract({
  name: 'several models in a row',
  open: async () => ({ model: openPair(() => 'a short answer').model }),
  openStalled: async () => ({ model: openPair(() => ['a few words', { stall: true }]).model }),
  openBroken: async () => ({ model: openPair(failing(), failing()).model }),
});

describe('several models in a row', () => {
  test('the first one answers while it works, and nobody else is asked', async () => {
    const { model, two } = openPair(() => 'from the first');

    const events = await collect(model, never);

    assert.equal(textOf(events), 'from the first');
    assert.equal(doneOf(events).model, 'first');
    assert.equal(two.calls.length, 0);
  });

  test('the next one answers where the first fails before it has said a word, and the record says which', async () => {
    const { model } = openPair(failing());

    const events = await collect(model, never);

    assert.equal(textOf(events), 'from the second');
    assert.equal(doneOf(events).model, 'second');
  });

  test('an answer that was begun is not taken over by another model', async () => {
    const fail = new ModelError({ message: 'cut off.', retryable: true });
    const { model, two } = openPair(() => ['half an', { fail }]);

    const { error, said } = await failureOf(model);

    assert.equal(error, fail);
    assert.match(said, /^half an/);
    assert.equal(two.calls.length, 0);
  });

  test('an answer that was withheld on purpose is not asked of another model', async () => {
    const { model, two } = openPair(failing({ isFinal: true, retryable: false }));

    const { error } = await failureOf(model);

    assert.equal(error.isFinal, true);
    assert.equal(two.calls.length, 0);
  });

  test('where all fail, the operator reads of each, people what the first says, and it is asked again if one may work then', async () => {
    const { model } = openPair(failing({ retryable: false }), failing({ retryAfterMs: 5_000, publicMessage: 'Busy.' }));

    const { error } = await failureOf(model);

    assert.equal(error.message, 'first: it is down. second: it is down.');
    assert.equal(error.publicMessage, 'Busy.');
    assert.deepEqual([error.retryable, error.retryAfterMs], [true, 5_000]);
  });

  test('after three failures in a row the others are asked first for half a minute', async () => {
    const { model, one, clock } = openPair(failing());
    for (let index = 0; index < 3; index += 1) await collect(model, never);

    await collect(model, never);
    const whileResting = one.calls.length;
    await clock.advance(30_000);
    await collect(model, never);

    assert.deepEqual([whileResting, one.calls.length], [3, 4]);
  });

  test('who is told to wait is left alone for that long', async () => {
    const { model, one, clock } = openPair(failing({ retryAfterMs: 120_000 }));
    await collect(model, never);

    await clock.advance(119_000);
    await collect(model, never);
    const waiting = one.calls.length;
    await clock.advance(2_000);
    await collect(model, never);

    assert.deepEqual([waiting, one.calls.length], [1, 2]);
  });

  test('a question that no model could answer speaks against none of them', async () => {
    const { model, one } = openPair(failing({ ofRequest: true, retryable: false }));

    for (let index = 0; index < 5; index += 1) await collect(model, never);

    assert.equal(one.calls.length, 5);
  });

  test('a resting model is asked all the same where no other answers', async () => {
    let broken = true;
    const script: ModelScript = (request, call) => (broken ? failing()(request, call) : 'it works again');
    const { model } = openPair(script, failing());
    for (let index = 0; index < 4; index += 1) await failureOf(model);
    broken = false;

    const events = await collect(model, never);

    assert.equal(textOf(events), 'it works again');
  });

  test('a stop asks nobody else', async () => {
    const { model, one, two } = openPair(() => [{ stall: true }]);
    const controller = new AbortController();
    const answer = collect(model, controller.signal);
    while (one.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));

    controller.abort(new Error('enough'));

    await assert.rejects(answer, /enough/);
    assert.equal(two.calls.length, 0);
  });
});
