import { resolve } from 'node:path';
import { z } from 'zod';
import type { Conflict } from './conflict.ts';
import { embeddings } from './embeddings.ts';
import { adapterNames, count, setting, text, url } from './setting.ts';

const names = z.array(z.string().min(1)).min(1);

const scope = z.strictObject({ adapters: adapterNames.optional(), tenants: names.optional(), channels: names.optional() });

const tickets = z.strictObject({
  adapters: setting(adapterNames.optional(), { description: 'Of which platforms.', example: '[slack]' }),
  tenants: setting(names.optional(), {
    description: 'Of which workspaces, servers or sources of webhooks, by id.',
    example: '[T0123]',
  }),
  channels: setting(names.optional(), {
    description: 'Of which channels, by id. Without it direct messages are among them.',
    example: '[C0456]',
  }),
  minGood: setting(count.max(1_000).default(1), {
    description: 'How many people must have found an answer good. One whom it did not help is enough to leave it out.',
    example: '2',
  }),
});

const maxRefreshHours = 24 * 365;

/** One source of documents, in the configuration or added by a command. */
export const knowledgeSource = z.strictObject({
  folder: setting(text.min(1).optional(), {
    description:
      'A folder with documents: Markdown, plain text, HTML, PDF, DOCX. Each source has one of folder, files, urls, sitemap, tickets.',
    example: './handbook',
  }),
  files: setting(z.array(z.string().min(1)).min(1).max(5_000).optional(), {
    description: 'Single files.',
    example: '[./manual.pdf, ./prices.docx]',
  }),
  urls: setting(z.array(url).min(1).max(5_000).optional(), {
    description: 'Pages on the web, each by its address.',
    example: '["https://docs.example.com/returns"]',
  }),
  sitemap: setting(url.optional(), {
    description: 'The address of a sitemap: all pages that it names on its own host.',
    example: 'https://docs.example.com/sitemap.xml',
  }),
  tickets: tickets.optional(),
  everywhere: setting(z.boolean().optional(), {
    description: 'Of tickets, in place of allow: whether what was said in one conversation may be found in all.',
    example: 'true',
  }),
  maxPages: setting(count.max(10_000).default(500), {
    description: 'How many pages of a sitemap are read at most.',
    example: '2000',
  }),
  allow: setting(z.array(scope).min(1).optional(), {
    description:
      'Where its documents may be seen: each rule names adapters, tenants (Slack workspaces, Discord servers, webhook sources) or channels, all by id. Everywhere where it is left out.',
    example: '[{ adapters: [slack], tenants: [T0123], channels: [C0456] }]',
    defaultNote: 'everywhere',
  }),
  refreshHours: setting(z.number().min(0.1).max(maxRefreshHours).default(24), {
    description: 'How often a running Parley looks for what has changed, in hours.',
    example: '6',
  }),
});

export type KnowledgeSourceSettings = z.output<typeof knowledgeSource>;

export const sourceName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must have 1 to 40 of a-z, 0-9 and -');

export const knowledge = z
  .strictObject({
    folder: setting(text.optional(), {
      description: 'Folder with documents (Markdown, plain text, HTML, PDF, DOCX) for all: the source named `folder`.',
      example: './knowledge',
      defaultNote: './knowledge where it exists, else the folder that comes with Parley',
    }),
    embeddings,
    citations: setting(z.boolean().default(true), {
      description:
        'Whether an answer of an AI model that uses documents ends with a list of them, with links where they have an address.',
      example: 'false',
    }),
    sources: z.record(sourceName, knowledgeSource).default({}),
  })
  .prefault({});

const kinds = ['folder', 'files', 'urls', 'sitemap', 'tickets'] as const;

/** The source that `knowledge.folder` is. */
export const folderSource = 'folder';

/** What only shows when the settings of a source are looked at together. */
export function checkKnowledge(settings: z.output<typeof knowledge> | undefined): Conflict[] {
  return Object.entries(settings?.sources ?? {}).flatMap(([name, source]) =>
    checkSource(name, source).map(({ path, what }) => ({ path: ['knowledge', 'sources', name, ...path], what })),
  );
}

/** Paths start at the source. */
export function checkSource(name: string, source: KnowledgeSourceSettings): Conflict[] {
  if (name === folderSource) return [{ path: [], what: 'is the name of the source that knowledge.folder is: choose another' }];
  const [first, second] = kinds.filter((kind) => source[kind] !== undefined);
  if (first === undefined) return [{ path: ['folder'], what: `is missing: give one of ${kinds.join(', ')}` }];
  if (second !== undefined) return [{ path: [second], what: `is set beside ${first}: keep one of them` }];
  if (first !== 'tickets' && source.everywhere !== undefined)
    return [{ path: ['everywhere'], what: 'goes with tickets: a source without allow is seen everywhere' }];
  return [...(source.tickets ? checkTickets(source, source.tickets) : []), ...checkScope(source)];
}

/** What was said in one conversation is found in no other unless somebody has written down where. */
function checkTickets({ allow, everywhere }: KnowledgeSourceSettings, from: z.output<typeof tickets>): Conflict[] {
  const { adapters, tenants, channels } = from;
  if (!adapters && !tenants && !channels)
    return [{ path: ['tickets'], what: 'names no conversations: give it adapters, tenants or channels' }];
  if (allow && everywhere) return [{ path: ['everywhere'], what: 'is set beside allow: keep one of them' }];
  if (allow || everywhere) return [];
  const what = 'is missing: what was said in these conversations is found where it says; or set everywhere: true';
  return [{ path: ['allow'], what, example: 'allow: [{ adapters: [slack], tenants: [T0123] }]' }];
}

function checkScope(source: KnowledgeSourceSettings): Conflict[] {
  const isEmpty = source.allow?.some((rule) => Object.values(rule).every((named) => named === undefined));
  const what = 'has a rule that names nothing: give it adapters, tenants or channels, or leave allow out for everywhere';
  return isEmpty ? [{ path: ['allow'], what }] : [];
}

export function resolveSource(source: KnowledgeSourceSettings, cwd: string): KnowledgeSourceSettings {
  const { folder, files } = source;
  return {
    ...source,
    ...(folder === undefined ? {} : { folder: resolve(cwd, folder) }),
    ...(files === undefined ? {} : { files: files.map((file) => resolve(cwd, file)) }),
  };
}
