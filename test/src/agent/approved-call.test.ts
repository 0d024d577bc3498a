import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AgentTools } from '../../../src/agent/agent-tools.ts';
import { runApproved } from '../../../src/agent/approved-call.ts';
import type { EarlierCall, FinishedCall } from '../../../src/tools/tool-ledger.ts';
import type { Tool } from '../../../src/tools/tool.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const call = { id: 'c1', tool: 'refund', arguments: '{"amount":5}' };

interface SetUp {
  readonly tool?: Partial<Tool>;
  readonly earlier?: readonly EarlierCall[];
  readonly begun?: EarlierCall;
}

function setUp({ tool = {}, earlier = [], begun }: SetUp = {}) {
  const made: { readonly given: string; readonly callId: string }[] = [];
  const recorded: FinishedCall[] = [];
  const refund: Tool = {
    ...{ name: 'refund', title: 'Refunding', description: '', readOnly: false, untrusted: true },
    parameters: { type: 'object', properties: { amount: { type: 'number' } } },
    run: async (given, { callId }) => {
      made.push({ given: JSON.stringify(given), callId });
      return 'refunded';
    },
    ...tool,
  };
  const tools: AgentTools = {
    ...{ offered: [refund], clock: createFakeClock(), turnId: 't', untrusted: false, needsApproval: () => true },
    limits: { steps: 1, callsPerStep: 1, callTimeoutMs: 5_000, totalMs: 20_000, resultLength: 200 },
    place: { adapter: 'fake', tenant: 'T1', conversationId: 'fake:T1:c1', author: { id: 'ann', name: 'Ann', isBot: false } },
    ledger: { earlier: async () => earlier, begin: async () => begun, record: async (calls) => void recorded.push(...calls) },
  };
  const run = () => runApproved({ tools, call }, new AbortController().signal);
  return { run, made, recorded };
}

describe('a call that was approved', () => {
  test('is made with the arguments that were shown, under its own id, and its result is quoted', async () => {
    const { run, made, recorded } = setUp();

    const { text: said } = await run();

    assert.deepEqual(made, [{ given: '{"amount":5}', callId: 'c1' }]);
    assert.match(said, /^\{"tool":"refund","note":"Written by others.*"result":"refunded"\}$/);
    assert.deepEqual(
      recorded.map(({ id, state }) => [id, state]),
      [['c1', 'done']],
    );
  });

  for (const { what, given, says } of [
    {
      what: 'whose tool takes other arguments by now',
      given: { tool: { parameters: { type: 'object', properties: { amount: { type: 'string' } } } } },
      says: /takes other arguments now/,
    },
    { what: 'whose tool is not offered any more', given: { tool: { name: 'other' } }, says: /may not be used here any more/ },
    {
      what: 'that an earlier attempt has begun, and nobody knows how it ended',
      given: { earlier: [{ ...call, outcome: undefined }] },
      says: /not known what came of it/,
    },
    {
      what: 'that an earlier attempt has made, although its tool is gone',
      given: { tool: { name: 'other' }, earlier: [{ ...call, outcome: 'paid' }] },
      says: /"result":"paid"/,
    },
    {
      what: 'that another process has just begun',
      given: { begun: { ...call, outcome: undefined } },
      says: /not known what came/,
    },
  ] satisfies readonly { readonly what: string; readonly given: SetUp; readonly says: RegExp }[]) {
    test(`is not made where it is one ${what}`, async () => {
      const { run, made, recorded } = setUp(given);

      const { text: said } = await run();

      assert.match(said, says);
      assert.deepEqual([made, recorded], [[], []]);
    });
  }

  test('of which nobody knows what came is told as such, also of a tool that is said to only look', async () => {
    const { run, recorded } = setUp({ tool: { readOnly: true, run: () => Promise.reject(new Error('connection reset')) } });

    const { text: said } = await run();

    assert.match(said, /not known whether it was done/);
    assert.deepEqual(recorded[0]?.state, 'failed');
  });
});
