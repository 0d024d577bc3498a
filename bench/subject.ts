import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fakes } from './fakes.ts';
import { freePort } from './free-port.ts';
import { signingSecret } from './load.ts';
import type { Sample } from './probe.ts';

export const subjects = {
  floor: { label: 'node:http floor, in memory', file: './subjects/floor.ts', args: [] },
  tutorial: { label: 'tutorial Bolt app, in memory', file: './subjects/tutorial.ts', args: [] },
  parley: { label: 'Parley, every event on disk', file: '../src/cli/parley.js', args: ['start'] },
} as const;

export type SubjectName = keyof typeof subjects;

export interface Subject {
  readonly url: string;
  /** ms from the start of the process to the first request that was answered. */
  readonly startedMs: number;
  sample(gc?: boolean): Promise<Sample>;
  stop(): Promise<void>;
}

/** Starts one bot as a process of its own, on a fresh data folder, pointed at the fakes. */
export async function startSubject(name: SubjectName, fakes: Fakes): Promise<Subject> {
  const { file, args } = subjects[name];
  const port = await freePort();
  const data = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    PORT: String(port),
    PARLEY_DATA: data,
    PARLEY_CONFIG: fileURLToPath(new URL('./parley.bench.yaml', import.meta.url)),
    LOG_LEVEL: 'warn',
    SLACK_SIGNING_SECRET: signingSecret,
    SLACK_BOT_TOKEN: 'xoxb-bench-000000',
    SLACK_API_URL: fakes.slackUrl,
    OPENAI_BASE_URL: fakes.openaiUrl,
    OPENAI_MODEL: 'bench',
  };
  const from = performance.now();
  const execArgv = ['--expose-gc', '--import', new URL('./probe.ts', import.meta.url).href];
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    env,
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await untilOpen(child, port);
  const startedMs = performance.now() - from;
  return {
    url: `http://127.0.0.1:${port}/slack/events`,
    startedMs,
    sample: (gc = false) => sampleOf(child, gc),
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function sampleOf(child: ChildProcess, gc: boolean): Promise<Sample> {
  child.send({ type: 'sample', gc });
  for (;;) {
    const [message] = (await once(child, 'message')) as [{ type: string; sample: Sample }]; // the probe's own message
    if (message.type === 'sample') return message.sample;
  }
}

/** Any answer at all means that the server is up. */
async function untilOpen(child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    if (child.exitCode !== null) throw new Error(`The subject ended with exit code ${child.exitCode}.`);
    try {
      await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  throw new Error('The subject did not open its port.');
}
