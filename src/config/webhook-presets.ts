import type { Conflict } from './conflict.ts';
import type { ConfigFiles } from './files.ts';
import type { Preset } from './preset-file.ts';
import { suggest } from './suggest.ts';
import { isRecord } from './walk.ts';

export interface ExpandedPresets {
  /** Settings in which no source names a preset any more. */
  readonly input: unknown;
  readonly conflicts: readonly Conflict[];
  /** By key what it comes from, as in `preset zendesk`. */
  readonly origins: ReadonlyMap<string, string>;
  /** The preset of each source that has one. */
  readonly presets: ReadonlyMap<string, string>;
}

type Section = Readonly<Record<string, unknown>>;

/** Puts what a preset says below what a source says itself. A source that cannot be made so is left out, with the reason. */
export async function expandPresets(input: unknown, files: ConfigFiles): Promise<ExpandedPresets> {
  const sources = isRecord(input) && isRecord(input['webhooks']) ? input['webhooks'] : {};
  const named = Object.entries(sources).filter(([, source]) => isRecord(source) && 'preset' in source);
  const conflicts: Conflict[] = [];
  const origins = new Map<string, string>();
  const presets = new Map<string, string>();
  if (!isRecord(input) || named.length === 0) return { input, conflicts, origins, presets };
  const { presetNames, readPreset, judgePresetSetting } = await import('./preset-file.ts');
  const expanded: Record<string, unknown> = { ...sources };
  for (const [name, source] of named) {
    if (!isRecord(source)) continue;
    delete expanded[name];
    const { preset: presetName, with: given = {}, ...own } = source;
    const path = ['webhooks', name];
    const preset = readPreset(String(presetName), files);
    if (preset === undefined) {
      conflicts.push(unknownPreset([...path, 'preset'], String(presetName), presetNames));
      continue;
    }
    if (!isRecord(given)) {
      conflicts.push({ path: [...path, 'with'], what: 'must hold settings by name', example: exampleOf(preset) });
      continue;
    }
    const filled = fill(preset, { given, own, path, judge: judgePresetSetting });
    conflicts.push(...filled.conflicts);
    if (filled.conflicts.length > 0) continue;
    expanded[name] = filled.source;
    presets.set(name, String(presetName));
    for (const key of leavesOf(filled.source, path)) origins.set(key, `preset ${String(presetName)}`);
    for (const key of leavesOf(own, path)) origins.delete(key);
  }
  return { input: { ...input, webhooks: expanded }, conflicts, origins, presets };
}

function unknownPreset(path: readonly string[], name: string, known: readonly string[]): Conflict {
  const near = suggest(name, known);
  const what = `there is no preset "${name.slice(0, 64)}".${near ? ` Did you mean ${near}?` : ''} There are: ${known.join(', ')}`;
  return { path, what, example: near ?? 'preset: zendesk' };
}

function exampleOf({ settings }: Preset): string {
  const entries = Object.entries(settings).map(([name, { example }]) => `${name}: ${example}`);
  return `with: { ${entries.join(', ')} }`;
}

interface Filling {
  readonly given: Section;
  readonly own: Section;
  readonly path: readonly string[];
  readonly judge: (setting: Preset['settings'][string], value: unknown) => string | undefined;
}

/** The preset's source with what the user says in its place, and every gap filled. */
function fill(preset: Preset, { given, own, path, judge }: Filling): { source: unknown; conflicts: readonly Conflict[] } {
  const conflicts: Conflict[] = Object.keys(given)
    .filter((name) => !Object.hasOwn(preset.settings, name))
    .map((name) => unknownSetting([...path, 'with', name], Object.keys(preset.settings)));
  const values = new Map<string, string>();
  const missing = new Set<string>();
  for (const [name, setting] of Object.entries(preset.settings)) {
    const value = given[name] ?? setting.default;
    const problem = value === undefined ? undefined : judge(setting, value);
    if (problem !== undefined)
      conflicts.push({ path: [...path, 'with', name], what: problem, example: `${name}: ${setting.example}` });
    if (typeof value === 'string') values.set(name, value);
  }
  const source = fillGaps(merge(preset.source, own), (name) => values.get(name) ?? (missing.add(name), ''));
  for (const name of missing) {
    const setting = preset.settings[name];
    const what = `is missing: ${setting?.description ?? 'the preset asks for it'}`;
    conflicts.push({ path: [...path, 'with', name], what, example: `${name}: ${setting?.example ?? '...'}` });
  }
  return { source, conflicts };
}

function unknownSetting(path: readonly string[], known: readonly string[]): Conflict {
  const near = suggest(path.at(-1) ?? '', known);
  const meant = near ? `Did you mean ${near}?` : `Known here: ${known.join(', ') || 'none'}`;
  return { path, what: `the preset has no such setting. ${meant}`, example: near ?? known[0] ?? 'leave it out' };
}

/** Of these a source has one: its own takes the place of the preset's. */
const alternatives = [
  ['secret', 'secrets'],
  ['publicKey', 'publicKeys'],
  ['json', 'form', 'text'],
  ['callback', 'reply'],
];

function merge(preset: Section, own: Section): Section {
  // Another scheme has other settings.
  if (own['scheme'] !== undefined && own['scheme'] !== preset['scheme']) return own;
  const replaced = alternatives.filter((names) => names.some((name) => name in own)).flat();
  const kept = Object.entries(preset).filter(([key]) => !replaced.includes(key) || key in own);
  const merged: Record<string, unknown> = { ...Object.fromEntries(kept), ...own };
  for (const [key, value] of kept) {
    const mine = own[key];
    if (isRecord(value) && isRecord(mine) && !isExpression(mine)) merged[key] = merge(value, mine);
    else if (isOff(mine)) delete merged[key];
  }
  return merged;
}

function isExpression(section: Section): boolean {
  return 'jsonata' in section || 'liquid' in section;
}

/** `reply: false` and the like do without what the preset says. */
function isOff(value: unknown): boolean {
  return value === 'false' || value === 'off' || value === 'no';
}

/** A gap is `<<name>>`: characters that neither templates nor expressions know. */
function fillGaps(value: unknown, valueOf: (name: string) => string): unknown {
  if (typeof value === 'string') return value.replaceAll(/<<(\w+)>>/g, (_, name: string) => valueOf(name));
  if (Array.isArray(value)) return value.map((item) => fillGaps(item, valueOf));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, fillGaps(child, valueOf)]));
}

function* leavesOf(value: unknown, path: readonly string[]): Generator<string> {
  if (isRecord(value)) for (const [key, child] of Object.entries(value)) yield* leavesOf(child, [...path, key]);
  else yield path.join('.');
}
