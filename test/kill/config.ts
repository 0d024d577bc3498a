import { loadConfig, type Config } from '../../src/config.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';
import type { OpenAiEmulator } from '../support/openai-emulator.ts';
import type { Settings } from './driver.ts';

export interface ConfigOptions {
  readonly settings: Settings;
  readonly model: OpenAiEmulator;
  readonly dataFolder: string;
  /** More of parley.yaml. */
  readonly yaml?: Readonly<Record<string, unknown>>;
}

/** The configuration of a Parley that has an emulated platform and an emulated model, and nothing of a developer's settings. */
export async function toConfig({ settings, model, dataFolder, yaml = {} }: ConfigOptions): Promise<Config> {
  const env = {
    PARLEY_DATA: dataFolder,
    PORT: '0',
    OPENAI_API_KEY: 'sk-emulated',
    OPENAI_BASE_URL: model.baseUrl,
    OPENAI_MODEL: 'gpt-5.4-mini',
  };
  const file = JSON.stringify({ ...common, ...settings.yaml, ...yaml });
  const { config } = await loadConfig({
    cwd: memoryFolder,
    files: memoryFiles({ 'parley.yaml': file }),
    env: { ...settings.env, ...env },
  });
  return config;
}

const common = {
  server: { accessLog: false },
  // Here processes are killed at what turns do, ten times and more before they may rest. Who is under way at each of these deaths, in the end
  // alone, is what a process dies of, for all that a ledger can see; with the usual limit of 5 it becomes a dead letter.
  worker: { maxAttempts: 100 },
  delivery: { baseDelayMs: 20, maxDelaySeconds: 0.2, maxAttempts: 1_000 },
};
