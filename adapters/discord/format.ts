import { splitMarkdown } from '../../src/split.ts';

/** Discord takes 2,000; a few are left for what an edit may have to add, such as the end of a code block. */
export const maxMessage = 1990;
/** A table that would be wider than this is not padded: it wraps on every screen, and padding would swell the text. */
const maxTableWidth = 100;
const maxFenceLine = 100;

/** The texts of the messages that show this Markdown on Discord, each within its limit. */
export function toMessageTexts(markdown: string, limit = maxMessage): string[] {
  const text = toDiscordMarkdown(markdown);
  const texts = splitMarkdown(text, limit);
  // A cut may make a line out of the middle of one, and that line a fence too long to be repeated in each message.
  return texts.every(({ length }) => length <= limit) ? texts : cutAnywhere(text, limit);
}

function cutAnywhere(text: string, limit: number): string[] {
  const texts: string[] = [];
  for (let at = 0; at < text.length;) {
    const low = text.charCodeAt(at + limit);
    const end = low >= 0xdc00 && low <= 0xdfff ? at + limit - 1 : at + limit;
    texts.push(text.slice(at, end));
    at = end;
  }
  return texts.filter((piece) => piece.trim() !== '');
}

/**
 * Markdown as Discord shows it. It has no tables (they become aligned text in a code block), no headings below the third level
 * (they become bold) and no images (they become links); `||` hides text and `@everyone` looks like a call. Code stays as it is.
 */
export function toDiscordMarkdown(markdown: string): string {
  const lines = markdown.replaceAll('\r\n', '\n').split('\n');
  const shown: string[] = [];
  let fence: string | undefined;
  for (let at = 0; at < lines.length; at += 1) {
    const line = tameFence(lines[at] ?? '');
    const before = fence;
    fence = fenceAfter(line, fence);
    if (fence !== undefined || before !== undefined) {
      shown.push(line);
      continue;
    }
    const rows = tableAt(lines, at);
    if (rows === 0) {
      shown.push(toProse(line));
      continue;
    }
    shown.push(...toCodeTable(lines.slice(at, at + rows)));
    at += rows - 1;
  }
  return shown.join('\n');
}

/** A text that breaks off inside a code block, with the block closed: for showing an answer that is still growing. */
export function closeOpenFence(text: string): string {
  let fence: string | undefined;
  for (const line of text.split('\n')) fence = fenceAfter(line, fence);
  return fence === undefined ? text : `${text}\n${fence}`;
}

/**
 * A fence is repeated wherever its code block has to be cut. One of hundreds of characters, which only an attack or a model gone
 * astray writes, would leave no room for anything else: an invisible space makes it ordinary text.
 */
function tameFence(line: string): string {
  if (line.length <= maxFenceLine) return line;
  const broken = line.replaceAll(/(`{99}|~{99})(?=[`~])/g, '$1\u200b');
  return /^ {0,3}(?:```|~~~)/.test(broken) ? `\u200b${broken}` : broken;
}

/** The marks of the fence that is open after this line. */
function fenceAfter(line: string, open: string | undefined): string | undefined {
  const [, marks, info = ''] = /^ {0,3}(`{3,}|~{3,})([^\n`]*)$/.exec(line) ?? [];
  if (marks === undefined) return open;
  if (open === undefined) return marks;
  return marks[0] === open[0] && marks.length >= open.length && info.trim() === '' ? undefined : open;
}

function toProse(line: string): string {
  const heading = /^ {0,3}#{4,6}[ \t]+(.*)$/
    .exec(line)?.[1]
    ?.trimEnd()
    .replace(/[ \t]#+$/, '')
    .trim();
  const text = outsideCode(heading || line, (prose) =>
    prose
      .replaceAll(/@(everyone|here)\b/gi, '@\u200b$1')
      .replaceAll('||', String.raw`\|\|`)
      // The bound keeps a line full of openings from costing quadratic time.
      .replaceAll(/!\[([^\]\n]{1,300})\]\(/g, '[$1]('),
  );
  return !heading || text.includes('**') ? text : `**${text}**`;
}

/** Changes what stands between code spans. */
function outsideCode(line: string, change: (prose: string) => string): string {
  if (!line.includes('`')) return change(line);
  return line
    .split(/(`+[^`]*`+)/)
    .map((piece, index) => (index % 2 === 1 ? piece : change(piece)))
    .join('');
}

/** How many lines of a table start here; 0 where none does. */
function tableAt(lines: readonly string[], at: number): number {
  const [head = '', rule = ''] = [lines[at], lines[at + 1]];
  if (!head.includes('|') || !/^[\s|:-]+$/.test(rule) || !rule.includes('-') || !rule.includes('|')) return 0;
  if (toCells(head).length !== toCells(rule).length) return 0;
  let end = at + 2;
  while ((lines[end] ?? '').includes('|')) end += 1;
  // Three backticks in a cell would end the block that the table is put into.
  return lines.slice(at, end).some((line) => line.includes('```')) ? 0 : end - at;
}

function toCodeTable(lines: readonly string[]): string[] {
  const rows = [lines[0] ?? '', ...lines.slice(2)].map(toCells);
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const fits = widths.reduce((sum, width) => sum + width + 3, 0) <= maxTableWidth;
  const toLine = (row: readonly string[]): string =>
    widths
      .map((width, column) => (fits ? (row[column] ?? '').padEnd(width) : (row[column] ?? '')))
      .join(' | ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(fits ? width : 3)).join('-|-');
  const [head = [], ...body] = rows;
  return ['```', toLine(head), rule, ...body.map(toLine), '```'];
}

/** The cells of a row: split at bars that are neither escaped nor in code. */
function toCells(line: string): string[] {
  const row = line.trim();
  const cells: string[] = [];
  let cell = '';
  for (let at = row.startsWith('|') ? 1 : 0; at < row.length; at += 1) {
    const character = row[at] ?? '';
    const codeEnd = character === '`' ? row.indexOf('`', at + 1) : -1;
    if (character === '\\' && row[at + 1] === '|') {
      cell += '|';
      at += 1;
    } else if (codeEnd !== -1) {
      cell += row.slice(at, codeEnd + 1);
      at = codeEnd;
    } else if (character === '|') {
      cells.push(cell.trim());
      cell = '';
    } else cell += character;
  }
  // A bar at the end closes the last cell; it does not open another.
  return cell.trim() === '' && cells.length > 0 ? cells : [...cells, cell.trim()];
}
