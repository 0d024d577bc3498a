import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createDiscordEmulator, type DiscordEmulator } from '../../adapters/discord/emulator.ts';
import { systemClock } from '../../src/clock.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from '../support/openai-emulator.ts';
import { startParleyProcess, type RunningParley } from '../support/running-parley.ts';
import { until } from './stage.ts';

export interface DiscordProcess {
  readonly discord: DiscordEmulator;
  readonly model: OpenAiEmulator;
  /** Where its ledger is. */
  readonly folder: string;
  /** The one that runs now, or ran last. */
  running(): RunningParley;
  /** Another process on the same ledger. Resolves when it hears of what happens. */
  restart(): Promise<void>;
}

/** Parley in a process of its own, on the real clock, until the test ends. */
export async function startDiscordProcess(t: TestContext, yaml: object = {}): Promise<DiscordProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-discord-'));
  writeFileSync(join(folder, 'parley.yaml'), JSON.stringify(yaml));
  const discord = createDiscordEmulator({ clock: systemClock });
  const model = createOpenAiEmulator({ clock: systemClock });
  await Promise.all([discord.listen(), model.start()]);
  const env = {
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
    OPENAI_API_KEY: 'sk-1',
    OPENAI_BASE_URL: model.baseUrl,
  };
  const start = async (): Promise<RunningParley> => {
    const started = await startParleyProcess(t, { cwd: folder, env });
    await until(() => discord.connected() > 0 && discord.commands().length > 0, 'the gateway and its commands');
    return started;
  };
  t.after(async () => {
    await Promise.all([discord.close(), model.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });
  let running = await start();
  return {
    ...{ discord, model, folder },
    running: () => running,
    restart: async () => {
      running = await start();
    },
  };
}
