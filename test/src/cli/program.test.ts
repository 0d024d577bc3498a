import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type Cli, exitCodes } from '../../../src/cli/command.ts';
import { runCli } from '../../../src/cli/program.ts';
import { ConfigError, StoreLockedError, UsageError } from '../../../src/errors.ts';
import { runParley } from '../../support/run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A command line whose configuration cannot be loaded for the reason given. */
async function runFailing(reason: unknown): Promise<{ exitCode: number; stderr: string }> {
  let stderr = '';
  const cli: Cli = {
    stdout: { write: () => true },
    stderr: { write: (text) => (stderr += text) },
    // Anything may be thrown.
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    loadConfig: () => Promise.reject(reason),
    exitCode: exitCodes.ok,
  };
  return { exitCode: await runCli(['config'], cli), stderr };
}

describe('what a command ends with', () => {
  test('a mistake in the configuration: its message without a stack, and status 2', async () => {
    const { exitCode, stderr } = await runFailing(new ConfigError(['server.port (PORT): must be a number']));

    assert.equal(exitCode, 2);
    assert.equal(stderr, 'The configuration cannot be used:\n  - server.port (PORT): must be a number\n');
  });

  test('a wrong call: status 2', async () => {
    const { exitCode, stderr } = await runFailing(new UsageError('There is no source "x".'));

    assert.deepEqual([exitCode, stderr], [2, 'There is no source "x".\n']);
  });

  test('a data folder that is in use: status 3', async () => {
    const { exitCode, stderr } = await runFailing(new StoreLockedError('/data'));

    assert.equal(exitCode, 3);
    assert.match(stderr, /Another Parley is running on the data folder \/data/);
  });

  test('an error that nobody foresaw: an id, no stack, no secret, status 1', async () => {
    const { exitCode, stderr } = await runFailing(new Error('refused xoxb-1234567890'));

    assert.equal(exitCode, 1);
    assert.match(stderr, /^Unexpected error [0-9a-z]{8}: refused \[secret\]\nRun it again with LOG_LEVEL=debug/);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });

  test('something thrown that is no error: status 1', async () => {
    const { exitCode, stderr } = await runFailing('why');

    assert.equal(exitCode, 1);
    assert.match(stderr, /Unexpected error \w+: why/);
  });
});

describe('parley as a program', () => {
  test('--version prints the version, with status 0', async () => {
    const { exitCode, stdout, stderr } = await runParley(['--version'], { cwd: folder });

    assert.equal(exitCode, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal(stderr, '');
  });

  test('--help lists every command and the meaning of the exit status', async () => {
    const { exitCode, stdout } = await runParley(['--help'], { cwd: folder });

    assert.equal(exitCode, 0);
    for (const name of ['start', 'chat', 'config', 'doctor', 'send', 'dead-letters'])
      assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    assert.match(stdout, /Examples:[^]*Exit status: 0 done/);
  });

  test('an unknown command suggests a known one, with status 2', async () => {
    const { exitCode, stdout, stderr } = await runParley(['confg'], { cwd: folder });

    assert.equal(exitCode, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /unknown command 'confg'\n\(Did you mean config\?\)/);
  });

  test('no command shows the help, with status 2', async () => {
    const { exitCode, stderr } = await runParley([], { cwd: folder });

    assert.equal(exitCode, 2);
    assert.match(stderr, /Usage: parley/);
  });

  test('LOG_LEVEL=debug shows where an unexpected error happened', async () => {
    writeFileSync(join(folder, 'break.mjs'), 'JSON.stringify = () => { throw new Error("broken on purpose"); };');

    const { exitCode, stderr } = await runParley(['config', '--json'], {
      cwd: folder,
      env: { LOG_LEVEL: 'debug' },
      nodeOptions: ['--import', join(folder, 'break.mjs')],
    });

    assert.equal(exitCode, 1);
    assert.match(stderr, /Unexpected error \w+: broken on purpose\nError: broken on purpose\n\s+at /);
  });

  test('an old Node.js is told what to do before anything else is loaded', async () => {
    writeFileSync(
      join(folder, 'old-node.mjs'),
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });",
    );

    const { exitCode, stdout, stderr } = await runParley(['--version'], {
      cwd: folder,
      nodeOptions: ['--import', join(folder, 'old-node.mjs')],
    });

    assert.deepEqual([exitCode, stdout], [1, '']);
    assert.match(stderr, /^Parley needs Node\.js 24\.12 or newer, and this is 20\.19\.0\.\n.*npm ci/);
  });
});
