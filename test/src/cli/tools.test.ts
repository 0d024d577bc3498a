import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { openApi } from '../../support/api-emulator.ts';
import type { ApiAnswer } from '../../support/api-emulator.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';

const program = fileURLToPath(new URL('../../support/mcp-server.ts', import.meta.url));

/** A folder whose configuration has a tool that looks, one that acts and a server. */
async function setUp(t: TestContext, answer: ApiAnswer = { body: { found: 'yes\u001b[2J' } }) {
  const api = await openApi(() => answer);
  t.after(() => api[Symbol.asyncDispose]());
  const cwd = createWorkFolder(t);
  const parameters = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
  const http = {
    find_it: { description: 'Finds.', parameters, url: `${api.url}/{{args.id}}?by={{person}}`, result: 'found' },
    change_it: { description: 'Changes.', parameters, url: `${api.url}/{{args.id}}`, method: 'DELETE' },
  };
  const mcp = { docs: { command: [process.execPath, program], readOnly: ['ec*'], acting: ['refund'] } };
  const allow = [{ tools: ['find_*'] }, { tools: ['change_it', 'docs__echo'], adapters: ['slack'], channels: ['C1', 'C2'] }];
  writeFileSync(join(cwd, 'parley.yaml'), stringify({ tools: { http, mcp, allow }, outbound: { allow: ['127.0.0.1'] } }));
  return { api, run: (...args: string[]) => callParley(['tools', ...args], { cwd }) };
}

describe('parley tools', () => {
  test('list shows what only looks, what acts, and where it is allowed', async (t) => {
    const { run } = await setUp(t);

    const { stdout } = await run('list');
    const { stdout: json } = await run('list', '--json');

    assert.deepEqual(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.replaceAll(/ {2,}/g, ' | ')),
      [
        'change_it | acts | adapters slack; channels C1, C2',
        'current_time | looks | nowhere: no rule in tools.allow names it',
        'docs__ec* | looks | adapters slack; channels C1, C2',
        'docs__refund | acts | nowhere: no rule in tools.allow names it',
        'find_it | looks | everywhere',
        'search_conversation | looks | nowhere: no rule in tools.allow names it',
        'search_knowledge | looks | nowhere: no rule in tools.allow names it',
      ],
    );
    assert.deepEqual((JSON.parse(json) as { name: string }[])[0]?.name, 'change_it');
  });

  test('try calls one that only looks, and prints nothing that a terminal obeys', async (t) => {
    const { run, api } = await setUp(t);

    const { exitCode, stdout } = await run('try', 'find_it', '--args', '{"id":"7"}', '--person', 'U1');

    assert.deepEqual([exitCode, stdout], [0, 'yes[2J\n']);
    assert.equal(api.requests[0]?.url, '/7?by=U1');
  });

  test('try calls one that acts only with leave', async (t) => {
    const { run, api } = await setUp(t, { status: 204 });

    const refused = await run('try', 'change_it', '--args', '{"id":"7"}');
    const before = api.requests.length;
    const done = await run('try', 'change_it', '--args', '{"id":"7"}', '--yes');

    assert.deepEqual([refused.exitCode, before], [2, 0]);
    assert.match(refused.stderr, /change_it changes something: add --yes/);
    assert.deepEqual([done.exitCode, done.stdout, api.requests.length], [0, 'Done (status 204).\n', 1]);
    assert.match(String(api.requests[0]?.headers['idempotency-key']), /^try-/);
  });

  test('try says what went wrong, and whether it is known', async (t) => {
    const { run } = await setUp(t, { status: 503 });

    const acting = await run('try', 'change_it', '--args', '{"id":"7"}', '--yes');
    const looking = await run('try', 'find_it', '--args', '{"id":"7"}');

    assert.equal(acting.exitCode, 1);
    assert.match(acting.stderr, /answered 503.*It is not known whether it was done/);
    assert.equal(looking.exitCode, 1);
    assert.doesNotMatch(looking.stderr, /not known/);
  });

  test('try calls a tool of an MCP server', async (t) => {
    const { run } = await setUp(t);

    const { stdout } = await run('try', 'docs__echo', '--args', '{"text":"hello"}');
    const unnamed = await run('try', 'docs__erase');

    assert.match(stdout, /^hello/);
    assert.match(unnamed.stderr, /There is no tool "docs__erase"\. There are: docs__echo, docs__refund\./);
  });

  for (const [args, said] of [
    [['try', 'nothing'], /There is no tool "nothing"\. There are: current_time, find_it, change_it\./],
    [['try', 'search_knowledge'], /ask the bot/],
    [['try', 'find_it', '--args', '{'], /--args: The arguments are not valid JSON/],
    [['try', 'find_it'], /--args: The arguments do not fit.*Its parameters: \{"type":"object"/s],
  ] as const)
    test(`refuses: ${args.join(' ')}`, async (t) => {
      const { run } = await setUp(t);

      const { exitCode, stderr } = await run(...args);

      assert.equal(exitCode, 2);
      assert.match(stderr, said);
    });
});
