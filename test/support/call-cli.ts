import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Cli, exitCodes } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/program.ts';
import { loadConfig } from '../../src/config.ts';
import type { CliResult } from './run-cli.ts';

export interface CallOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command line in this process, which takes a tenth of the time of another one. */
export async function callParley(args: readonly string[], { cwd, env = {} }: CallOptions): Promise<CliResult> {
  let [stdout, stderr] = ['', ''];
  const cli: Cli = {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    loadConfig: () => loadConfig({ cwd, env }),
    exitCode: exitCodes.ok,
  };
  return { exitCode: await runCli(args, cli), stdout, stderr };
}

/** An empty working directory that is gone after the test. */
export function createWorkFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-work-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
