import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLog } from '../../../../src/log.ts';
import type { ModelEvent, ModelRequest } from '../../../../src/model/model.ts';
import { createOpenAiModel } from '../../../../src/model/openai.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';
import { serveDialect } from '../dialect-server.ts';

const tool = { name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } };
const request: ModelRequest = { system: 'Be helpful.', messages: [{ role: 'user', text: 'Where?' }], tools: [tool] };
const never = new AbortController().signal;

const chunk = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const calls = (...tool_calls: object[]): string => chunk({ tool_calls });
const end = (finish: string): string => `${chunk({}, finish)}data: [DONE]\n\n`;

const modelOf = ({ baseUrl }: { readonly baseUrl: string }, more: { readonly tools?: boolean } = {}) =>
  createOpenAiModel({ apiKey: 'k', baseUrl, model: 'm', clock: createFakeClock(), log: silentLog, ...more });

async function collect(stream: readonly string[], asked = request) {
  await using server = await serveDialect({ stream });
  const model = await modelOf(server);
  const events: ModelEvent[] = [];
  for await (const event of model.generate(asked, never)) events.push(event);
  const done = events.at(-1);
  return {
    calls: events.flatMap((event) => (event.type === 'call' ? [event.call] : [])),
    finish: done?.type === 'done' ? done.finishReason : undefined,
    body: server.requests[0]?.body,
  };
}

/** Streams of calls as endpoints send them, and what is called. */
const streams: readonly {
  readonly what: string;
  readonly stream: readonly string[];
  readonly called: readonly (readonly [string, string])[];
}[] = [
  {
    what: 'fragments of arguments by their index, of two calls in turn',
    stream: [
      calls({ index: 0, id: 'a', type: 'function', function: { name: 'look', arguments: '' } }),
      calls({ index: 1, id: 'b', type: 'function', function: { name: 'find', arguments: '{"x"' } }),
      calls({ index: 0, function: { arguments: '{"q":' } }, { index: 1, function: { arguments: ':2}' } }),
      calls({ index: 0, function: { arguments: '1}' } }),
      end('tool_calls'),
    ],
    called: [
      ['look', '{"q":1}'],
      ['find', '{"x":2}'],
    ],
  },
  {
    what: 'whole calls together in one frame, all with index 0',
    stream: [
      calls(
        { index: 0, id: 'a', function: { name: 'look', arguments: '{}' } },
        { index: 0, id: 'b', function: { name: 'look', arguments: '{"q":2}' } },
      ),
      end('tool_calls'),
    ],
    called: [
      ['look', '{}'],
      ['look', '{"q":2}'],
    ],
  },
  {
    what: 'calls without index and id, and a natural end',
    stream: [
      calls({ function: { name: 'look', arguments: '{"q":1}' } }, { function: { name: 'find', arguments: '{}' } }),
      end('stop'),
    ],
    called: [
      ['look', '{"q":1}'],
      ['find', '{}'],
    ],
  },
  {
    what: 'fragments without index that follow an id',
    stream: [
      calls({ id: 'a', function: { name: 'look', arguments: '{"q"' } }),
      calls({ function: { arguments: ':1}' } }),
      end('tool_calls'),
    ],
    called: [['look', '{"q":1}']],
  },
  {
    what: 'arguments as an object, and none at all',
    stream: [
      calls(
        { index: 0, id: 'a', function: { name: 'look', arguments: { q: 1 } } },
        { index: 1, id: 'b', function: { name: 'find' } },
      ),
      end('tool_calls'),
    ],
    called: [
      ['look', '{"q":1}'],
      ['find', '{}'],
    ],
  },
  {
    what: 'empty names and ids after the first fragment',
    stream: [
      calls({ index: 0, id: 'a', function: { name: 'look', arguments: '{"q"' } }),
      calls({ index: 0, id: '', function: { name: '', arguments: ':1}' } }),
      end('tool_calls'),
    ],
    called: [['look', '{"q":1}']],
  },
  {
    what: 'a function_call of the old kind',
    stream: [
      chunk({ function_call: { name: 'look', arguments: '{"q"' } }),
      chunk({ function_call: { arguments: ':1}' } }),
      end('function_call'),
    ],
    called: [['look', '{"q":1}']],
  },
];

describe('tool calls of an endpoint', () => {
  for (const { what, stream, called } of streams) {
    test(`are read from ${what}`, async () => {
      const answer = await collect(stream);

      assert.deepEqual(
        answer.calls.map(({ name, arguments: given }) => [name, given]),
        called,
      );
      assert.equal(answer.finish, 'calls');
    });
  }

  test('are asked for by name, description and schema, and told with their results in the order of the API', async () => {
    const call = { id: 'call00000', name: 'look', arguments: '{"q":1}' };
    const messages = [
      ...request.messages,
      { role: 'assistant', text: '', calls: [call] },
      { role: 'tool', text: 'There.', callId: call.id },
    ] as const;

    const { body } = await collect([chunk({ content: 'There.' }), end('stop')], { ...request, messages, answersNow: true });

    const { messages: sent, tools, tool_choice: choice } = body as Record<string, unknown>;
    assert.deepEqual(tools, [{ type: 'function', function: tool }]);
    assert.equal(choice, 'none');
    assert.deepEqual((sent as unknown[]).slice(2), [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: call.id, type: 'function', function: { name: 'look', arguments: '{"q":1}' } }],
      },
      { role: 'tool', tool_call_id: call.id, content: 'There.' },
    ]);
  });

  test('carry the signature of its thoughts back to the endpoint that wants it, and to no other', async () => {
    const extra = { google: { thought_signature: 's1' } };
    const answer = await collect([
      calls({ index: 0, id: 'a', function: { name: 'look', arguments: '{}' }, extra_content: extra }),
      end('tool_calls'),
    ]);
    const call = answer.calls[0];
    assert.ok(call?.echo);

    const back = await collect([chunk({ content: 'x' }), end('stop')], {
      ...request,
      messages: [...request.messages, { role: 'assistant', text: '', calls: [{ ...call, id: 'call00000' }] }],
    });

    assert.deepEqual(call.echo.content, extra);
    assert.doesNotMatch(JSON.stringify(back.body), /thought_signature/);
  });

  test('are no part of a request to an endpoint that is said to take none', async () => {
    await using server = await serveDialect({ stream: [chunk({ content: 'Here.' }), end('stop')] });
    const model = await modelOf(server, { tools: false });

    for await (const event of model.generate(request, never)) assert.ok(event.type);

    assert.equal(model.takesTools, false);
    assert.doesNotMatch(JSON.stringify(server.requests[0]?.body), /tools|tool_choice/);
  });

  test('are given up for good where the endpoint refuses them', async () => {
    await using server = await serveDialect({ stream: [chunk({ content: 'Here.' }), end('stop')] });
    server.refuse({
      ...{ status: 400, says: /x/, retryable: false },
      body: JSON.stringify({ error: { message: 'registry.ollama.ai/library/gemma does not support tools' } }),
    });
    const model = await modelOf(server);

    for (let turn = 0; turn < 2; turn += 1) for await (const event of model.generate(request, never)) assert.ok(event.type);

    const offered = server.requests.map(({ body }) => 'tools' in (body as object));
    assert.deepEqual(offered, [true, false, false]);
  });
});
