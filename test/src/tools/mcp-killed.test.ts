import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AgentTools } from '../../../src/agent/agent-tools.ts';
import { runAgent } from '../../../src/agent/loop.ts';
import { openMcpServer, type McpServer, type McpSettings } from '../../../src/tools/mcp.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { localFetch } from '../../support/local-fetch.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { asking, createTestModel } from '../../support/test-model.ts';
import { use } from './configured.ts';

const program = fileURLToPath(new URL('../../support/mcp-server.ts', import.meta.url));
const never = new AbortController().signal;

async function open(t: TestContext, settings: Partial<McpSettings>) {
  const clock = createFakeClock();
  const readOnly = ['echo', 'whoami', 'hang'];
  const given = { env: {}, readOnly, acting: [], ...settings };
  const log = createMemoryLog();
  const server = openMcpServer({ name: 'docs', settings: given, callTimeoutMs: 60_000, fetch: localFetch(t), clock, log });
  t.after(() => server.stop());
  await server.settled();
  return { server, clock };
}

/** A turn in which the model calls `hang`, and says what it was told. No time passes: what ends the call is not a timeout. */
async function answer(server: McpServer, tool: 'hang' | 'echo') {
  const begun = Promise.withResolvers<undefined>();
  const began: string[] = [];
  const model = createTestModel((request, call) => {
    if (call === 1) return asking([`docs__${tool}`, tool === 'echo' ? { text: 'hello' } : {}]);
    return `I was told: ${request.messages.at(-1)?.text}`;
  });
  const tools: AgentTools = {
    ...{
      offered: server.tools(),
      clock: createFakeClock(),
      turnId: 't',
      place: use,
      untrusted: false,
      needsApproval: () => false,
    },
    limits: { steps: 3, callsPerStep: 3, callTimeoutMs: 60_000, totalMs: 600_000, resultLength: 1_000 },
    ledger: { earlier: async () => [], begin: async ({ tool: name }) => void began.push(name), record: async () => undefined },
  };
  const request = { system: '', messages: [{ role: 'user', text: 'Where is it?' }] } as const;
  const run = { model, request, tools, onText: () => undefined, onStep: () => begun.resolve(undefined) };
  const answered = runAgent(run, never);
  await begun.promise;
  return { answered, began };
}

async function serve(t: TestContext, port = 0) {
  const child = spawn(process.execPath, [program, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, port: Number(line.toString()) };
}

describe('an MCP server that is killed while the model waits for it', () => {
  test('as a program: the model is told, the turn ends, and the server comes back', async (t) => {
    const { server, clock } = await open(t, { command: [process.execPath, program] });
    const whoami = server.tools().find(({ name }) => name === 'docs__whoami');
    const { pid } = JSON.parse((await whoami?.run({}, use)) ?? '') as { pid: number };
    const { answered } = await answer(server, 'hang');

    process.kill(pid, 'SIGKILL');

    assert.match((await answered).text, /^I was told: .*The server docs gave no answer/s);
    assert.equal(server.isUp, false);
    await clock.advance(2_000);
    await server.settled();
    assert.match((await (await answer(server, 'echo')).answered).text, /^I was told: .*hello/s);
  });

  for (const way of ['as a program', 'over HTTP']) {
    test(`${way}, in a call that changes something: nobody knows whether it was done, and it is not made again`, async (t) => {
      const child = way === 'over HTTP' ? await serve(t) : undefined;
      const settings = child
        ? { url: `http://127.0.0.1:${child.port}/mcp`, token: 'let-me-in' }
        : { command: [process.execPath, program] };
      const { server } = await open(t, { ...settings, readOnly: ['whoami'], acting: ['hang'] });
      const whoami = server.tools().find(({ name }) => name === 'docs__whoami');
      const { pid } = JSON.parse((await whoami?.run({}, use)) ?? '') as { pid: number };
      const { answered, began } = await answer(server, 'hang');

      process.kill(pid, 'SIGKILL');

      assert.match((await answered).text, /It is not known whether it was done, and it is not called again/);
      assert.deepEqual(began, ['docs__hang']);
    });
  }

  test('over HTTP: the model is told, the turn ends, and the server comes back', async (t) => {
    const { child, port } = await serve(t);
    const { server, clock } = await open(t, { url: `http://127.0.0.1:${port}/mcp`, token: 'let-me-in' });
    const { answered } = await answer(server, 'hang');
    assert.match((await (await answer(server, 'echo')).answered).text, /hello/);

    child.kill('SIGKILL');

    assert.match((await answered).text, /^I was told: .*The server docs gave no answer/s);
    assert.equal(server.isUp, false);
    await serve(t, port);
    await clock.advance(2_000);
    await server.settled();
    assert.match((await (await answer(server, 'echo')).answered).text, /^I was told: .*hello/s);
  });
});
