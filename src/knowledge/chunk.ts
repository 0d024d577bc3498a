import type { Passage } from '../store/knowledge-store.ts';
import { cutBlock } from './cut.ts';

/** Long enough for a list of steps with its introduction, short enough to be quoted in a chat. */
const maxPassageLength = 1_200;

const headingSeparator = ' › ';

export interface ChunkedDocument {
  /** The first heading, or the file's name in words. */
  readonly title: string;
  readonly passages: readonly Passage[];
}

export interface ChunkOptions {
  /** Whether headings, lists and the like are looked for. By the name of the source unless given. */
  readonly markdown?: boolean | undefined;
  /** Of a document whose text may have none: it stands above all headings but one of the first level. */
  readonly title?: string | undefined;
}

/**
 * Cuts a document into passages: each stands under one heading and holds whole paragraphs, lists, tables and code blocks; only what is
 * longer than a passage by itself is cut. A passage's heading is its path, from the document's title down.
 */
export function chunkDocument(source: string, content: string, options: ChunkOptions = {}): ChunkedDocument {
  const { markdown = !/\.txt$/i.test(source), title: given } = options;
  const passages: Passage[] = [];
  const path: string[] = [];
  let title: string | undefined;
  let blocks: string[] = [];

  const flush = (): void => {
    const whole = given === undefined || (path[0] ?? '') !== '' ? path : [given, ...path.slice(1)];
    const heading = whole.filter((part) => part !== '').join(headingSeparator) || titleFromName(source);
    for (const text of pack(blocks)) passages.push({ source, heading, text, position: passages.length });
    blocks = [];
  };
  for (const block of toBlocks(content, { markdown })) {
    if (typeof block === 'string') {
      blocks.push(block);
      continue;
    }
    flush();
    if (given === undefined || block.level === 1) title ??= block.text;
    path.length = Math.min(path.length, block.level - 1);
    while (path.length < block.level - 1) path.push('');
    path.push(block.text);
  }
  flush();
  return { title: title ?? given ?? titleFromName(source), passages };
}

interface Heading {
  readonly level: number;
  readonly text: string;
}

/** Paragraphs, lists, tables and code blocks as they stand, and the headings between them. */
function* toBlocks(content: string, { markdown }: { readonly markdown: boolean }): Generator<string | Heading> {
  let lines: string[] = [];
  let fence: string | undefined;
  const take = (): string => {
    const block = (markdown ? unwrap(lines) : lines.join('\n')).trimEnd();
    lines = [];
    return block;
  };
  for (const line of cleanLines(content, markdown)) {
    if (fence !== undefined || (markdown && opensFence(line))) {
      lines.push(line);
      fence = fenceAfter(line, fence);
      continue;
    }
    const heading = markdown ? toHeading(line, lines) : undefined;
    if (heading) {
      if (heading.underlined) lines.pop();
      yield take();
      yield heading;
      continue;
    }
    const endsBlock = lines.at(-1) === '' && line !== '' && !(isList(lines) && belongsToList(line));
    if (endsBlock) yield take();
    if (line !== '' || lines.length > 0) lines.push(line);
  }
  yield take();
}

// oxlint-disable-next-line no-control-regex -- they have no use in a document, and direction overrides make it read other than it is
const unwanted = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Without front matter, comments and control characters. */
function cleanLines(content: string, markdown: boolean): readonly string[] {
  const text = content.replaceAll(/\r\n?/g, '\n').replaceAll(unwanted, '');
  const body = markdown ? withoutComments(text.replace(/^---\n[\s\S]*?\n(?:---|\.\.\.)\n/, '')) : text;
  return body.split('\n').map((line) => (markdown && hardBreak.test(line) ? `${line.trimEnd()}  ` : line.trimEnd()));
}

const hardBreak = /\S {2,}$/;

/** A line break inside a paragraph is white space in Markdown, but a new line in a chat. */
function unwrap(lines: readonly string[]): string {
  let text = '';
  let fence: string | undefined;
  let goesOn = false;
  for (const line of lines) {
    const isCode = fence !== undefined || opensFence(line);
    if (isCode) fence = fenceAfter(line, fence);
    const joins = goesOn && !isCode && line !== '' && !/^\s*(?:[-*+>|]|\d{1,9}[.)])(?:\s|$)/.test(line) && !line.startsWith('|');
    text += joins ? ` ${line.trim()}` : `\n${line.trimEnd()}`;
    goesOn = !isCode && line !== '' && !hardBreak.test(line) && !line.startsWith('|') && !line.startsWith('    ');
  }
  return text.slice(1);
}

function withoutComments(text: string): string {
  let rest = '';
  let at = 0;
  for (let start = text.indexOf('<!--'); start >= 0; start = text.indexOf('<!--', at)) {
    const end = text.indexOf('-->', start);
    if (end < 0) break;
    rest += text.slice(at, start);
    at = end + 3;
  }
  return rest + text.slice(at);
}

const maxHeadingLength = 300;

function toHeading(line: string, before: readonly string[]): (Heading & { underlined?: boolean }) | undefined {
  if (line.length > maxHeadingLength) return undefined;
  const [, marks, text] = /^ {0,3}(#{1,6})\s+(.*?)(?:\s+#+)?$/.exec(line) ?? [];
  if (marks !== undefined && text !== undefined) return { level: marks.length, text: plain(text) };
  const above = before.at(-1) ?? '';
  if (!/^ {0,3}(=+|-{2,})$/.test(line) || above === '' || before.length > 1 || isListItem(above) || above.includes('|'))
    return undefined;
  return { level: line.includes('=') ? 1 : 2, text: plain(above), underlined: true };
}

/** A heading's text without its markup. */
function plain(text: string): string {
  return text
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[*`]|(?<!\w)_|_(?!\w)/g, '')
    .trim();
}

function opensFence(line: string): boolean {
  return /^ {0,3}(`{3,}|~{3,})/.test(line);
}

function fenceAfter(line: string, open: string | undefined): string | undefined {
  const marks = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
  if (open === undefined) return marks;
  return marks?.startsWith(open) && line.trim() === marks ? undefined : open;
}

function isListItem(line: string): boolean {
  return /^\s*(?:[-*+]|\d{1,9}[.)])\s/.test(line);
}

function isList(lines: readonly string[]): boolean {
  return lines.some(isListItem);
}

/** Another item, or a further paragraph of the last one. */
function belongsToList(line: string): boolean {
  return isListItem(line) || /^\s{2,}\S/.test(line);
}

/** As many blocks to a text as fit. A line that announces what follows it stays with it. */
function pack(blocks: readonly string[]): readonly string[] {
  const texts: string[] = [];
  let text = '';
  for (const block of blocks.filter((candidate) => candidate.trim() !== '')) {
    for (const piece of block.length > maxPassageLength ? cutBlock(block, maxPassageLength) : [block]) {
      const joined = text === '' ? piece : `${text}\n\n${piece}`;
      if (joined.length <= maxPassageLength) {
        text = joined;
        continue;
      }
      const [head, announcement] = cutAnnouncement(text, maxPassageLength - piece.length - 2);
      if (head !== '') texts.push(head);
      text = announcement === '' ? piece : `${announcement}\n\n${piece}`;
    }
  }
  if (text !== '') texts.push(text);
  return texts;
}

function cutAnnouncement(text: string, room: number): readonly [string, string] {
  const at = text.lastIndexOf('\n\n');
  const last = at < 0 ? text : text.slice(at + 2);
  return last.endsWith(':') && last.length <= room ? [text.slice(0, Math.max(at, 0)), last] : [text, ''];
}

export function titleFromName(source: string): string {
  const name = source.split('/').at(-1) ?? source;
  return (
    name
      .replace(/\.[a-z]+$/i, '')
      .replaceAll(/[-_.]+/g, ' ')
      .trim() || source
  );
}
