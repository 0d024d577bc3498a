import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { parseAddedSource } from '../../config/added-source.ts';
import { UsageError } from '../../errors.ts';
import { toSource } from '../../main/knowledge.ts';
import type { Store } from '../../store/store.ts';
import type { Cli } from '../command.ts';
import { openLedger } from '../ledger.ts';
import { readSources, report } from './sync.ts';

export interface AddOptions {
  readonly adapter?: readonly string[];
  readonly tenant?: readonly string[];
  readonly channel?: readonly string[];
  readonly sitemap?: boolean;
  readonly maxPages?: string;
  readonly refreshHours?: string;
  readonly json?: boolean;
}

export interface Addition extends AddOptions {
  readonly name: string;
  readonly from: readonly string[];
}

/** Keeps the source in the ledger, by the rules of the configuration, and reads it. */
export async function addSource(addition: Addition, cli: Cli): Promise<void> {
  const { config, paths } = await cli.loadConfig();
  const { name, json } = addition;
  const settings = { ...toContent(addition, dirname(paths.env)), ...toScope(addition), ...toNumbers(addition) };
  const parsed = parseAddedSource(name, settings);
  if ('problems' in parsed)
    throw new UsageError(`The source cannot be added:\n${parsed.problems.map((each) => `  - ${each}`).join('\n')}`);
  const store = openLedger(config, { exclusive: false });
  try {
    await refuseTaken(name, { config, store });
    await store.putSource({ name, settings: JSON.stringify(settings), addedAt: systemClock.now() });
    report(await readSources([toSource(name, parsed.source)], { config, store }, cli), { json }, cli);
  } finally {
    await store.close();
  }
}

async function refuseTaken(name: string, { config, store }: { config: Config; store: Store }): Promise<void> {
  if (Object.hasOwn(config.knowledge.sources, name))
    throw new UsageError(
      `There is a source "${name}" in the configuration: change knowledge.sources.${name} there, or add this under another name.`,
    );
  if ((await store.listSources()).some((source) => source.name === name))
    throw new UsageError(`There is a source "${name}" already. To replace it: parley knowledge remove ${name}`);
}

function toContent({ from, sitemap }: Addition, folder: string) {
  const areAddresses = from.map((each) => /^https?:\/\//i.test(each));
  const [first = ''] = from;
  if (areAddresses.every(Boolean)) {
    const isSitemap = sitemap ?? (from.length === 1 && /\.xml(?:\.gz)?$/i.test(URL.parse(first)?.pathname ?? ''));
    if (isSitemap && from.length > 1) throw new UsageError('--sitemap: one address at a time.');
    return isSitemap ? { sitemap: first } : { urls: from };
  }
  if (areAddresses.some(Boolean)) throw new UsageError('Files and addresses are sources of their own: add each under a name.');
  const paths = from.map((path) => resolve(folder, path));
  const folders = paths.filter((path) => kindOf(path) === 'folder');
  if (folders.length === 0) return { files: paths };
  if (paths.length > 1) throw new UsageError('A folder is a source of its own: add each under a name.');
  return { folder: paths[0] };
}

function kindOf(path: string): 'folder' | 'file' {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new UsageError(`${path} does not exist.`);
  return found.isDirectory() ? 'folder' : 'file';
}

/** All of them together are one rule. */
function toScope({ adapter, tenant, channel }: Addition) {
  if (!adapter && !tenant && !channel) return {};
  const rule = {
    ...(adapter && { adapters: adapter }),
    ...(tenant && { tenants: tenant }),
    ...(channel && { channels: channel }),
  };
  return { allow: [rule] };
}

function toNumbers({ maxPages, refreshHours }: Addition) {
  return {
    ...(maxPages === undefined ? {} : { maxPages: toNumber(maxPages, '--max-pages') }),
    ...(refreshHours === undefined ? {} : { refreshHours: toNumber(refreshHours, '--refresh-hours') }),
  };
}

function toNumber(written: string, option: string): number {
  const number = Number(written);
  if (written.trim() === '' || !Number.isFinite(number)) throw new UsageError(`${option}: "${written}" is no number.`);
  return number;
}
