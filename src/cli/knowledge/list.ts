import { folderSource } from '../../config/knowledge.ts';
import { collectionOf, type KnowledgeSource } from '../../knowledge/source.ts';
import { silentLog } from '../../log.ts';
import { loadSources } from '../../main/knowledge.ts';
import type { ListedDocument, SourceSync } from '../../store/knowledge-store.ts';
import { align, countOf } from '../align.ts';
import type { Cli } from '../command.ts';
import { withLedger } from '../ledger.ts';
import { toPrintableJson, toPrintableLine } from '../printable.ts';

interface Listed {
  readonly source: KnowledgeSource;
  readonly documents: readonly ListedDocument[];
  readonly sync: SourceSync | undefined;
}

export async function listSources({ json }: { readonly json?: boolean }, cli: Cli): Promise<void> {
  const listed = await withLedger(cli, async (store, config): Promise<readonly Listed[]> => {
    const [sources, syncs] = [await loadSources(config, { store, log: silentLog }), await store.listSyncs()];
    const documents = Map.groupBy(await store.listDocuments(), ({ collection }) => collection);
    return sources.map((source) => ({
      source,
      documents: documents.get(collectionOf(source)) ?? [],
      sync: syncs.find(({ collection }) => collection === collectionOf(source)),
    }));
  });
  if (!listed) return;
  if (json) cli.stdout.write(toPrintableJson(listed.map(toJson)));
  else cli.stdout.write(listed.map(toText).join('\n'));
}

function toJson({ source: { name, allow, content }, documents, sync }: Listed) {
  return {
    name,
    ...content,
    allow,
    syncedAt: sync && new Date(sync.syncedAt).toISOString(),
    documents: documents.map(({ source, title, url, passages, fetchedAt }) => {
      return { source, title, url, passages, fetchedAt: new Date(fetchedAt).toISOString() };
    }),
    problems: sync?.problems.map(({ source, reason }) => ({ source, reason })) ?? [],
  };
}

function toText({ source, documents, sync }: Listed): string {
  const when = sync ? `, looked at ${toMinute(sync.syncedAt)}` : ', not looked at yet';
  const scope = source.allow ? ` for ${source.allow.map(toScope).join(' or ')}` : ' for all';
  const head = `${source.name} (${toPrintableLine(toOrigin(source))})${scope}: ${countOf(documents.length, 'document')}${when}\n`;
  const rows = documents.map((document) => [
    `  ${toPrintableLine(document.source)}`,
    toPrintableLine(document.title),
    countOf(document.passages, 'passage'),
    // Files are read where they lie; pages are as they were then.
    source.name === folderSource ? '' : toMinute(document.fetchedAt),
  ]);
  const problems = sync?.problems.map(({ source: name, reason }) => toPrintableLine(`  ! ${name}: ${reason}`)) ?? [];
  return `${head}${align(rows, 2)}${problems.map((problem) => `${problem}\n`).join('')}`;
}

function toOrigin({ content }: KnowledgeSource): string {
  if (content.type === 'folder') return content.folder;
  if (content.type === 'sitemap') return content.sitemap;
  if (content.type === 'tickets') return 'solved tickets';
  return content.type === 'files' ? countOf(content.files.length, 'file') : countOf(content.urls.length, 'page');
}

function toScope(rule: NonNullable<KnowledgeSource['allow']>[number]): string {
  return Object.entries(rule)
    .flatMap(([kind, names]) => (Array.isArray(names) ? [`${kind} ${names.join(', ')}`] : []))
    .join(' and ');
}

function toMinute(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}
