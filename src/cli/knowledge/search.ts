import { systemClock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { toConversationId } from '../../conversation-id.ts';
import { UsageError } from '../../errors.ts';
import { createFetch } from '../../http/fetch.ts';
import { createKnowledgeSearch, type Finding, type PassageQuery } from '../../knowledge/search.ts';
import { nameOf, visibleAt } from '../../knowledge/source.ts';
import { type Log, silentLog } from '../../log.ts';
import { loadSources } from '../../main/knowledge.ts';
import { openVectors } from '../../main/vectors.ts';
import type { Place } from '../../place-rule.ts';
import type { Store } from '../../store/store.ts';
import { exitCodes, type Cli } from '../command.ts';
import { withLedger } from '../ledger.ts';
import { toPrintable, toPrintableJson, toPrintableLine } from '../printable.ts';

export interface SearchOptions {
  readonly as?: string;
  readonly json?: boolean;
}

export async function searchDocuments(question: string, { as, json }: SearchOptions, cli: Cli): Promise<void> {
  const place = as === undefined ? undefined : toPlace(as);
  const found =
    (await withLedger(cli, async (store, config) => {
      const collections = place ? visibleAt(await loadSources(config, { store, log: silentLog }), place) : undefined;
      return find({ question, collections }, { store, config, cli });
    })) ?? [];
  if (found.length === 0) cli.exitCode = exitCodes.failed;
  if (json) cli.stdout.write(toPrintableJson(found.map(toJson)));
  else cli.stdout.write(toPrintable(found.map(toText).join('\n') || 'Nothing was found.\n'));
}

/** As a running Parley does, by the vectors that it has made. */
async function find(query: PassageQuery, { store, config, cli }: { store: Store; config: Config; cli: Cli }) {
  const { fetch, close } = createFetch({ connections: 1 });
  const vectors = await openVectors(config, { store, fetch, clock: systemClock, log: warningsTo(cli) });
  try {
    await vectors.load();
    return await createKnowledgeSearch(store, vectors)(query);
  } finally {
    await vectors.stop();
    await close();
  }
}

function warningsTo({ stderr }: Cli): Log {
  return { ...silentLog, warn: (message, fields) => stderr.write(`${message}: ${toPrintableLine(String(fields?.['error']))}\n`) };
}

function toPlace(written: string): Place {
  const [adapter = '', tenant = '', channel = '', ...rest] = written.split('/');
  if (adapter === '' || tenant === '' || rest.length > 0)
    throw new UsageError(`--as: "${written}" is no place. Example: --as slack/T0123/C0456, or --as discord/1234`);
  return { adapter, tenant, conversationId: toConversationId({ adapter, tenant, path: [channel] }) };
}

function toJson({ collection, source, title, heading, url, score, excerpt }: Finding) {
  return { collection: nameOf(collection), source, title, heading, url, score, excerpt };
}

function toText({ collection, source, heading, score, excerpt }: Finding): string {
  const where = `${nameOf(collection)}: ${source}${heading === '' ? '' : `: ${heading}`}`;
  return `${where} (${score.toFixed(2)})\n  ${excerpt.trim().replaceAll('\n', '\n  ')}\n`;
}
