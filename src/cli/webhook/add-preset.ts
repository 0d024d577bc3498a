import { judgePresetSetting, type PresetSetting } from '../../config/preset-file.ts';
import { UsageError } from '../../errors.ts';
import type { Ask } from './ask.ts';
import { setAt, type NewSecret } from './new-source.ts';
import { findPreset } from './presets.ts';
import { makeSecret } from './secrets.ts';

interface PresetOptions {
  readonly preset: string;
  readonly with?: readonly string[];
  readonly set?: readonly string[];
}

/** A source made of a preset. Secrets go into .env; those that are ours to choose are made where they are not given. */
export async function toPresetSettings(
  name: string,
  options: PresetOptions,
  ask: Ask | undefined,
): Promise<{ source: object; secrets: readonly NewSecret[] }> {
  const { settings } = findPreset(options.preset);
  const given = parseGiven(options.with ?? [], Object.keys(settings));
  const values: Record<string, string> = {};
  const secrets: NewSecret[] = [];
  const missing: string[] = [];
  for (const [key, setting] of Object.entries(settings)) {
    const value = given.get(key) ?? (await askFor(setting, ask));
    if (value === '' && setting.default !== undefined) continue;
    const chosen = value === '' && setting.generate ? makeSecret('hmac') : value;
    if (chosen === '') missing.push(`${key}=${setting.example} (${setting.description})`);
    else values[key] = setting.kind === 'secret' ? keep(secrets, toVariable(name, key), chosen) : judged(key, setting, chosen);
  }
  if (missing.length > 0)
    throw new UsageError(`The preset ${options.preset} asks for more, by --with:\n  ${missing.join('\n  ')}`);
  const source: Record<string, unknown> = { preset: options.preset, with: values };
  for (const entry of options.set ?? []) setAt(source, entry);
  return { source, secrets };
}

function parseGiven(entries: readonly string[], known: readonly string[]): Map<string, string> {
  return new Map(
    entries.map((entry) => {
      const [, key, value] = /^(\w+)=(.*)$/s.exec(entry) ?? [];
      if (key !== undefined && value !== undefined && known.includes(key)) return [key, value];
      throw new UsageError(`--with: write it like ${known[0] ?? 'key'}=... The preset knows: ${known.join(', ')}.`);
    }),
  );
}

async function askFor({ description, example, kind, default: fallback, generate }: PresetSetting, ask: Ask | undefined) {
  if (!ask) return '';
  const none = generate ? 'made, if left empty' : `like ${kind === 'secret' ? 'abc...' : example}`;
  return ask(`${description} (${none})?`, fallback ?? '');
}

function keep(secrets: NewSecret[], variable: string, value: string): string {
  secrets.push({ variable, value });
  return `\${${variable}}`;
}

function judged(key: string, setting: PresetSetting, value: string): string {
  const problem = judgePresetSetting(setting, value);
  if (problem === undefined) return value;
  throw new UsageError(`--with: ${key} ${problem}. Example: ${key}=${setting.example}`);
}

/** `TICKETS_SIGNING_SECRET` for the setting `signingSecret` of the source `tickets`. */
function toVariable(source: string, key: string): string {
  const words = key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`);
  return `${source}_${words}`.toUpperCase().replaceAll('-', '_');
}
