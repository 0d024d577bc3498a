import { resolve } from 'node:path';
import type { Environment } from './environment.ts';
import type { ConfigFiles } from './files.ts';
import { configSchema } from './schema.ts';
import { isRecord, listSettings } from './walk.ts';
import type { YamlSettings } from './yaml-file.ts';

/** The variable that names the configuration file: the one setting that cannot stand in that file. */
export const configFileVariable = 'PARLEY_CONFIG';

export type ConfigFile = YamlSettings & { readonly name: string };

export async function readConfigFile(
  environment: Environment,
  options: { cwd: string; files: ConfigFiles },
): Promise<ConfigFile> {
  const named = environment.get(configFileVariable)?.value;
  const name = named ?? 'parley.yaml';
  const nothing = { name, value: {}, lines: new Map<string, number>(), failed: new Set<string>() };
  try {
    const file = options.files.read(resolve(options.cwd, name));
    if (!file && named === undefined) return { ...nothing, problems: [] };
    if (!file) throw new Error('there is no such file');
    // Loaded only where there is a file: it takes 50 ms.
    const { readYaml } = await import('./yaml-file.ts');
    return { name, ...readYaml(file.text, { name, environment, holdsJson: createHoldsJson() }) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ...nothing,
      problems: [`${configFileVariable}: cannot read ${name}: ${reason}. Example: ${configFileVariable}=./parley.yaml`],
    };
  }
}

function createHoldsJson(): (path: readonly string[]) => boolean {
  const keys = listSettings(configSchema).flatMap(({ path, info }) => (info.isJson ? [path] : []));
  return (path) =>
    keys.some((key) => key.length === path.length && key.every((part, index) => part === 'NAME' || part === path[index]));
}

/** What the file and the environment say, as one tree; which variable set what; and which keys have a value that cannot be made out. */
export function mergeSources(file: ConfigFile, environment: Environment) {
  const input = structuredClone(file.value);
  const variables = new Map<string, string>();
  const failed = new Set(file.failed);
  for (const { path, info } of listSettings(configSchema)) {
    if (!info.env) continue;
    const key = path.join('.');
    const found = environment.get(info.env, { fromFile: info.secret === true || info.fromFile === true });
    if (environment.failed(info.env)) failed.add(key);
    if (found && setAt(input, path, found.value)) variables.set(key, found.source);
  }
  return { input, variables, failed };
}

/** Puts the value at the path; false where something else than a section stands in the way, for the schema to complain about. */
function setAt(root: unknown, path: readonly string[], value: string): boolean {
  let section = root;
  for (const key of path.slice(0, -1)) {
    if (!isRecord(section)) return false;
    section = section[key] ??= {};
  }
  if (!isRecord(section)) return false;
  section[path.at(-1) ?? ''] = value;
  return true;
}
