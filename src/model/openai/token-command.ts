import { execFile } from 'node:child_process';
import type { Clock } from '../../clock.ts';
import { ModelError } from '../../errors.ts';

/** A credential that changes. */
export interface TokenSource {
  /** The one to send now. Rejects with a ModelError where there is none. */
  get(): Promise<string>;
  /** The endpoint has refused it: the next `get` makes another one. */
  refuse(token: string): void;
  /** The newest, so that it can be kept out of logs. */
  readonly newest: string | undefined;
}

export interface TokenCommandOptions {
  /** The program and its arguments; no shell reads them. Prints the token. */
  readonly command: readonly string[];
  readonly lifetimeMs: number;
  readonly clock: Clock;
  /** The setting that holds the command, for messages. */
  readonly setting: string;
}

const timeoutMs = 30_000;
const maxOutput = 64 * 1024;

/** The token that a command prints, as `gcloud auth print-access-token` does. It runs once for all who need the token at the same time. */
export function createTokenCommand({ command, lifetimeMs, clock, setting }: TokenCommandOptions): TokenSource {
  let token: string | undefined;
  let madeAt = 0;
  let making: Promise<string> | undefined;

  async function make(): Promise<string> {
    const made = await run(command, setting);
    token = made;
    madeAt = clock.monotonic();
    return made;
  }

  return {
    get: () => {
      if (token !== undefined && clock.monotonic() - madeAt < lifetimeMs) return Promise.resolve(token);
      making ??= make().finally(() => {
        making = undefined;
      });
      return making;
    },
    refuse: (refused) => {
      if (refused === token) madeAt = -Infinity;
    },
    get newest() {
      return token;
    },
  };
}

function run([program = '', ...args]: readonly string[], setting: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      const publicMessage = 'My access to the AI model is not set up correctly. Whoever runs me can mend that.';
      reject(new ModelError({ message: `${setting}: ${program} ${what}.`, publicMessage, retryable: true }));
    };
    execFile(program, args, { timeout: timeoutMs, maxBuffer: maxOutput, windowsHide: true }, (error, stdout) => {
      // What it prints is not repeated: it may be the token.
      if (error) return fail(describe(error));
      const token = stdout.trim();
      if (!/^\S+$/.test(token)) return fail('printed no token, which is one word');
      resolve(token);
    });
  });
}

function describe(error: Error): string {
  const code: unknown = Reflect.get(error, 'code');
  if (code === 'ENOENT') return 'is not there';
  if (Reflect.get(error, 'killed') === true) return `did not end within ${timeoutMs / 1_000} s`;
  return typeof code === 'number' ? `ended with exit status ${code}` : `could not be run (${String(code)})`;
}
