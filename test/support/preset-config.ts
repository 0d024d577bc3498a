import { loadConfig, type LoadedConfig } from '../../src/config.ts';
import { diskFiles } from '../../src/config/files.ts';
import { readPreset, type Preset } from '../../src/config/preset-file.ts';

export const presetSecret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
export const publicUrl = 'https://bot.example.com';

export function getPreset(name: string): Preset {
  const preset = readPreset(name, diskFiles);
  if (!preset) throw new Error(`There is no preset ${name}.`);
  return preset;
}

/** Settings for `with`, as the preset's examples are. */
export function exampleSettings({ settings }: Preset): Record<string, string> {
  const entries = Object.entries(settings).map(([name, { kind, example }]) => [name, kind === 'secret' ? presetSecret : example]);
  return Object.fromEntries(entries);
}

/** A parley.yaml with this text, and the presets from disk. */
export function loadYaml(yaml: string): Promise<LoadedConfig> {
  const text = `server: { publicUrl: '${publicUrl}' }\n${yaml}`;
  return loadConfig({
    env: {},
    cwd: '/nowhere',
    files: {
      read: (path) => (path === '/nowhere/parley.yaml' ? { text, mode: 0o600 } : diskFiles.read(path)),
      isFolder: diskFiles.isFolder,
    },
  });
}

/** With a source `desk` made of the preset. */
export function loadPreset(name: string): Promise<LoadedConfig> {
  return loadYaml(`webhooks: { desk: ${JSON.stringify({ preset: name, with: exampleSettings(getPreset(name)) })} }`);
}
