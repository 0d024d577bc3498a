import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CallOptions } from './call-cli.ts';
import type { CliResult } from './run-cli.ts';

const script = fileURLToPath(new URL('../../src/cli/parley.js', import.meta.url));

export type LogLine = Readonly<Record<string, unknown>>;

export interface RunningParley {
  readonly url: string;
  /** What it has logged so far. */
  readonly lines: readonly LogLine[];
  /** Resolves when it logs this message, or has logged it. */
  logged(message: string): Promise<LogLine>;
  /** Sends SIGTERM; resolves with the exit status when the process has ended. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** `parley start` in a process of its own on a free port, until the test ends. Resolves when it is ready. */
export async function startParleyProcess(test: TestContext, { cwd, env }: CallOptions): Promise<RunningParley> {
  const child = spawn(process.execPath, [script, 'start'], {
    cwd,
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  test.after(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const errors = text(child.stderr);
  const lines: LogLine[] = [];
  const output = createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line));
    output.emit('logged');
  });
  async function logged(message: string): Promise<LogLine> {
    for (;;) {
      const found = lines.find((line) => line['message'] === message);
      if (found) return found;
      const next = await Promise.race([once(output, 'logged'), closed]);
      if (next.length > 0) throw new Error(`Parley ended before it logged "${message}": ${await errors}`);
    }
  }
  const { url } = await logged('Parley is ready');
  return {
    url: String(url),
    lines,
    logged,
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
      return child.exitCode;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** `parley start` that is stopped as soon as it has logged this, whether it is ready or not. */
export async function stopWhileStarting(
  test: TestContext,
  { cwd, env, when }: CallOptions & { readonly when: () => Promise<unknown> },
): Promise<{ readonly exitCode: number | null; readonly lines: readonly LogLine[] }> {
  const child = spawn(process.execPath, [script, 'start'], {
    cwd,
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  test.after(() => child.kill('SIGKILL'));
  const output = text(child.stdout);
  await when();
  child.kill('SIGTERM');
  await closed;
  const lines = (await output).split('\n').filter((line) => line !== '');
  return { exitCode: child.exitCode, lines: lines.map((line): LogLine => JSON.parse(line)) };
}

export interface RunningChat {
  type(line: string): void;
  /** Resolves when this has been printed. */
  printed(pattern: RegExp): Promise<string>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Ends the input; resolves with the exit status. */
  end(): Promise<number | null>;
}

/** `parley chat` in a process of its own, with its input held open. */
export function startChatProcess(test: TestContext, { cwd, env }: CallOptions): RunningChat {
  const child = spawn(process.execPath, [script, 'chat'], { cwd, env: { PATH: process.env['PATH'], ...env }, stdio: 'pipe' });
  const closed = once(child, 'close');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
  });
  child.stderr.resume();
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  test.after(kill);
  return {
    type: (line) => child.stdin.write(`${line}\n`),
    printed: async (pattern) => {
      while (!pattern.test(output)) {
        const next = await Promise.race([once(child.stdout, 'data'), closed]);
        if (next.length > 1) throw new Error(`The chat ended before it printed ${String(pattern)}: ${output}`);
      }
      return output;
    },
    kill,
    end: async () => {
      child.stdin.end();
      await closed;
      return child.exitCode;
    },
  };
}

/** Runs `parley` with this on its standard input. */
export async function pipeIntoParley(
  args: readonly string[],
  options: CallOptions & { readonly input: string },
): Promise<CliResult> {
  const { cwd, env, input } = options;
  const child = spawn(process.execPath, [script, ...args], { cwd, env: { PATH: process.env['PATH'], ...env }, stdio: 'pipe' });
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, stdout, stderr };
}

/** Runs `parley` for somebody who closes its standard output at once. */
export async function readNothingOf(args: readonly string[], { cwd, env }: CallOptions): Promise<Omit<CliResult, 'stdout'>> {
  const child = spawn(process.execPath, [script, ...args], { cwd, env: { PATH: process.env['PATH'], ...env }, stdio: 'pipe' });
  child.stdout.destroy();
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, stderr };
}
