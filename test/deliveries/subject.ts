import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Sample } from '../../bench/probe.ts';

/** `parley start` as a process of its own. */
export interface Subject {
  readonly url: string;
  /** After a garbage collection. */
  sample(): Promise<Sample>;
  /** Lines of the level error. */
  readonly errors: readonly string[];
  /** By SIGTERM; resolves with the exit status. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

export interface SubjectOptions {
  /** Empty; for its configuration and its data. */
  readonly folder: string;
  readonly settings: object;
  readonly modelUrl: string;
}

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const probe = new URL('../../bench/probe.ts', import.meta.url).href;

export async function startSubject({ folder, settings, modelUrl }: SubjectOptions): Promise<Subject> {
  writeFileSync(join(folder, 'parley.yaml'), JSON.stringify(settings)); // JSON is YAML
  const child = fork(main, ['start'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      PARLEY_DATA: join(folder, 'data'),
      OPENAI_API_KEY: 'sk-fake',
      OPENAI_BASE_URL: modelUrl,
      OPENAI_MODEL: 'fake',
    },
    execArgv: ['--expose-gc', '--import', probe],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const errors: string[] = [];
  const ready = Promise.withResolvers<string>();
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.includes('"error"') && JSON.parse(line).level === 'error') errors.push(line);
    if (line.includes('Parley is ready')) ready.resolve(String(JSON.parse(line).url));
  });
  const url = await Promise.race([ready.promise, exited]);
  if (typeof url !== 'string') throw new Error(`Parley ended before it was ready: ${errors.join('\n')}`);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    // Its listener for samples would keep it alive.
    if (child.connected) child.disconnect();
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await exited;
    return child.exitCode;
  };
  return {
    url,
    sample: () => sampleOf(child),
    errors,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  };
}

async function sampleOf(child: ChildProcess): Promise<Sample> {
  child.send({ type: 'sample', gc: true });
  for (;;) {
    const [message] = (await once(child, 'message')) as [{ type: string; sample: Sample }]; // the probe's own message
    if (message.type === 'sample') return message.sample;
  }
}
