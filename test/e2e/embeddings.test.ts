import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { callParley } from '../support/call-cli.ts';
import { createOpenAiEmulator } from '../support/openai-emulator.ts';
import { startParleyProcess } from '../support/running-parley.ts';

const documents = {
  'money.md': '# Money\n\nYour cash comes back to the bank.\n\n## Price\n\nThe price is low.\n',
  'water.md': '# Water\n\nThe river is cold.\n\n## Sea\n\nWaves are high.\n',
};

async function open(test: TestContext, settings: Record<string, unknown> = {}) {
  const cwd = await mkdtemp(join(tmpdir(), 'parley-embeddings-'));
  const emulator = createOpenAiEmulator({ clock: systemClock });
  await emulator.start();
  test.after(async () => {
    await emulator.stop();
    await rm(cwd, { recursive: true, force: true });
  });
  emulator.behaviour.embeddings.vectorOf = (text) => [
    /cash|price|owe/i.test(text) ? 1 : 0,
    /river|sea|swim/i.test(text) ? 1 : 0,
    0.1,
  ];
  await mkdir(join(cwd, 'knowledge'));
  for (const [name, text] of Object.entries(documents)) await writeFile(join(cwd, 'knowledge', name), text);
  const yaml = {
    model: { provider: 'builtin', openai: { baseUrl: emulator.baseUrl } },
    knowledge: { embeddings: { provider: 'openai', model: 'small', batchSize: 1 } },
    log: { format: 'json' },
    ...settings,
  };
  await writeFile(join(cwd, 'parley.yaml'), JSON.stringify(yaml));
  return { cwd, emulator };
}

test('passages are embedded once, over a SIGKILL, and found by what they mean', async (test) => {
  const { cwd, emulator } = await open(test);
  const killed = Promise.withResolvers<void>();
  const first = startParleyProcess(test, { cwd, env: {} });
  emulator.behaviour.embeddings.change = (data) => {
    if (emulator.embedded.length === 3) first.then((parley) => parley.kill()).then(killed.resolve, killed.reject);
    return emulator.embedded.length < 3 ? data : [];
  };
  await killed.promise;
  const before = emulator.embedded.flatMap(({ input }) => input);

  emulator.behaviour.embeddings.change = (data) => data;
  const second = await startParleyProcess(test, { cwd, env: {} });
  await second.logged('passages embedded');
  const after = emulator.embedded.flatMap(({ input }) => input).slice(before.length);
  const { stdout, exitCode } = await callParley(['knowledge', 'search', 'How much do I owe?'], { cwd });

  assert.equal(after.length, 2, `${before.join()} | ${after.join()}`);
  assert.deepEqual([...before.slice(0, 2), ...after].toSorted(), [
    'Money\nYour cash comes back to the bank.',
    'Money › Price\nThe price is low.',
    'Water\nThe river is cold.',
    'Water › Sea\nWaves are high.',
  ]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /money\.md/);
  assert.doesNotMatch(stdout, /water\.md/);
  assert.equal(await second.stop(), 0);
});

test('an endpoint that is not there fails neither the start nor a search', async (test) => {
  const { cwd, emulator } = await open(test);
  await emulator.stop();

  const parley = await startParleyProcess(test, { cwd, env: {} });
  await parley.logged('passages cannot be embedded now: they are found by their words only');
  const { stdout } = await callParley(['knowledge', 'search', 'Is the river cold?'], { cwd });

  assert.match(stdout, /water\.md/);
  assert.equal(await parley.stop(), 0);
});

test('what providers of models do not get is kept from those of embeddings, too', async (test) => {
  const { cwd, emulator } = await open(test, { safety: { redact: { kinds: ['email'] } } });
  await writeFile(join(cwd, 'knowledge', 'money.md'), '# Money\n\nWrite to cash@example.com about prices.\n');
  const parley = await startParleyProcess(test, { cwd, env: {} });
  await parley.logged('passages embedded');

  await callParley(['knowledge', 'search', 'Does ann@example.com owe me?'], { cwd });

  const sent = emulator.embedded.flatMap(({ input }) => input).join('\n');
  assert.match(sent, /Write to \[EMAIL_1\] about prices/);
  assert.match(sent, /Does \[EMAIL_1\] owe me/);
  assert.doesNotMatch(sent, /@/);
  assert.equal(await parley.stop(), 0);
});
