import { hash } from 'node:crypto';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SourceProblem } from '../store/knowledge-store.ts';
import {
  indexVersion,
  type DocumentItem,
  type ItemResult,
  type KnownBefore,
  type Listing,
  type ReadDocument,
} from './document-item.ts';
import { titleFromName } from './chunk.ts';

export interface FileMeans {
  readonly log: Log;
  readonly readDocument: ReadDocument;
}

const maxTextBytes = 2 * 1024 * 1024;
const maxDocumentBytes = 32 * 1024 * 1024;
const maxFiles = 5_000;
const maxDepth = 16;
/** What is put into the index at once is committed at once: a write to the disk for each file would make the first start slow. */
const filesAtOnce = 32;

const textName = /\.(?:md|markdown|txt)$/i;
const documentName = /\.(?:html?|xhtml|pdf|docx)$/i;

/** The documents of a folder and the folders below it. About a folder that cannot be read nothing is known. */
export async function listFolder(folder: string, means: FileMeans): Promise<Listing> {
  const { files, unreadable, problems } = await findFiles(folder, means.log);
  return {
    items: files.map((file) => toItem(file, means)),
    atOnce: filesAtOnce,
    problems,
    keeps: (source) => unreadable.some((prefix) => source.startsWith(prefix)),
  };
}

/** Files that are named one by one, by their paths. */
export function listFiles(paths: readonly string[], means: FileMeans): Promise<Listing> {
  const items = paths.map((path) => toItem({ source: path.normalize('NFC'), path }, means));
  return Promise.resolve({ items, atOnce: filesAtOnce, problems: [], keeps: () => false });
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
  readonly problems: readonly SourceProblem[];
}

async function findFiles(folder: string, log: Log): Promise<FoundFiles> {
  const files: FoundFile[] = [];
  const unreadable: string[] = [];
  const problems: SourceProblem[] = [];
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined) return { files, unreadable, problems: [{ source: folder, reason: 'the folder does not exist' }] };
  let left = 0;

  async function add(entry: { readonly isFile: boolean; readonly isLink: boolean }, file: FoundFile): Promise<void> {
    if (!textName.test(file.source) && !documentName.test(file.source)) {
      log.debug('knowledge file ignored: it has none of the endings that are read', { source: file.source });
    } else if (files.length >= maxFiles) {
      left += 1;
    } else if (entry.isFile || (entry.isLink && (await leadsInside(file.path, root ?? '')))) {
      files.push(file);
    } else {
      problems.push({ source: file.source, reason: 'it leads out of the folder' });
    }
  }
  const walk = async (prefix: string, depth: number): Promise<void> => {
    let entries;
    try {
      entries = await readdir(join(root, prefix), { withFileTypes: true });
    } catch (error) {
      problems.push({ source: join(folder, prefix), reason: `the folder cannot be read (${describeError(error)})` });
      unreadable.push(prefix);
      return;
    }
    for (const entry of entries.toSorted((first, second) => (first.name < second.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const path = join(root, prefix, entry.name);
      if (entry.isDirectory() && depth < maxDepth) await walk(`${prefix}${entry.name}/`, depth + 1);
      if (entry.isDirectory()) continue;
      const file = { source: prefix + entry.name.normalize('NFC'), path };
      await add({ isFile: entry.isFile(), isLink: entry.isSymbolicLink() }, file);
    }
  };
  await walk('', 0);
  if (left > 0) problems.push({ source: folder, reason: `${left} files are left out: ${maxFiles} are read at most` });
  return { files, unreadable, problems };
}

/** Kubernetes mounts files as links to a neighbouring folder, so links are followed, but never to a place outside: that could be anything. */
async function leadsInside(path: string, root: string): Promise<boolean> {
  const target = await realpath(path).catch(() => undefined);
  return target !== undefined && target.startsWith(root + sep) && (await lstat(target)).isFile();
}

function toItem(file: FoundFile, means: FileMeans): DocumentItem {
  return { source: file.source, read: (before, signal) => readItem({ ...file, ...before }, means, signal) };
}

async function readItem(
  { path, document, problem }: FoundFile & KnownBefore,
  { readDocument }: FileMeans,
  signal: AbortSignal,
): Promise<ItemResult> {
  const bytes = await load(path);
  if ('type' in bytes) return bytes;
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${indexVersion}\n`), bytes]));
  if (document?.hash === digest) return { type: 'unchanged' };
  if (problem?.hash === digest) return { type: 'unread', reason: problem.reason, keep: false, hash: digest };
  if (textName.test(path)) {
    const text = decode(bytes);
    if (text === undefined) return { type: 'unread', reason: 'it is not text', keep: false, hash: digest };
    return { type: 'read', content: { text, hash: digest, markdown: !/\.txt$/i.test(path) } };
  }
  const read = await readDocument({ name: basename(path), bytes }, signal);
  if ('problem' in read) return { type: 'unread', reason: read.problem, keep: false, hash: digest };
  return { type: 'read', content: { ...read, title: read.title ?? titleFromName(path), hash: digest, markdown: true } };
}

async function load(path: string): Promise<Uint8Array | Extract<ItemResult, { type: 'unread' }>> {
  const maxBytes = textName.test(path) ? maxTextBytes : maxDocumentBytes;
  try {
    const found = await stat(path);
    if (!found.isFile()) return { type: 'unread', reason: 'it is no file', keep: false };
    if (found.size > maxBytes) {
      const reason = `it has ${found.size} bytes, more than the ${maxBytes} that are read`;
      return { type: 'unread', reason, keep: false };
    }
    return await readFile(path);
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return { type: 'unread', reason: isGone ? 'it is not there' : describeError(error), keep: !isGone };
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
