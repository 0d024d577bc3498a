import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** An empty data folder that is gone after the test. */
export function createFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-store-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const headerBytes = 32;
const frameHeaderBytes = 24;
const pageBytes = 4096;

/**
 * How many transactions the write-ahead log of a folder holds: the frame that ends one says how large the database is after it.
 * See "WAL Frame Header" in the file format of SQLite.
 */
export function countCommits(folder: string): number {
  const log = readFileSync(join(folder, 'parley.db-wal'));
  const salt = log.subarray(16, 24);
  let commits = 0;
  for (let at = headerBytes; at + frameHeaderBytes <= log.length; at += frameHeaderBytes + pageBytes) {
    const isOfThisLog = log.subarray(at + 8, at + 16).equals(salt);
    if (isOfThisLog && log.readUInt32BE(at + 4) > 0) commits += 1;
  }
  return commits;
}
