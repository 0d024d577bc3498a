import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

async function problemsOf(yaml: string): Promise<readonly string[]> {
  const loading = loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });
  const error = await loading.then(
    () => assert.fail('the configuration was accepted'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConfigError, String(error));
  return error.problems;
}

test('YAML that cannot be read is told of by its line', async () => {
  const problems = await problemsOf('server:\n  port: 1\n  port: 2\n');

  assert.match(problems.join('\n'), /^parley\.yaml line 3: .*unique/);
});

test('references that multiply or refer to themselves come to an end', async () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (const [index, name] of ['b', 'c', 'd', 'e', 'f'].entries()) {
    const previous = String.fromCodePoint(97 + index);
    bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${previous}`).join(', ')}]`);
  }

  const multiplied = await problemsOf(bomb.join('\n'));
  const circular = await problemsOf('bot: &bot { name: *bot }');

  assert.match(multiplied.join('\n'), /is too large or nested too deeply/);
  assert.match(circular.join('\n'), /is too large or nested too deeply/);
});

test('names of object methods and prototypes are unknown settings like any other', async () => {
  const problems = await problemsOf('__proto__: { polluted: 1 }\nconstructor: 1\nserver: { toString: 1 }\n');

  assert.deepEqual(
    problems.map((problem) => problem.split(' ')[0]),
    ['__proto__', 'constructor', 'server.toString'],
  );
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});
