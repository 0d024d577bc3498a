import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config.ts';
import type { FromChild, ToChild } from './messages.ts';
import type { PlatformName, Trap } from './points.ts';

export interface ProcessesOptions {
  readonly platform: PlatformName;
  /** For the logs, and to be the working directory of each process: nothing of a developer's settings lies there. */
  readonly folder: string;
  /** Of what Node has compiled, for all processes of a run. */
  readonly cacheFolder: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  /** Where it listens, once it is up; `dead` when it ended before. */
  readonly ready: Promise<{ readonly url: string | undefined } | 'dead'>;
  readonly exit: Promise<Exit>;
  /** Resolves when the trap is set, or taken away; false when the process is gone. */
  arm(trap: Trap | undefined): Promise<boolean>;
  flush(): Promise<void>;
  /** By SIGKILL, before the call returns. */
  kill(): void;
  stop(): Promise<Exit>;
  /** The last lines that it logged. */
  tail(): string;
}

export interface Processes {
  /** Lets the next process load what it will need. */
  prepare(): void;
  /** Resolves when a process has been told to start; see `ready`. */
  start(config: Config, trap?: Trap): Promise<RunningProcess>;
  close(): Promise<void>;
}

const tailBytes = 6_000;

/** The processes of one campaign, one after the other; the next one stands by while one runs. */
export function createProcesses(options: ProcessesOptions): Processes {
  const folders = { logs: join(options.folder, 'logs'), cwd: join(options.folder, 'cwd') };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  let count = 0;
  let next: StandBy | undefined;
  let running: RunningProcess | undefined;

  function standByNext(): StandBy {
    count += 1;
    const logFile = join(folders.logs, `${String(count).padStart(4, '0')}.log`);
    return standBy(options, { logFile, cwd: folders.cwd });
  }

  return {
    prepare: () => {
      next ??= standByNext();
    },
    start: async (config, trap) => {
      const current = next ?? standByNext();
      next = undefined;
      await current.standing;
      running = run(current, { type: 'go', config, trap });
      return running;
    },
    close: async () => {
      running?.kill();
      next?.child.kill('SIGKILL');
      await Promise.all([running?.exit, next?.exit]);
    },
  };
}

interface StandBy {
  readonly child: ChildProcess;
  readonly logFile: string;
  readonly standing: Promise<unknown>;
  readonly exit: Promise<Exit>;
}

function standBy({ platform, cacheFolder }: ProcessesOptions, { logFile, cwd }: { logFile: string; cwd: string }): StandBy {
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [...quickStart, fileURLToPath(new URL('child.ts', import.meta.url)), platform], {
    cwd,
    env: { NODE_COMPILE_CACHE: cacheFolder },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const exit = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return { child, logFile, exit, standing: heard(child, 'standing by', exit) };
}

/** Most of a short life goes into loading modules: without looking for symbolic links, and with room for what that leaves, it takes a sixth less. */
const quickStart = ['--preserve-symlinks', '--preserve-symlinks-main', '--min-semi-space-size=16', '--max-semi-space-size=32'];

/** Resolves with the first message of this type; undefined when the process ends before. */
function heard<Type extends FromChild['type']>(
  child: ChildProcess,
  type: Type,
  exit: Promise<Exit>,
): Promise<Extract<FromChild, { type: Type }> | undefined> {
  return new Promise((resolve) => {
    const listen = (message: FromChild): void => {
      if (message.type !== type) return;
      child.off('message', listen);
      resolve(message as Extract<FromChild, { type: Type }>); // as was just compared
    };
    child.on('message', listen);
    void exit.then(() => resolve(undefined));
  });
}

function run({ child, logFile, exit }: StandBy, go: ToChild): RunningProcess {
  const ready = heard(child, 'ready', exit).then((message) => message ?? ('dead' as const));
  send(child, go);
  return {
    ready,
    exit,
    arm: async (trap) => {
      const done = heard(child, 'done', exit);
      send(child, { type: 'arm', trap });
      return (await done) !== undefined;
    },
    flush: async () => {
      const done = heard(child, 'done', exit);
      send(child, { type: 'flush' });
      await done;
    },
    kill: () => void child.kill('SIGKILL'),
    stop: async () => {
      send(child, { type: 'stop' });
      return exit;
    },
    tail: () => readFileSync(logFile, 'utf8').slice(-tailBytes),
  };
}

/** What is said to a process that has just been killed is lost, and that is no error. */
function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => undefined);
}
