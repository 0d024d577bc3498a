import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../../src/errors.ts';
import { createScriptedModel } from '../../../src/model/scripted.ts';
import { collect, defineModelContract, modelContractRequest, textOf } from '../../contracts/model-contract.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;

defineModelContract({
  name: 'scripted',
  open: async () => ({ model: createScriptedModel(() => 'It needs a few scopes.', createFakeClock()) }),
  openStalled: async () => ({ model: createScriptedModel(() => ['It needs', { stall: true }], createFakeClock()) }),
  openBroken: async () => ({ model: createScriptedModel(() => ['It needs', { cut: true }], createFakeClock()) }),
});

test('answers by the request and the number of the call, and records both', async () => {
  const model = createScriptedModel(({ messages }, call) => `${call}: ${messages.at(-1)?.text}`, createFakeClock());

  const first = textOf(await collect(model, never));
  const second = textOf(await collect(model, never));

  assert.deepEqual([first, second], ['0: Which scopes does it need?', '1: Which scopes does it need?']);
  assert.deepEqual(
    model.calls.map(({ request, state }) => [request, state]),
    [
      [modelContractRequest, 'done'],
      [modelContractRequest, 'done'],
    ],
  );
});

test('waits by the clock that it is given', async () => {
  const clock = createFakeClock();
  const model = createScriptedModel(() => ['One. ', { waitMs: 5_000 }, 'Two.'], clock);
  const pieces: string[] = [];
  const answer = (async () => {
    for await (const event of model.generate(modelContractRequest, never)) if (event.type === 'text') pieces.push(event.text);
  })();

  await clock.advance(4_999);
  assert.deepEqual(pieces, ['One. ']);
  await clock.advance(1);
  await answer;

  assert.deepEqual(pieces, ['One. ', 'Two.']);
});

test('fails with the error that the script gives, after what was said before', async () => {
  const failure = new ModelError({ message: 'overloaded', retryable: true, retryAfterMs: 2_000 });
  const model = createScriptedModel(() => ['Half of', { fail: failure }], createFakeClock());
  let said = '';

  const answer = (async () => {
    for await (const event of model.generate(modelContractRequest, never)) said += event.type === 'text' ? event.text : '';
  })();

  await assert.rejects(answer, (error) => error === failure);
  assert.equal(said, 'Half of');
  assert.equal(model.calls[0]?.state, 'failed');
});

test('ends with the finish reason that the script gives', async () => {
  const model = createScriptedModel(() => ['Too long', { finish: 'length' }], createFakeClock());

  const events = await collect(model, never);

  assert.deepEqual(events.at(-1), {
    type: 'done',
    finishReason: 'length',
    usage: { inputTokens: 13, outputTokens: 2, estimated: true },
  });
});
