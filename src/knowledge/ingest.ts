import { hash } from 'node:crypto';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { IndexedPassage, KnowledgeStore, Passage } from '../store/knowledge-store.ts';
import { chunkDocument } from './chunk.ts';
import { toIndexWords } from './words.ts';

export interface IngestOptions {
  readonly folder: string;
  readonly store: Pick<KnowledgeStore, 'listDocuments' | 'putDocument' | 'removeDocument'>;
  readonly log: Log;
}

export interface IngestReport {
  readonly added: number;
  readonly unchanged: number;
  readonly removed: number;
  /** Titles of all documents, in the order of their paths. */
  readonly titles: readonly string[];
}

const maxFileBytes = 2 * 1024 * 1024;
const maxFiles = 5_000;
const maxDepth = 16;
/** What is put into the index at once is committed at once: a write to the disk for each file would make the first start slow. */
const filesAtOnce = 32;

/** Part of every hash: another way of cutting and indexing documents must reach those that have not changed. */
const indexVersion = 2;

/**
 * Brings the index up to date with the Markdown and text files of a folder: what is new or changed is put in, what is gone is taken
 * out. A file or subfolder that cannot be read keeps what the index has of it.
 */
export async function ingestFolder({ folder, store, log }: IngestOptions, signal?: AbortSignal): Promise<IngestReport> {
  const known = new Map((await store.listDocuments()).map((document) => [document.source, document.hash]));
  const { files, unreadable } = await findFiles(folder, log);
  const gone = new Set([...known.keys()].filter((source) => !unreadable.some((prefix) => source.startsWith(prefix))));
  const titles: string[] = [];
  let added = 0;

  const ingest = async (file: FoundFile): Promise<string | undefined> => {
    const content = await readDocument(file, log);
    if (content !== 'ignored') gone.delete(file.source);
    if (typeof content === 'string') return undefined;
    const { title, passages } = chunkDocument(file.source, content.text);
    if (known.get(file.source) === content.hash) return title;
    added += 1;
    await store.putDocument({ source: file.source, hash: content.hash }, passages.map(withIndexWords));
    return title;
  };
  for (let start = 0; start < files.length; start += filesAtOnce) {
    signal?.throwIfAborted();
    const batch = await Promise.all(files.slice(start, start + filesAtOnce).map(ingest));
    titles.push(...batch.filter((title) => title !== undefined));
  }
  await Promise.all([...gone].map((source) => store.removeDocument(source)));
  if (added + gone.size > 0) log.info('knowledge folder read', { folder, documents: titles.length, added, removed: gone.size });
  return { added, unchanged: titles.length - added, removed: gone.size, titles };
}

/** With the words that the index cannot see. */
export function withIndexWords(passage: Passage): Passage | IndexedPassage {
  const words = { heading: toIndexWords(passage.heading), text: toIndexWords(passage.text) };
  return words.heading === '' && words.text === '' ? passage : { ...passage, words };
}

interface FoundFile {
  /** Relative to the folder, with slashes. */
  readonly source: string;
  readonly path: string;
}

interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** What sources begin with about which nothing is known now. */
  readonly unreadable: readonly string[];
}

async function findFiles(folder: string, log: Log): Promise<FoundFiles> {
  const files: FoundFile[] = [];
  const unreadable: string[] = [];
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined) {
    log.warn('knowledge folder does not exist: there are no documents to answer from', { folder });
    return { files, unreadable };
  }
  const walk = async (prefix: string, depth: number): Promise<void> => {
    let entries;
    try {
      entries = await readdir(join(root, prefix), { withFileTypes: true });
    } catch (error) {
      log.warn('knowledge folder cannot be read', { folder: join(folder, prefix), error: describeError(error) });
      unreadable.push(prefix);
      return;
    }
    for (const entry of entries.toSorted((first, second) => (first.name < second.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const source = prefix + entry.name.normalize('NFC');
      const path = join(root, prefix, entry.name);
      if (entry.isDirectory()) {
        if (depth < maxDepth) await walk(`${prefix}${entry.name}/`, depth + 1);
      } else if (!/\.(md|markdown|txt)$/i.test(entry.name)) {
        log.debug('knowledge file ignored: only .md and .txt are read', { source });
      } else if (files.length >= maxFiles) {
        log.warn('knowledge file ignored: there are too many', { source, maxFiles });
      } else if (entry.isFile() || (entry.isSymbolicLink() && (await leadsInside(path, root)))) {
        files.push({ source, path });
      } else {
        log.warn('knowledge file ignored: it leads out of the folder', { source });
      }
    }
  };
  await walk('', 0);
  return { files, unreadable };
}

/** Kubernetes mounts files as links to a neighbouring folder, so links are followed, but never to a place outside: that could be anything. */
async function leadsInside(path: string, root: string): Promise<boolean> {
  const target = await realpath(path).catch(() => undefined);
  return target !== undefined && target.startsWith(root + sep) && (await lstat(target)).isFile();
}

interface DocumentContent {
  readonly text: string;
  readonly hash: string;
}

async function readDocument({ source, path }: FoundFile, log: Log): Promise<DocumentContent | 'ignored' | 'unreadable'> {
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) {
      log.warn('knowledge file ignored: it is too large', { source, size, maxFileBytes });
      return 'ignored';
    }
    const text = decode(await readFile(path));
    if (text === undefined) {
      log.warn('knowledge file ignored: it is not text', { source });
      return 'ignored';
    }
    return { text, hash: hash('sha256', `${indexVersion}\n${text}`) };
  } catch (error) {
    log.warn('knowledge file cannot be read', { source, error: describeError(error) });
    return 'unreadable';
  }
}

/** UTF-8 with or without a byte order mark, UTF-16 with one, or what old editors on Windows write. */
function decode(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
