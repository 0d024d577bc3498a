import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { MessageStream, Step } from '../../../src/adapter.ts';
import { ModelError } from '../../../src/errors.ts';
import { createBuiltinModel } from '../../../src/model/builtin.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createGate } from '../../support/gate.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel, done } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

const looking = { id: 'a', title: 'Looking it up' } as const;

/** A process whose model takes a step that ends with the gate, or never by itself. */
function createLooker(t: TestContext, { ends = true, fails = false, canShow = true } = {}) {
  const found = createGate<string>();
  const model = createTestModel(async function* () {
    yield { type: 'step', step: { ...looking, state: 'running' } };
    const outcome = await found.opened;
    if (fails) throw new ModelError({ message: 'broken', retryable: false });
    if (ends) yield { type: 'step', step: { ...looking, state: 'done', outcome } };
    yield { type: 'text', text: 'Here it is' };
    yield done();
  });
  const shown: Step[] = [];
  let opened = 0;
  const stream = (): MessageStream => {
    opened += 1;
    const step = canShow ? { step: (each: Step) => void shown.push(each) } : {};
    return { append: () => undefined, opened: Promise.resolve(undefined), close: async () => undefined, ...step };
  };
  const adapter = createFakeAdapter({ typing: true, overrides: { stream } });
  const parley = createTestParley(t, { model, adapter });
  return { found, shown, parley, adapter, opened: () => opened };
}

test('a step that takes a while is shown, and so is what came of it', async (t) => {
  const { found, shown, parley } = createLooker(t);
  await parley.start();
  await parley.receive(createMessage('where?'));

  await parley.clock.advance(1_000);
  const before = [...shown];
  found.open('3 passages');
  await parley.clock.advance(0);

  assert.deepEqual(before, [{ ...looking, state: 'running' }]);
  assert.deepEqual(shown.slice(1), [{ ...looking, state: 'done', outcome: '3 passages' }]);
  assert.deepEqual(parley.shown(), ['Here it is']);
  await parley.stop();
});

test('a step that is soon over is not shown', async (t) => {
  const { found, shown, parley } = createLooker(t);
  await parley.start();
  await parley.receive(createMessage('where?'));

  await parley.clock.advance(999);
  found.open('3 passages');
  await parley.clock.advance(60_000);

  assert.deepEqual(shown, []);
  assert.deepEqual(parley.shown(), ['Here it is']);
  await parley.stop();
});

for (const [name, options, state] of [
  ['the answer is there', { ends: false }, 'done'],
  ['the model fails', { fails: true }, 'failed'],
] as const) {
  test(`a step that is left open is closed when ${name}`, async (t) => {
    const { found, shown, parley } = createLooker(t, options);
    await parley.start();
    await parley.receive(createMessage('where?'));

    await parley.clock.advance(2_000);
    found.open('');
    await parley.clock.advance(0);

    assert.deepEqual(
      shown.map((step) => step.state),
      ['running', state],
    );
    await parley.stop();
  });
}

test('where steps cannot be shown, the sign of work goes on', async (t) => {
  const { found, adapter, parley } = createLooker(t, { canShow: false });
  await parley.start();
  await parley.receive(createMessage('where?'));

  await parley.clock.advance(10_000);
  found.open('');
  await parley.clock.advance(0);

  assert.equal(adapter.typings.length, 2);
  assert.deepEqual(parley.shown(), ['Here it is']);
  await parley.stop();
});

test('the built-in model says that it searches, and what came of it; small talk needs no search', async () => {
  const stepsOf = async (text: string, found: boolean): Promise<Step[]> => {
    const passage = { source: 'a.md', heading: 'Hours', excerpt: 'From nine to five.', score: 1 };
    const model = createBuiltinModel({ search: async () => (found ? [passage] : []) });
    const steps: Step[] = [];
    const request = { system: '', messages: [{ role: 'user', text }] } as const;
    for await (const event of model.generate(request, new AbortController().signal))
      if (event.type === 'step') steps.push(event.step);
    return steps;
  };

  assert.deepEqual(
    (await stepsOf('When are you open?', true)).map(({ state, outcome }) => [state, outcome]),
    [
      ['running', undefined],
      ['done', 'Found something'],
    ],
  );
  assert.equal((await stepsOf('When are you open?', false)).at(-1)?.outcome, 'Nothing found');
  assert.deepEqual(await stepsOf('Hello!', true), []);
});
