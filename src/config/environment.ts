import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { ConfigFiles } from './files.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface EnvironmentSource {
  readonly env: Variables;
  readonly cwd: string;
  readonly files: ConfigFiles;
}

export interface Found {
  readonly value: string;
  /** The variable, or the variable that names the file. */
  readonly source: string;
}

/** The variables of the process, and of a file .env in the working directory where the process has none of that name. */
export interface Environment {
  /** The value of `name`. With `fromFile`, the content of the file that NAME_FILE names will do. An empty value counts as none. */
  get(name: string, options?: { readonly fromFile?: boolean }): Found | undefined;
  /** Whether a value was given in a way that cannot be used; `problems` says why. */
  failed(name: string): boolean;
  readonly names: readonly string[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export function openEnvironment(source: EnvironmentSource): Environment {
  const problems = new Set<string>();
  const warnings = new Set<string>();
  const failed = new Set<string>();
  const variables: Variables = { ...readEnvFile(source, problems), ...source.env };

  const fail = (name: string, problem: string): undefined => {
    failed.add(name);
    problems.add(problem);
  };

  const fromFile = (name: string): string | undefined => {
    const path = variables[`${name}_FILE`] ?? '';
    try {
      const file = source.files.read(resolve(source.cwd, path));
      if (file === undefined) throw new Error('there is no such file');
      // 0640: the owner writes, the owner's group reads, nobody else has a share in it.
      if ((file.mode & ~0o640) !== 0) {
        warnings.add(
          `${name}_FILE: ${path} has the mode ${file.mode.toString(8).padStart(4, '0')}. Mend it with: chmod 640 ${path}`,
        );
      }
      const value = file.text.replace(/\r?\n$/, '');
      if (value === '') throw new Error('the file is empty');
      return value;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return fail(name, `${name}_FILE: cannot read ${path}: ${reason}. Example: ${name}_FILE=/run/secrets/${name.toLowerCase()}`);
    }
  };

  return {
    get(name, options) {
      const value = variables[name] || undefined;
      if (!options?.fromFile || !variables[`${name}_FILE`]) return value === undefined ? undefined : { value, source: name };
      if (value !== undefined) return fail(name, `${name} and ${name}_FILE are both set: keep one of them.`);
      const content = fromFile(name);
      return content === undefined ? undefined : { value: content, source: `${name}_FILE` };
    },
    failed: (name) => failed.has(name),
    names: Object.keys(variables).filter((name) => variables[name]),
    get problems() {
      return [...problems];
    },
    get warnings() {
      return [...warnings];
    },
  };
}

function readEnvFile(source: EnvironmentSource, problems: Set<string>): Variables {
  try {
    const file = source.files.read(resolve(source.cwd, '.env'));
    return file ? parseEnv(file.text) : {};
  } catch (error) {
    problems.add(`.env: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
}
