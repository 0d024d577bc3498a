import { basename, dirname } from 'node:path';
import type { Clock } from '../../src/clock.ts';
import { sqlitePath } from '../../src/config/database.ts';
import type { Log } from '../../src/log.ts';
import { startParley, type Parley } from '../../src/main.ts';
import { openSqliteStore } from '../../src/store/sqlite/client.ts';
import type { Store } from '../../src/store/store.ts';
import { toConfig } from '../kill/config.ts';
import type { PlatformDriver, Settings } from '../kill/driver.ts';
import { createRandom } from '../kill/random.ts';
import type { OpenAiEmulator } from '../support/openai-emulator.ts';

export interface AppOptions {
  /** Those of the platforms that are switched on. */
  readonly drivers: readonly PlatformDriver[];
  readonly model: OpenAiEmulator;
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly slackOver?: 'http' | 'socket';
  /** More of parley.yaml. */
  readonly yaml?: Readonly<Record<string, unknown>>;
}

/** The real app in this process. */
export interface App {
  start(): Promise<Parley>;
  /** In good order; nothing where none runs. */
  stop(): Promise<void>;
  /** The ledger of the one that runs. */
  store(): Store;
}

export function createApp({ drivers, model, dataFolder, clock, log, slackOver = 'http', yaml = patience }: AppOptions): App {
  const random = { ...createRandom(0), chance: () => slackOver === 'socket' };
  let running: { readonly parley: Parley; readonly store: Store } | undefined;

  return {
    start: async () => {
      const config = await toConfig({
        settings: merge(drivers.map((driver) => driver.settings(random))),
        model,
        dataFolder,
        yaml,
      });
      const folder = dirname(sqlitePath(config.database));
      let store: Store | undefined;
      const parley = await startParley({
        ...{ config, log, clock },
        http: config.slack.enabled || !config.discord.enabled,
        onFatal: (error) => log.error('fatal', { error: error.message }),
        openStore: async (_clock, onFailure) => {
          store = await openSqliteStore({
            folder,
            name: basename(sqlitePath(config.database)),
            exclusive: true,
            clock,
            onFailure,
          });
          return store;
        },
      });
      if (!store) throw new TypeError('Parley has started without a store.');
      running = { parley, store };
      for (const driver of drivers) driver.connect(parley.url);
      return parley;
    },
    stop: async () => {
      for (const driver of drivers) driver.disconnect({ ...random, chance: () => false });
      await running?.parley.stop();
      running = undefined;
    },
    store: () => {
      if (!running) throw new TypeError('No Parley is running.');
      return running.store;
    },
  };
}

function merge(settings: readonly Settings[]): Settings {
  return settings.reduce((all, { env, yaml }) => ({ env: { ...all.env, ...env }, yaml: { ...all.yaml, ...yaml } }));
}

/** In a time that passes ten times as fast. */
const patience = {
  delivery: { baseDelayMs: 200, maxDelaySeconds: 2, timeoutSeconds: 4 },
  model: { openai: { idleTimeoutSeconds: 4, timeoutSeconds: 300 } },
};
