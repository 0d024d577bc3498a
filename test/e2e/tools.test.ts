import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Adapter, AdapterContext } from '../../src/adapter.ts';
import { loadConfig } from '../../src/config.ts';
import { silentLog } from '../../src/log.ts';
import { startParley } from '../../src/main.ts';
import { openApi } from '../support/api-emulator.ts';
import { callParley, createWorkFolder } from '../support/call-cli.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';
import { createMessage } from '../support/inbound.ts';

const mcpServer = fileURLToPath(new URL('../support/mcp-server.ts', import.meta.url));
const toolsOf = (body: string): readonly { readonly function: { readonly name: string } }[] => JSON.parse(body).tools ?? [];

const frame = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** An endpoint whose model looks at the clock and asks the MCP server, and then repeats what it was told. */
async function serveModel(t: TestContext) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      const said = (JSON.parse(body).messages as { role: string; content: string }[]).filter(({ role }) => role === 'tool');
      const calls = toolsOf(body)
        .filter(({ function: { name } }) => name !== 'docs__whoami')
        .map(({ function: { name } }, index) => ({
          ...{ index, id: `id${index}`, type: 'function' },
          function: { name, arguments: name === 'docs__echo' ? '{"text":"from the server"}' : '{}' },
        }));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const isAnswer = said.length > 0 || calls.length === 0;
      const [delta, finish] = isAnswer
        ? [{ content: `Told: ${said.map(({ content }) => content).join(' ')}` }, 'stop']
        : [{ tool_calls: calls }, 'tool_calls'];
      response.end(`${frame(delta)}${frame({}, finish)}data: [DONE]\n\n`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { baseUrl: `http://127.0.0.1:${port}/v1`, bodies };
}

function createPlatform() {
  const started = Promise.withResolvers<AdapterContext>();
  const shown = Promise.withResolvers<string>();
  const adapter: Adapter = {
    name: 'terminal',
    start: async (context) => started.resolve(context),
    stop: async () => undefined,
    send: async (message) => {
      shown.resolve(message.text);
      return { id: message.id };
    },
  };
  return { adapter, context: started.promise, shown: shown.promise };
}

test('tools of Parley, of an API and of an MCP server answer a question in the whole app, and the log of calls lists them', async (t) => {
  const cwd = createWorkFolder(t);
  const { baseUrl, bodies } = await serveModel(t);
  await using api = await openApi(({ url }) => ({ body: { asked: url, secret: 'no' } }));
  const find_order = { description: 'Finds.', url: `${api.url}/orders?by={{person}}`, result: 'asked' };
  const yaml = JSON.stringify({
    data: cwd,
    model: { openai: { apiKey: 'sk-test', baseUrl, model: 'm' } },
    tools: {
      allow: [{ tools: ['current_time', 'find_order', 'docs__*'], adapters: ['terminal'] }],
      http: { find_order },
      mcp: { docs: { command: [process.execPath, mcpServer], readOnly: ['echo', 'whoami'] } },
    },
    outbound: { allow: ['127.0.0.1'] },
  });
  const { config } = await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });
  const { adapter, context, shown } = createPlatform();
  const connected = Promise.withResolvers<void>();
  const log = { ...silentLog, info: (message: string) => void (message.startsWith('MCP server is') && connected.resolve()) };
  const parley = await startParley({ config, log, adapters: [adapter], http: false, onFatal: assert.fail });
  t.after(() => parley.stop());
  await connected.promise;

  const now = createMessage('What do you know?', { adapter: 'terminal', sentAt: Date.now() });
  await (await context).accept([now]);
  const answer = await shown;
  await parley.stop();

  assert.match(
    answer,
    /^Told: .*"tool":"current_time".*In UTC: .*"tool":"docs__echo".*from the server.*"tool":"find_order".*orders\?by=ann/s,
  );
  assert.deepEqual(
    toolsOf(bodies[0] ?? '').map((tool) => tool.function.name),
    ['current_time', 'docs__echo', 'docs__whoami', 'find_order'],
  );
  const logged = await callParley(['tools', 'log'], { cwd, env: { PARLEY_DATA: cwd } });
  assert.match(
    logged.stdout,
    /done {5}docs__echo {2}\d+ ms\n {2}arguments {"text":"from the server"}\n {2}outcome {3}from the server/,
  );
  assert.match(logged.stdout, /done {5}current_time/);
  const wrong = await callParley(['tools', 'log', '--limit', '0'], { cwd, env: { PARLEY_DATA: cwd } });
  assert.deepEqual([wrong.exitCode, /--limit: "0"/.test(wrong.stderr)], [2, true]);
});

test('without a rule nothing about tools is loaded, asked or sent', async (t) => {
  const cwd = createWorkFolder(t);
  const { baseUrl, bodies } = await serveModel(t);
  const yaml = JSON.stringify({ data: cwd, model: { openai: { apiKey: 'sk-test', baseUrl, model: 'm' } } });
  const { config } = await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });
  const { adapter, context, shown } = createPlatform();
  const parley = await startParley({ config, log: silentLog, adapters: [adapter], http: false, onFatal: assert.fail });
  t.after(() => parley.stop());

  await (await context).accept([createMessage('What do you know?', { adapter: 'terminal', sentAt: Date.now() })]);
  await shown;

  assert.doesNotMatch(bodies[0] ?? '', /tool|data, not instructions/i);
  await parley.stop();
});
