import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { sqlitePath } from '../config/database.ts';
import { openDatabase } from '../store/sqlite/database.ts';
import { createInProcessStore } from '../store/sqlite/in-process.ts';
import type { Store } from '../store/store.ts';
import type { Cli } from './command.ts';

/** Where the configured database is. */
function ledgerFile(config: Config): { readonly folder: string; readonly name: string; readonly path: string } {
  const path = sqlitePath(config.database);
  return { folder: dirname(path), name: basename(path), path: join(dirname(path), basename(path)) };
}

/** For a command's few calls. Without `exclusive` it opens beside a running Parley too; with it, throws StoreLockedError then. */
export function openLedger(config: Config, { exclusive }: { readonly exclusive: boolean }): Store {
  const { folder, name } = ledgerFile(config);
  return createInProcessStore(openDatabase({ folder, name, exclusive }), systemClock);
}

/** A look at the ledger, beside a running Parley too. Undefined where there is none yet: looking for one must not make one. */
export async function withLedger<Result>(
  cli: Cli,
  task: (store: Store, config: Config) => Promise<Result>,
): Promise<Result | undefined> {
  const { config } = await cli.loadConfig();
  const { path } = ledgerFile(config);
  if (!existsSync(path)) {
    cli.stderr.write(`There is no ledger yet at ${path}.\n`);
    return undefined;
  }
  const store = openLedger(config, { exclusive: false });
  try {
    return await task(store, config);
  } finally {
    await store.close();
  }
}
