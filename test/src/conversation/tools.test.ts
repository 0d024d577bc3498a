import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tool } from '../../../src/tools/tool.ts';
import { createSearchConversation } from '../../../src/tools/search-conversation.ts';
import { createToolbox } from '../../../src/tools/toolbox.ts';
import { createMessage } from '../../support/inbound.ts';
import { asking, createTestModel } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

const limits = { steps: 4, callsPerStep: 4, callTimeoutMs: 5_000, totalMs: 20_000, resultLength: 500 };

function toolboxOf(tool: Tool, needsApproval = false) {
  const toolbox = createToolbox({ tools: [tool], rules: [{ tools: ['*'] }], limits });
  return needsApproval ? toolbox : { ...toolbox, needsApproval: () => false };
}

function toolOf(run: Tool['run'], readOnly = true): Tool {
  const parameters = { type: 'object', properties: { q: { type: 'integer' } } };
  return { name: 'act', title: 'Acting', description: 'Acts.', parameters, readOnly, untrusted: true, run };
}

describe('a turn with tools', () => {
  test('answers with what a tool has said, and its calls are on the record', async (t) => {
    const model = createTestModel((_, call) => (call === 1 ? asking(['act', { q: 1 }]) : 'It is seven.'));
    const parley = createTestParley(t, { model, toolbox: toolboxOf(toolOf(async () => 'seven')) });
    await parley.start();

    await parley.receive(createMessage('what?'));

    const [call] = await parley.store.listToolCalls({ limit: 10 });
    assert.deepEqual(parley.shown(), ['It is seven.']);
    assert.deepEqual([call?.tool, call?.state, call?.outcome, call?.conversationId], ['act', 'done', 'seven', 'fake:T1:c1']);
    await parley.stop();
  });

  test('asks the model as before where no tool may be used', async (t) => {
    const model = createTestModel();
    const toolbox = createToolbox({ tools: [toolOf(async () => '')], rules: [{ tools: ['*'], people: ['bob'] }], limits });
    const parley = createTestParley(t, { model, toolbox });
    await parley.start();

    await parley.receive(createMessage('what?'));

    assert.deepEqual(Object.keys(model.requests[0] ?? {}), ['system', 'messages', 'place']);
    assert.equal(model.requests[0]?.system, 'Be helpful.');
    await parley.stop();
  });

  for (const [when, dies] of [
    ['before what came of it was written down', 'recordToolCalls'],
    ['before the answer was committed', 'commitTurn'],
  ] as const) {
    test(`acts once although the process dies ${when}`, async (t) => {
      let acted = 0;
      const tool = toolOf(async () => `act ${(acted += 1)}`, false);
      const model = createTestModel((request, call) => {
        if (call === 1) return asking(['act', { q: 1 }]);
        const results = request.messages.filter(({ role }) => role === 'tool').map(({ text }) => text);
        // The second attempt words it otherwise first, and then as before.
        if (results.length < 2 && request.messages.some(({ text }) => text.includes('interrupted')))
          return asking(['act', { q: results.length === 0 ? 2 : 1 }]);
        return `I was told: ${results.join(' / ')}`;
      });
      const dying = createTestParley(t, {
        model,
        toolbox: toolboxOf(tool),
        aroundStore: (method, call) => {
          if (method === dies) dying.kill();
          return method === dies ? new Promise(() => undefined) : call();
        },
      });
      await dying.start();
      await dying.receive(createMessage('do it'));
      const { clock, database, adapter } = dying;
      const next = createTestParley(t, { clock, database, adapter, model, owner: 'p2', toolbox: toolboxOf(tool) });

      await next.start();
      await clock.advance(60_000);

      assert.equal(acted, 1);
      const [shown = ''] = next.shown();
      assert.match(shown, /an earlier attempt at this answer has called it already/);
      assert.match(shown, dies === 'commitTurn' ? /result\W+act 1/ : /not known what came of it/);
      assert.equal(next.shown().length, 1);
      await next.stop();
    });
  }

  test('searches its own conversation and no other, nor what was said before a reset', async (t) => {
    const model = createTestModel((request, call) => {
      const [result] = request.messages.filter(({ role }) => role === 'tool').map(({ text }) => text);
      if (result !== undefined) return `Found: ${result}`;
      return call > 2 ? asking(['search_conversation', { words: 'secret', conversation: 'fake:T1:other' }]) : 'Noted.';
    });
    const parley = createTestParley(t, {
      model,
      toolbox: toolboxOf({
        ...createSearchConversation((conversationId) =>
          parley.store.transcript({ conversationId, limit: 100, sinceReset: true }),
        ),
        parameters: { type: 'object' },
      }),
    });
    await parley.start();
    await parley.receive(createMessage('the secret is tulip', { in: 'other' }));
    await parley.receive(createMessage('the secret is daisy'));
    await parley.receive(createMessage('/reset'));

    await parley.receive(createMessage('what is the secret?'));

    const found = parley.shown().at(-1) ?? '';
    assert.match(found, /Nothing like that was said/);
    await parley.stop();
  });
});
