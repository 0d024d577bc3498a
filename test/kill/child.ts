import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { basename, dirname } from 'node:path';
import { sqlitePath } from '../../src/config/database.ts';
import type { Config } from '../../src/config.ts';
import { describeError } from '../../src/errors.ts';
import type { Log, LogFields } from '../../src/log.ts';
import { startParley, type Parley } from '../../src/main.ts';
import { openSqliteStore } from '../../src/store/sqlite/client.ts';
import type { FromChild, ToChild } from './messages.ts';
import { createMortalStore, type MortalStore } from './mortal-store.ts';
import type { PlatformName, Trap } from './points.ts';

/**
 * One process of Parley, to be killed: the real app with the real SDKs and the real store, and nothing else in it. It loads everything and
 * waits for the word to go, so that it can take the place of a killed one at once.
 */
const adapters: Readonly<Record<PlatformName, () => Promise<unknown>>> = {
  slack: () => import('../../adapters/slack/index.ts'),
  discord: () => import('../../adapters/discord/index.ts'),
  webhook: () => import('../../adapters/webhook/index.ts'),
};

let parley: Parley | undefined;
let mortal: MortalStore | undefined;

// SIGKILL reaches a process that sends it to itself before the call returns: not one line more is run.
const kill = (): void => void process.kill(process.pid, 'SIGKILL');
const tell = (message: FromChild): void => void process.send?.(message);
const log = createLineLog({});

process.on('message', (message: ToChild) => {
  handle(message).catch((error: unknown) => end(describeError(error)));
});
process.on('disconnect', () => process.exit(0));

await Promise.all([adapters[process.argv[2] as PlatformName](), import('../../src/model/openai.ts')]);
tell({ type: 'standing by' });

async function handle(message: ToChild): Promise<void> {
  if (message.type === 'go') return go(message);
  if (message.type === 'stop') {
    await parley?.stop();
    process.disconnect();
    return;
  }
  if (message.type === 'arm') mortal?.arm(message.trap);
  else flushCompileCache();
  tell({ type: 'done', what: message.type });
}

async function go({ config, trap }: { readonly config: Config; readonly trap: Trap | undefined }): Promise<void> {
  const path = sqlitePath(config.database);
  parley = await startParley({
    config,
    log,
    http: !config.discord.enabled,
    onFatal: (error) => end(error.message),
    openStore: async (clock, onFailure) => {
      const real = await openSqliteStore({ folder: dirname(path), name: basename(path), exclusive: true, clock, onFailure });
      mortal = createMortalStore(real, kill);
      mortal.arm(trap);
      return mortal.store;
    },
  });
  tell({ type: 'ready', url: parley.url });
}

/** This must not happen: the parent takes any end but that by SIGKILL for a failure. */
function end(reason: string): void {
  log.error('the process gives up', { reason });
  process.exit(70);
}

/** Each line is written before the call returns, or the last ones would die with the process. */
function createLineLog(own: LogFields): Log {
  const write =
    (level: string) =>
    (text: string, fields: LogFields = {}) => {
      writeSync(1, `${new Date().toISOString().slice(14)} ${level} ${text} ${JSON.stringify({ ...own, ...fields })}\n`);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => createLineLog({ ...own, ...fields }),
  };
}
