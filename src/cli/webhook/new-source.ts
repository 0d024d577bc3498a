import { UsageError } from '../../errors.ts';

/** What `webhook add` writes into .env. */
export interface NewSecret {
  readonly variable: string;
  readonly value: string;
}

/** Puts `key.below=value` into the settings of a source. Throws a UsageError where it cannot stand there. */
export function setAt(source: Record<string, unknown>, entry: string): void {
  const [, path, value] = /^([A-Za-z][A-Za-z.]*)=(.*)$/s.exec(entry) ?? [];
  if (path === undefined || value === undefined)
    throw new UsageError(`--set: write it like verify.header=x-signature, not "${entry.slice(0, 40)}"`);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let section = source;
  for (const key of keys) {
    const below = (Object.hasOwn(section, key) ? section[key] : undefined) ?? {};
    if (typeof below !== 'object') throw new UsageError(`--set: ${path}: ${key} is no section.`);
    section[key] = below;
    section = below as Record<string, unknown>; // An object, as was just seen.
  }
  section[last] =
    value.startsWith('[') && value.endsWith(']')
      ? value
          .slice(1, -1)
          .split(',')
          .map((item) => item.trim())
      : value;
}
