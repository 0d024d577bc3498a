import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { AgentTools } from '../../../src/agent/agent-tools.ts';
import { createAnswerCache } from '../../../src/conversation/answer-cache.ts';
import type { Model, ModelEvent, ModelRequest } from '../../../src/model/model.ts';
import type { ClaimedTurn, Store } from '../../../src/store/store.ts';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage } from '../../support/inbound.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { asking, createTestModel, done, type Answer } from '../../support/test-model.ts';
import { textOf } from '../../contracts/model-contract.ts';

const never = new AbortController().signal;
const hourMs = 3_600_000;
const question: ModelRequest = { system: 'Be helpful.', messages: [{ role: 'user', text: 'How long is it open?' }] };
const looks = { name: 'look', readOnly: true };

interface Case {
  readonly source?: string;
  readonly adapter?: string;
  readonly request?: ModelRequest;
  readonly turn?: object;
  readonly offered?: readonly object[];
  readonly hasMore?: boolean;
  readonly model?: Partial<Model>;
}

function createScene(t: TestContext, answer: Answer = (_, call) => `Answer ${call}`) {
  const database = openMemoryDatabase();
  t.after(() => database.close());
  const clock = createFakeClock();
  const store = createInProcessStore(database, clock);
  const lifetimesMs = new Map([
    ['shop', hourMs],
    ['desk', hourMs],
  ]);
  const cache = createAnswerCache({ store, clock, log: createMemoryLog(), lifetimesMs });
  const model = createTestModel(answer);
  let held: ReturnType<typeof holdTurn> | undefined;
  async function ask(given: Case = {}): Promise<string> {
    const { source = 'shop', adapter = 'webhook', request = question, offered = [looks], hasMore = false } = given;
    const events = [{ event: { adapter, tenant: source } }];
    const turn = { ...(await (held ??= holdTurn(store))), events, history: [], ...given.turn } as unknown as ClaimedTurn; // All that is looked at.
    const tools = { offered } as unknown as AgentTools; // Likewise.
    const asked = cache.around({ ...model, ...given.model }, { turn, tools, hasMore });
    return textOf(await eventsOf(asked, request));
  }
  return { ask, clock, model, store };
}

async function holdTurn(store: Store) {
  const event = createMessage('How long is it open?');
  await store.accept({ adapter: event.adapter, events: [event] });
  const { turns } = await store.claimTurns({ owner: 'p1', limit: 1, leaseMs: 24 * hourMs, historyLimit: 0 });
  return turns[0] ?? assert.fail('no turn is ready');
}

async function eventsOf(model: Model, request: ModelRequest): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of model.generate(request, never)) events.push(event);
  return events;
}

describe('an answer that was given to a webhook', () => {
  test('is given again to the same question, without asking the model and at no cost', async (t) => {
    const { ask, model } = createScene(t);

    const said = [await ask(), await ask()];

    assert.deepEqual(said, ['Answer 1', 'Answer 1']);
    assert.equal(model.requests.length, 1);
  });

  test('says of itself that it was kept, and that nothing was taken', async (t) => {
    const { ask, store, clock } = createScene(t);
    await ask();
    const cache = createAnswerCache({ store, clock, log: createMemoryLog(), lifetimesMs: new Map([['shop', hourMs]]) });
    const turn = { events: [{ event: { adapter: 'webhook', tenant: 'shop' } }], history: [] } as unknown as ClaimedTurn; // All that is looked at.

    const again = cache.around(createTestModel(), { turn, tools: undefined, hasMore: false });
    const end = (await eventsOf(again, question)).at(-1);

    assert.ok(end?.type === 'done');
    assert.deepEqual([end.usage.inputTokens, end.usage.outputTokens, end.model], [0, 0, 'test model (kept answer)']);
  });

  test('is forgotten when its time is over', async (t) => {
    const { ask, clock } = createScene(t);
    await ask();

    await clock.advance(hourMs - 1);
    const before = await ask();
    await clock.advance(1);

    assert.deepEqual([before, await ask()], ['Answer 1', 'Answer 2']);
  });

  const other: Readonly<Record<string, Case>> = {
    'another source': { source: 'desk' },
    'a source that keeps none': { source: 'other' },
    'a message on another platform': { adapter: 'slack' },
    'another question': { request: { ...question, messages: [{ role: 'user', text: 'How long is it closed?' }] } },
    'other instructions': { request: { ...question, system: 'Be brief.' } },
    'another tool that is offered': {
      request: { ...question, tools: [{ name: 'look', description: 'Looks.', parameters: {} }] },
    },
    'another model': { model: { name: 'another model' } },
    'another length of answers': { model: { answerTokens: 100 } },
    'a conversation in which something was said': { turn: { history: [{ role: 'user', text: 'Hello' }] } },
    'a conversation that was summed up': { turn: { summary: { text: 'Hello', tokens: 1 } } },
    'a question with more than itself': { hasMore: true },
    'a question that a tool could act for': { offered: [{ name: 'act', readOnly: false }] },
    'a question that a tool could post for': { offered: [{ name: 'post', readOnly: true, asks: () => true }] },
  };
  for (const [what, given] of Object.entries(other)) {
    test(`is not given to ${what}`, async (t) => {
      const { ask, model } = createScene(t);
      await ask();

      const said = await ask(given);

      assert.equal(said, 'Answer 2');
      assert.equal(model.requests.length, 2);
    });
  }

  const notKept: Readonly<Record<string, Answer>> = {
    'that was cut': async function* () {
      yield { type: 'text', text: 'An ans' };
      yield done('length', { inputTokens: 1, outputTokens: 1, estimated: true });
    },
    'that a tool has a part in': () => asking(['look', {}]),
    'of another model than the first': async function* () {
      yield { type: 'text', text: 'An answer' };
      yield { type: 'done', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1, estimated: true }, model: 'second' };
    },
    'that is empty': () => ' ',
  };
  for (const [what, answer] of Object.entries(notKept)) {
    test(`is not kept ${what}`, async (t) => {
      const { ask, model } = createScene(t, answer);

      await ask();
      await ask();

      assert.equal(model.requests.length, 2);
    });
  }
});
