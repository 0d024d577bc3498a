import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Adapter, AdapterContext } from '../../src/adapter.ts';
import { loadConfig } from '../../src/config.ts';
import { startParley } from '../../src/main.ts';
import { silentLog } from '../../src/log.ts';
import { callParley, createWorkFolder } from '../support/call-cli.ts';
import { createMessage } from '../support/inbound.ts';

/** A platform that a question is asked on, and that gives the answer. */
function createPlatform() {
  const waiting = new Map<string, (text: string) => void>();
  const started = Promise.withResolvers<AdapterContext>();
  const adapter: Adapter = {
    name: 'terminal',
    start: async (context) => started.resolve(context),
    stop: async () => undefined,
    send: async ({ conversationId, text }) => {
      waiting.get(conversationId)?.(text);
      return { id: conversationId };
    },
  };
  const ask = async (channel: string, text: string): Promise<string> => {
    const event = createMessage(text, { adapter: 'terminal', in: channel, sentAt: Date.now() });
    const { promise, resolve } = Promise.withResolvers<string>();
    waiting.set(event.conversationId, resolve);
    await (await started.promise).accept([event]);
    return promise;
  };
  return { adapter, ask };
}

async function start(t: TestContext) {
  const cwd = createWorkFolder(t);
  for (const folder of ['knowledge', 'team', 'late']) mkdirSync(join(cwd, folder));
  writeFileSync(join(cwd, 'team', 'salary.md'), '# Salary\n\nA lamp tester earns forty crowns.\n');
  writeFileSync(join(cwd, 'late', 'bonus.md'), '# Bonus\n\nThe bonus is seven crowns.\n');
  const yaml = 'knowledge: { sources: { team: { folder: team, allow: [{ adapters: [terminal], channels: [inside] }] } } }\n';
  writeFileSync(join(cwd, 'parley.yaml'), yaml);
  const { config } = await loadConfig({ cwd, env: {} });
  const { adapter, ask } = createPlatform();
  const call = (...args: readonly string[]) => callParley(['knowledge', ...args], { cwd, env: {} });
  assert.equal((await call('sync')).exitCode, 0);
  const parley = await startParley({ config, log: silentLog, adapters: [adapter], http: false, onFatal: assert.ifError });
  t.after(() => parley.stop());
  return { ask, call };
}

test('a document is quoted in the channel that it is for and nowhere else, and one that is added to a running Parley at once', async (t) => {
  const { ask, call } = await start(t);
  const salary = 'What does a lamp tester earn?';

  const [inside, outside, hello] = [await ask('inside', salary), await ask('outside', salary), await ask('outside', 'hello')];
  const added = await call('add', 'late', 'late', '--channel', 'outside');
  const bonus = [await ask('inside', 'What is the bonus?'), await ask('outside', 'What is the bonus?')];
  await call('remove', 'late');
  const removed = await ask('outside', 'How many crowns is the bonus?');

  assert.match(inside, /forty crowns/);
  assert.doesNotMatch(outside, /forty|Salary/);
  assert.doesNotMatch(hello, /Salary/);
  assert.equal(added.exitCode, 0, added.stderr);
  assert.doesNotMatch(bonus[0] ?? '', /seven/);
  assert.match(bonus[1] ?? '', /seven crowns/);
  assert.doesNotMatch(removed, /seven/);
});
