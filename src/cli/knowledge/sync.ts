import { systemClock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { UsageError } from '../../errors.ts';
import { ingestSource, type IngestProgress, type IngestReport } from '../../knowledge/ingest.ts';
import { removeOrphans } from '../../knowledge/refresh.ts';
import type { KnowledgeSource } from '../../knowledge/source.ts';
import { silentLog } from '../../log.ts';
import { loadSources, openIngestMeans } from '../../main/knowledge.ts';
import type { Store } from '../../store/store.ts';
import { exitCodes, type Cli } from '../command.ts';
import { openLedger } from '../ledger.ts';
import { toPrintableJson, toPrintableLine } from '../printable.ts';

export interface SyncOptions {
  readonly name: string | undefined;
  readonly json?: boolean;
}

/** Reads the sources as they are now. What is read is whole, document by document, and seen by a running Parley at once. */
export async function syncSources({ name, json }: SyncOptions, cli: Cli): Promise<void> {
  const { config } = await cli.loadConfig();
  const store = openLedger(config, { exclusive: false });
  try {
    const all = () => loadSources(config, { store, log: silentLog });
    const sources = (await all()).filter((source) => name === undefined || source.name === name);
    if (sources.length === 0) throw new UsageError(await unknownSource(name ?? '', all));
    const reports = await readSources(sources, { config, store }, cli);
    if (name === undefined) await removeOrphans(store, all);
    report(reports, { json }, cli);
  } finally {
    await store.close();
  }
}

export async function unknownSource(name: string, sources: () => Promise<readonly KnowledgeSource[]>): Promise<string> {
  const known = (await sources()).map((source) => source.name).join(', ');
  return `There is no source "${toPrintableLine(name)}". There are: ${known}.`;
}

interface ReadParts {
  readonly config: Config;
  readonly store: Store;
}

export async function readSources(
  sources: readonly KnowledgeSource[],
  { config, store }: ReadParts,
  cli: Cli,
): Promise<readonly IngestReport[]> {
  const { means, close } = openIngestMeans(config, { store, clock: systemClock, log: silentLog });
  const { onProgress, end } = showProgress(cli);
  const reports: IngestReport[] = [];
  try {
    for (const source of sources) {
      reports.push(await ingestSource(source, { ...means, onProgress }, new AbortController().signal));
      end();
    }
  } finally {
    end();
    await close();
  }
  return reports;
}

const lineLength = 100;

/** One line that is written over, where somebody looks on. */
function showProgress({ stderr }: Cli) {
  const isSeen = stderr.isTTY === true;
  let isOpen = false;
  return {
    onProgress: ({ collection, done, of, source }: IngestProgress): void => {
      if (!isSeen) return;
      isOpen = true;
      stderr.write(`\r\u001b[K${toPrintableLine(`${collection} ${done}/${of} ${source}`).slice(0, lineLength)}`);
    },
    end: (): void => {
      if (isOpen) stderr.write('\r\u001b[K');
      isOpen = false;
    },
  };
}

export function report(reports: readonly IngestReport[], { json }: { readonly json?: boolean | undefined }, cli: Cli): void {
  if (reports.some(({ problems }) => problems.length > 0)) cli.exitCode = exitCodes.failed;
  if (json) {
    const shown = reports.map(({ problems, ...rest }) => {
      return { ...rest, problems: problems.map(({ source, reason }) => ({ source, reason })) };
    });
    cli.stdout.write(toPrintableJson(shown));
    return;
  }
  for (const { collection, added, unchanged, removed, problems } of reports) {
    cli.stdout.write(`${collection}: ${added} read, ${unchanged} unchanged, ${removed} removed\n`);
    for (const { source, reason } of problems) cli.stdout.write(toPrintableLine(`  ! ${source}: ${reason}`).concat('\n'));
  }
}
