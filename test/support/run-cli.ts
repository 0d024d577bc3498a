import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `parley` as an operator does, in a process of its own that sees no other variables than these. */
export async function runParley(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly nodeOptions?: readonly string[] },
): Promise<CliResult> {
  const script = fileURLToPath(new URL('../../src/cli/parley.js', import.meta.url));
  const child = spawn(process.execPath, [...(options.nodeOptions ?? []), script, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: typeof exitCode === 'number' ? exitCode : null, stdout, stderr };
}
