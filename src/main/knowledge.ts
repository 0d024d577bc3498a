import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { parseAddedSource } from '../config/added-source.ts';
import { folderSource, type KnowledgeSourceSettings } from '../config/knowledge.ts';
import { createMarkdownReader } from '../files/read-markdown.ts';
import { ingestSource, type IngestMeans, type IngestReport } from '../knowledge/ingest.ts';
import { createKnowledge, type Knowledge } from '../knowledge/knowledge.ts';
import { startRefresher } from '../knowledge/refresh.ts';
import type { KnowledgeSource, SourceContent } from '../knowledge/source.ts';
import type { Vectors } from '../knowledge/vectors.ts';
import { silentLog, type Log } from '../log.ts';
import { createOutbound } from '../outbound.ts';
import type { Store } from '../store/store.ts';
import { isAllowedAnywhere } from '../tools/toolbox.ts';
import { openOutward } from './adapters.ts';

export interface KnowledgeParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenedKnowledge extends Knowledge {
  /** Ends what is being read. */
  stop(): Promise<void>;
}

const never = new AbortController().signal;

/**
 * The documents, where somebody may search them. Those of `knowledge.folder` are read before it resolves; all others, and what changes,
 * in the background.
 */
export async function openKnowledge(
  config: Pick<Config, 'knowledge' | 'tools' | 'model' | 'outbound'>,
  {
    signal = never,
    vectors,
    ...parts
  }: KnowledgeParts & { readonly signal: AbortSignal | undefined; readonly vectors?: Vectors },
): Promise<OpenedKnowledge> {
  const sources = (): Promise<readonly KnowledgeSource[]> => loadSources(config, parts);
  // What cannot be used is said by the rounds of the refresher, not at each question.
  const knowledge = createKnowledge({ ...parts, vectors, sources: () => loadSources(config, { ...parts, log: silentLog }) });
  const isUsed = config.model.provider === 'builtin' || isAllowedAnywhere(config.tools.allow, 'search_knowledge');
  if (!isUsed) return { ...knowledge, stop: () => Promise.resolve() };
  const { means, close } = openIngestMeans(config, parts);
  const ingest = async (source: KnowledgeSource, ending: AbortSignal): Promise<IngestReport> => {
    const report = await ingestSource(source, means, ending);
    await vectors?.update();
    return report;
  };
  await ingest(toFolderSource(config), signal);
  const refresher = startRefresher({ ...parts, sources, ingest, done: [folderSource] });
  return {
    ...knowledge,
    stop: async () => {
      await refresher.stop();
      await close();
    },
  };
}

/** What a source is read with. */
export function openIngestMeans(config: Pick<Config, 'outbound'>, { store, clock, log }: KnowledgeParts): OpenedMeans {
  const outbound = createOutbound(openOutward(config));
  // Opened with the first request.
  const fetch: typeof globalThis.fetch = (input, init) => outbound.fetchBy()(input, init);
  return { means: { store, clock, log, readDocument: createMarkdownReader({ clock }), fetch }, close: outbound.close };
}

interface OpenedMeans {
  readonly means: IngestMeans;
  /** Ends connections. */
  close(): Promise<void>;
}

/** The sources of the configuration, and those that were added by a command. One that cannot be used any more is left out, and seen nowhere. */
export async function loadSources(
  config: Pick<Config, 'knowledge'>,
  { store, log }: Pick<KnowledgeParts, 'store' | 'log'>,
): Promise<readonly KnowledgeSource[]> {
  const configured = Object.entries(config.knowledge.sources).map(([name, source]) => toSource(name, source));
  const sources = [toFolderSource(config), ...configured];
  for (const { name, settings } of await store.listSources()) {
    const parsed = parseAddedSource(name, settings);
    if ('problems' in parsed)
      log.warn('an added source of documents cannot be used', { source: name, problems: parsed.problems });
    // The configuration has the last word on a name.
    else if (!sources.some((source) => source.name === name)) sources.push(toSource(name, parsed.source));
  }
  return sources;
}

const hourMs = 3_600_000;

function toFolderSource({ knowledge: { folder } }: Pick<Config, 'knowledge'>): KnowledgeSource {
  return { name: folderSource, refreshMs: 24 * hourMs, content: { type: 'folder', folder } };
}

export function toSource(name: string, settings: KnowledgeSourceSettings): KnowledgeSource {
  return { name, allow: settings.allow, refreshMs: settings.refreshHours * hourMs, content: toContent(settings) };
}

/** The check of the configuration leaves exactly one of them. */
function toContent({ folder, files, urls, sitemap = '', maxPages, tickets }: KnowledgeSourceSettings): SourceContent {
  if (folder !== undefined) return { type: 'folder', folder };
  if (files !== undefined) return { type: 'files', files };
  if (urls !== undefined) return { type: 'urls', urls };
  if (tickets !== undefined) {
    const { minGood, ...of } = tickets;
    return { type: 'tickets', of, minGood };
  }
  return { type: 'sitemap', sitemap, maxPages };
}
