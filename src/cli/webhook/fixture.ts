import type { LoadedConfig } from '../../config.ts';
import type { PresetFixture } from '../../config/preset-file.ts';
import { UsageError } from '../../errors.ts';

/** An event that the preset of the source brings along. Throws a UsageError that names those that there are. */
export async function findFixture({ presets }: LoadedConfig, source: string, name: string): Promise<PresetFixture> {
  const preset = presets.get(source);
  if (preset === undefined)
    throw new UsageError(`--fixture: the source "${source}" is made of no preset. Give a file in its place.`);
  const { findPreset } = await import('./presets.ts');
  const { fixtures } = findPreset(preset);
  const found = fixtures.find((fixture) => fixture.name === name);
  if (found) return found;
  const known = fixtures.map((fixture) => fixture.name).join(', ');
  throw new UsageError(`--fixture: the preset ${preset} has none that is called "${name.slice(0, 64)}". There are: ${known}.`);
}
