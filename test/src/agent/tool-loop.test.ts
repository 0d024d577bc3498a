import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Step } from '../../../src/adapter.ts';
import { runAgent } from '../../../src/agent/loop.ts';
import type { AgentTools } from '../../../src/agent/agent-tools.ts';
import { ToolError, TurnAborted } from '../../../src/errors.ts';
import type { FinishedCall } from '../../../src/tools/tool-ledger.ts';
import type { Tool } from '../../../src/tools/tool.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { asking, createTestModel, type Answer } from '../../support/test-model.ts';

const request = { system: 'Be helpful.', messages: [{ role: 'user', text: 'Where is it?' }] } as const;

export function toolOf(name: string, run: Tool['run'], data: Partial<Tool> = {}): Tool {
  const parameters = { type: 'object', properties: { q: { type: 'integer' } }, additionalProperties: false };
  return { name, title: `Doing ${name}`, description: name, parameters, readOnly: true, untrusted: true, run, ...data };
}

function setUp(offered: readonly Tool[], answer: Answer, data: Partial<AgentTools> = {}) {
  const clock = createFakeClock();
  const model = createTestModel(answer);
  const recorded: FinishedCall[] = [];
  const steps: Step[] = [];
  const controller = new AbortController();
  let shown = '';
  const tools: AgentTools = {
    ...{ offered, clock, turnId: 't', untrusted: false, needsApproval: () => false },
    limits: { steps: 3, callsPerStep: 3, callTimeoutMs: 5_000, totalMs: 20_000, resultLength: 200 },
    place: { adapter: 'fake', tenant: 'T1', conversationId: 'fake:T1:c1', author: { id: 'ann', name: 'Ann', isBot: false } },
    ledger: { earlier: async () => [], begin: async () => undefined, record: async (calls) => void recorded.push(...calls) },
    ...data,
  };
  const run = () =>
    runAgent({ model, request, tools, onText: (text) => (shown += text), onStep: (step) => steps.push(step) }, controller.signal);
  return { run, model, clock, recorded, steps, controller, shown: () => shown };
}

/** The results that the model got with its last request. */
function told(model: ReturnType<typeof createTestModel>): string[] {
  return (model.requests.at(-1)?.messages ?? []).filter(({ role }) => role === 'tool').map(({ text }) => text);
}

describe('the tool loop', () => {
  test('runs what the model asks for and lets it answer with the result', async () => {
    const look = toolOf('look', async ({ q }) => `found ${JSON.stringify(q)}`);
    const { run, model, recorded, steps, shown } = setUp([look], (_, call) =>
      call === 1 ? asking(['look', { q: 7 }]) : 'It is there.',
    );

    const answer = await run();

    assert.equal(answer.text, 'It is there.');
    assert.equal(shown(), 'It is there.');
    assert.deepEqual(answer.usage, { inputTokens: 20, outputTokens: 10, estimated: true });
    assert.match(told(model)[0] ?? '', /"tool":"look".*"result":"found 7"/);
    assert.deepEqual(
      recorded.map(({ tool, arguments: given, state, outcome }) => [tool, given, state, outcome]),
      [['look', '{"q":7}', 'done', 'found 7']],
    );
    assert.deepEqual(
      steps.map(({ title, state }) => [title, state]),
      [
        ['Doing look', 'running'],
        ['Doing look', 'done'],
      ],
    );
  });

  test('joins what is said before and after a call into paragraphs, the same as was shown', async () => {
    const look = toolOf('look', async () => 'x');
    const { run, shown } = setUp([look], async function* (_, call) {
      yield { type: 'text', text: call === 1 ? 'I look.' : 'Here.' };
      if (call === 1) yield* asking(['look', {}]);
      else yield { type: 'done', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1, estimated: false } };
    } as Answer);

    const { text } = await run();

    assert.equal(text, 'I look.\n\nHere.');
    assert.equal(shown(), text);
  });

  test('runs independent calls side by side', async () => {
    const gate = createGate<string>();
    let running = 0;
    const slow = toolOf('slow', async () => {
      running += 1;
      if (running === 3) gate.open('all');
      return gate.opened;
    });
    const { run, model } = setUp([slow], (_, call) =>
      call === 1 ? asking(['slow', { q: 1 }], ['slow', { q: 2 }], ['slow', { q: 3 }]) : 'Done.',
    );

    await run();

    assert.equal(told(model).length, 3);
  });

  for (const { what, call, says } of [
    { what: 'a tool that fails', call: ['broken', {}], says: /no such order/ },
    { what: 'a tool that throws what nobody expected', call: ['odd', {}], says: /It failed: boom/ },
    { what: 'arguments that are no JSON', call: ['look', '{"q":'], says: /not valid JSON/ },
    { what: 'arguments that are no object', call: ['look', '[1]'], says: /one JSON object/ },
    { what: 'arguments that do not fit', call: ['look', { q: 'seven' }], says: /do not fit: q: / },
    { what: 'arguments that are too many', call: ['look', { q: 1, r: 2 }], says: /do not fit/ },
    { what: 'a tool that is not there', call: ['rm', {}], says: /There is no tool of this name. There are: broken, odd, look/ },
    { what: 'a tool with a name that no endpoint takes', call: ['a b\u0000', {}], says: /There is no tool of this name/ },
  ] as const) {
    test(`informs the model of ${what}, and the turn goes on`, async () => {
      const tools = [
        toolOf('broken', () => Promise.reject(new ToolError('There is no such order: no such order.'))),
        toolOf('odd', () => Promise.reject(new Error('boom'))),
        toolOf('look', async () => 'fine'),
      ];
      const { run, model } = setUp(tools, (_, asked) => (asked === 1 ? asking(call) : 'Sorry.'));

      const { text } = await run();

      assert.equal(text, 'Sorry.');
      assert.match(told(model)[0] ?? '', says);
      assert.ok(model.requests[1]?.messages.every(({ calls = [] }) => calls.every(({ name }) => /^[\w-]+$/.test(name))));
    });
  }

  test('gives a tool up that takes too long, although it is deaf', async () => {
    const deaf = toolOf('deaf', () => new Promise(() => undefined));
    const { run, model, clock, recorded } = setUp([deaf], (_, call) => (call === 1 ? asking(['deaf', {}]) : 'No luck.'));

    const running = run();
    await clock.advance(5_000);
    const { text } = await running;

    assert.equal(text, 'No luck.');
    assert.match(told(model)[0] ?? '', /longer than 5 s/);
    assert.equal(recorded[0]?.state, 'failed');
  });

  test('makes no more calls at once than it may, and says so', async () => {
    const look = toolOf('look', async () => 'fine');
    const { run, model } = setUp([look], (_, call) =>
      call === 1 ? asking(...Array.from({ length: 5 }, (__, q) => ['look', { q }] as const)) : 'Done.',
    );

    await run();

    assert.deepEqual(
      told(model).map((text) => text.includes('at most 3 calls')),
      [false, false, false, true, true],
    );
  });

  test('asks for an answer without calls when the steps are used up, whatever the model wants', async () => {
    const look = toolOf('look', async () => 'fine');
    const { run, model } = setUp([look], () => asking(['look', {}]));

    const { text } = await run();

    assert.match(text, /took more steps than I may take/);
    assert.deepEqual(
      model.requests.map(({ answersNow = false }) => answersNow),
      [false, false, false, true],
    );
    assert.ok(model.requests.every(({ tools }) => tools?.length === 1));
  });

  test('asks for an answer when the time for all steps is used up', async () => {
    const slow = toolOf(
      'slow',
      (_, { signal }) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    const { run, model, clock } = setUp([slow], ({ answersNow }) => (answersNow ? 'Enough.' : asking(['slow', {}])), {
      limits: { steps: 50, callsPerStep: 3, callTimeoutMs: 5_000, totalMs: 12_000, resultLength: 200 },
    });

    const running = run();
    for (let second = 0; second < 12; second += 1) await clock.advance(1_000);
    const { text } = await running;

    assert.equal(text, 'Enough.');
    assert.equal(model.requests.length, 4);
  });

  test('cuts a result to its limit and takes out what people would not see', async () => {
    const loud = toolOf('loud', async () => `a\u200b\u202eb\u001b[2J${'x'.repeat(1_000)}`);
    const { run, model } = setUp([loud], (_, call) => (call === 1 ? asking(['loud', {}]) : 'Done.'));

    await run();

    const { result } = JSON.parse(told(model)[0] ?? '{}') as { result: string };
    assert.match(result, /^ab\[2Jx+ \[… 805 characters left out\]$/);
  });

  test('a stop ends the tools and the turn', async () => {
    let stopped = false;
    const slow = toolOf(
      'slow',
      (_, { signal }) =>
        new Promise((__, reject) => signal.addEventListener('abort', () => ((stopped = true), reject(signal.reason as Error)))),
    );
    const { run, clock, controller, steps } = setUp([slow], () => asking(['slow', {}]));

    const running = run();
    running.catch(() => undefined);
    await clock.advance(0);
    controller.abort(new TurnAborted('stopped'));

    await assert.rejects(running, TurnAborted);
    assert.ok(stopped);
    assert.equal(steps.at(-1)?.state, 'failed');
  });

  test('asks a model that takes no tools without them', async () => {
    const { run, model } = setUp([toolOf('look', async () => 'x')], () => 'By myself.');
    Object.assign(model, { takesTools: false });

    const { text } = await run();

    assert.equal(text, 'By myself.');
    assert.deepEqual(model.requests, [request]);
  });
});

describe('a tool that acts', () => {
  const acting = (run: Tool['run']) => toolOf('act', run, { readOnly: false });

  test('has begun on disk before it acts', async () => {
    const order: string[] = [];
    const { run } = setUp(
      [acting(async () => (order.push('act'), 'ok'))],
      (_, call) => (call === 1 ? asking(['act', {}]) : 'Done.'),
      {
        ledger: {
          earlier: async () => [],
          begin: async () => void order.push('begin'),
          record: async () => void order.push('record'),
        },
      },
    );

    await run();

    assert.deepEqual(order, ['begin', 'act', 'record']);
  });

  test('is not called again after nobody knows what came of it', async () => {
    let acted = 0;
    const tool = acting(() => {
      acted += 1;
      return Promise.reject(new Error('socket hang up'));
    });
    const { run, model } = setUp([tool], (_, call) => (call < 3 ? asking(['act', { q: call }]) : 'Somebody should look.'));

    await run();

    assert.equal(acted, 1);
    assert.match(told(model)[0] ?? '', /not known whether it was done/);
    assert.match(told(model)[1] ?? '', /Not called/);
  });
});
