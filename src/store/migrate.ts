import { readdirSync, readFileSync } from 'node:fs';
import { StoreError } from '../errors.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** The numbered migrations of one backend, in order: 0001_name.sql, 0002_name.sql, and so on without a gap. Append-only. */
export function loadMigrations(backend: 'sqlite'): readonly Migration[] {
  const folder = new URL(`./migrations/${backend}/`, import.meta.url);
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted();
  return files.map((file, index) => {
    const version = Number.parseInt(file, 10);
    if (version !== index + 1) throw new StoreError(`Migration ${file} is out of order: number ${index + 1} was expected.`);
    return { version, name: file, sql: readFileSync(new URL(file, folder), 'utf8') };
  });
}

/** What is to be applied to a database of this version. Throws a StoreError when it was written by a newer Parley. */
export function pendingMigrations(migrations: readonly Migration[], current: number): readonly Migration[] {
  const newest = migrations.at(-1)?.version ?? 0;
  if (current > newest) {
    throw new StoreError(
      `The database has schema ${current}, this Parley knows ${newest} at most. Run the version that wrote it or a newer one, or point PARLEY_DATA at another folder.`,
    );
  }
  return migrations.filter((migration) => migration.version > current);
}
