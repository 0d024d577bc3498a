/**
 * Cuts Markdown into texts of at most `limit` UTF-16 units, at structure: between blocks, then lines, then sentences, then words, and
 * only as a last resort inside a word (never inside a surrogate pair). A code fence that has to be cut is closed at the end of
 * one text and opened again, with its info string, at the start of the next. No other character is added; only white space
 * at a cut is lost. A limit below 40 leaves no room for fences and may be exceeded.
 */
export function splitMarkdown(text: string, limit: number): string[] {
  if (text.length <= limit) return text.trim() === '' ? [] : [text];
  const texts: string[] = [];
  let fence: Fence | undefined;
  let rest = text;
  while (rest.trim() !== '') {
    const opening = fence === undefined ? '' : `${fence.line}\n`;
    if (opening.length + rest.length <= limit) {
      texts.push(opening + rest);
      break;
    }
    // Room for the closing fence is kept free whether or not it turns out to be needed.
    const closingLength = Math.max(fence?.marks.length ?? 0, longestFence(rest));
    const cut = findCut(rest, { room: Math.max(1, limit - opening.length - closingLength - 1), fence });
    const piece = rest.slice(0, cut);
    const after = fenceAfter(piece, fence, limit);
    const closing = after === undefined ? '' : `\n${after.marks}`;
    if (piece.trim() !== '') texts.push(opening + piece.trimEnd() + closing);
    ({ fence, rest } = goOn(rest.slice(cut), after));
  }
  return texts;
}

export interface MarkdownCut {
  readonly head: string;
  /** Begins with the fence that the cut has closed, where it has. */
  readonly rest: string;
  /** How much of `rest` stood there already: the fence. */
  readonly reopened: number;
}

/** The first cut that `splitMarkdown` makes; undefined where all of it fits. For a text that still grows: the rest may be nothing yet. */
export function cutMarkdown(text: string, limit: number): MarkdownCut | undefined {
  if (text.length <= limit) return undefined;
  return cutMarkdownAt(text, findCut(text, { room: Math.max(1, limit - longestFence(text) - 1), fence: undefined }));
}

/** Cuts at this place, whatever stands there. */
export function cutMarkdownAt(text: string, at: number): MarkdownCut {
  const piece = text.slice(0, at);
  const after = fenceAfter(piece, undefined, Number.POSITIVE_INFINITY);
  const head = `${piece.trimEnd()}${after === undefined ? '' : `\n${after.marks}`}`;
  const { fence, rest } = goOn(text.slice(at), after);
  const opening = fence === undefined ? '' : `${fence.line}\n`;
  return { head, rest: opening + rest, reopened: opening.length };
}

/** Whether a text that ends here ends inside of a code block. */
export function endsInFence(text: string): boolean {
  return fenceAfter(text, undefined, Number.POSITIVE_INFINITY) !== undefined;
}

/** A text that was broken off, with a note after it that says so. A code fence that is still open is closed before the note. */
export function endHere(text: string, note: string): string {
  const written = text.trimEnd();
  if (written === '') return note;
  const fence = fenceAfter(written, undefined, Number.POSITIVE_INFINITY);
  return `${written}${fence === undefined ? '' : `\n${fence.marks}`}\n\n${note}`;
}

interface Fence {
  readonly marks: string;
  /** How it is opened again. */
  readonly line: string;
}

/** More marks than this are decoration, or an attack on the room that they take. */
const fencePattern = /^ {0,3}(?:(`{3,32})(?!`)([^`]*)|(~{3,32})(?!~)(.*))$/;

/** What follows a cut. The end of a code block that was closed at the cut is not written twice. */
function goOn(rest: string, fence: Fence | undefined): { readonly fence: Fence | undefined; readonly rest: string } {
  if (fence === undefined) return { fence, rest: rest.replace(/^(?:[^\S\n]*\n)+/, '').replace(/^ +(?=\S)/, '') };
  const [closing] = /^\s*?(?:^|\n) {0,3}[`~]{3,}[^\S\n]*(?:\n|$)/.exec(rest) ?? [];
  if (closing !== undefined && isClosedBy(fence, closing.trim())) return goOn(rest.slice(closing.length), undefined);
  return { fence, rest: rest.replace(/^\r?\n/, '') };
}

function isClosedBy({ marks }: Fence, line: string): boolean {
  return line.length >= marks.length && line === marks.charAt(0).repeat(line.length);
}

function longestFence(text: string): number {
  let longest = 3;
  for (const [marks] of text.matchAll(/(?<=^ {0,3})(?:`{3,32}|~{3,32})/gm)) longest = Math.max(longest, marks.length);
  return longest;
}

/** The fence that is still open after `text`, given the one open before it. */
function fenceAfter(text: string, before: Fence | undefined, limit: number): Fence | undefined {
  let open = before;
  for (const line of text.split('\n')) {
    const { marks, info } = parseFence(line);
    if (marks === '') continue;
    if (open !== undefined) open = info === '' && isClosedBy(open, marks) ? undefined : open;
    // An info string is repeated in every text: one that would fill them is left behind.
    else open = { marks, line: info.length > limit / 4 ? marks : marks + info };
  }
  return open;
}

function parseFence(line: string): { readonly marks: string; readonly info: string } {
  const [, backticks, backtickInfo = '', tildes = '', tildeInfo = ''] = fencePattern.exec(line.trimEnd()) ?? [];
  return backticks === undefined ? { marks: tildes, info: tildeInfo.trimEnd() } : { marks: backticks, info: backtickInfo };
}

interface Cutting {
  readonly room: number;
  /** Open where the text begins. */
  readonly fence: Fence | undefined;
}

/** Where to cut `text` so that the first piece has at most `room` units: the last good place in its second half, else the last word, else anywhere. */
function findCut(text: string, { room, fence }: Cutting): number {
  const [leading = ''] = fence === undefined ? (/^\s*?(?:^|\n) {0,3}[`~]{3}[^\n]*\n/.exec(text) ?? []) : [];
  const cut = findSeparator(text, { room, from: leading.length < room ? leading.length : 0 });
  // Neither in the middle of a fence, nor after one that opens: that would leave an empty block behind.
  const lineStart = text.lastIndexOf('\n', cut - 1) + 1;
  const isInside = lineStart !== cut;
  const start = isInside ? lineStart : text.lastIndexOf('\n', cut - 2) + 1;
  if (text.slice(0, start).trim() === '' || start >= cut) return cut;
  const end = text.indexOf('\n', start);
  const isFence = parseFence(text.slice(start, end < 0 ? text.length : end)).marks !== '';
  return isFence && (isInside || fenceAfter(text.slice(0, start), fence, room) === undefined) ? start : cut;
}

function findSeparator(text: string, { room, from }: { readonly room: number; readonly from: number }): number {
  const head = text.slice(0, room + 1);
  for (const separator of ['\n\n', '\n', '. ', ' ']) {
    const at = head.lastIndexOf(separator, room - separator.trimEnd().length);
    if (at > Math.max(room / 2, from)) return at + separator.length;
  }
  const space = head.lastIndexOf(' ', room);
  if (space > from) return space + 1;
  const low = text.charCodeAt(room);
  if (low < 0xdc00 || low > 0xdfff) return room;
  return room > 1 ? room - 1 : 2;
}
