import { diskFiles } from '../../config/files.ts';
import { presetNames, readPreset, type Preset } from '../../config/preset-file.ts';
import { suggest } from '../../config/suggest.ts';
import { UsageError } from '../../errors.ts';
import type { Cli } from '../command.ts';

export function listPresets(options: { readonly json?: boolean }, cli: Cli): void {
  const presets = presetNames.map((name) => ({ name, ...toSummary(findPreset(name)) }));
  const width = Math.max(...presetNames.map((name) => name.length));
  cli.stdout.write(
    options.json
      ? `${JSON.stringify(presets, null, 2)}\n`
      : `${presets.map(({ name, title }) => `${name.padEnd(width)}  ${title}`).join('\n')}\n`,
  );
  if (!options.json) cli.stderr.write('\nWhat one needs, and how to set it up: parley webhook presets NAME\n');
}

export function showPreset(name: string, options: { readonly json?: boolean }, cli: Cli): void {
  const preset = findPreset(name);
  cli.stdout.write(options.json ? `${JSON.stringify({ name, ...toSummary(preset) }, null, 2)}\n` : describe(name, preset));
}

/** Throws a UsageError that names the presets that there are. */
export function findPreset(name: string): Preset {
  const preset = readPreset(name, diskFiles);
  if (preset) return preset;
  const near = suggest(name, presetNames);
  throw new UsageError(
    `There is no preset "${name.slice(0, 64)}".${near ? ` Did you mean ${near}?` : ''} There are: ${presetNames.join(', ')}.`,
  );
}

function toSummary({ title, docs, notes, settings, fixtures }: Preset) {
  return { title, docs, notes, settings, fixtures: fixtures.map(({ name }) => name) };
}

function describe(name: string, { title, docs, notes, settings, source, fixtures }: Preset): string {
  const sourceName = name.replaceAll(/[^a-z0-9]+/g, '-');
  const needed = Object.entries(settings).filter(([, setting]) => setting.default === undefined);
  const optional = Object.entries(settings).filter(([, setting]) => setting.default !== undefined);
  return `${[
    title,
    '',
    notes.trimEnd(),
    '',
    'In parley.yaml:',
    '',
    'webhooks:',
    `  ${sourceName}:`,
    `    preset: ${name}`,
    ...(needed.length > 0 ? ['    with:'] : []),
    ...needed.map(([key, { example, description }]) => `      ${key}: ${example} # ${description}`),
    ...optional.map(([key, { default: fallback, description }]) => `      # ${key}: ${fallback} # ${description}`),
    '',
    `Then ${source['handshake'] === undefined ? 'the vendor' : 'the vendor, which asks first,'} posts to /webhooks/${sourceName}. To see what comes of its events:`,
    ...fixtures.map((fixture) => `  parley webhook try ${sourceName} --fixture ${fixture.name}`),
    '',
    `Follows: ${docs.join('\n         ')}`,
  ].join('\n')}\n`;
}
