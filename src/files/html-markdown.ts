import { decodeEntities } from './html.ts';

export interface MarkdownPage {
  readonly text: string;
  readonly title?: string;
  /** The address that the page says is its own, as it stands there. */
  readonly canonical?: string;
}

/** What is not the page's own text: code, forms, and ways to other pages. */
const left = new Set(
  'script style head noscript template svg iframe object nav footer aside form button select textarea dialog'.split(' '),
);
const blocks = new Set(
  'address article blockquote dd details div dl dt fieldset figcaption figure header hr main ol p section summary table tbody thead tfoot ul'.split(
    ' ',
  ),
);
const maxHead = 200_000;
const maxTitle = 300;
const maxAddress = 2_000;

/** The main part of a page as Markdown: headings, lists, tables and code as such. In one pass: no input makes it slow. */
export function htmlToMarkdown(html: string): MarkdownPage {
  const head = html.slice(0, maxHead);
  const title = toLine(/<title[^<>]{0,200}>([^<]{0,1000})/i.exec(head)?.[1] ?? '').slice(0, maxTitle);
  const canonical = findCanonical(head);
  return {
    text: convert(mainPart(html)),
    ...(title === '' ? {} : { title }),
    ...(canonical === undefined ? {} : { canonical }),
  };
}

function findCanonical(head: string): string | undefined {
  for (const [, attributes = ''] of head.matchAll(/<link\s([^<>]{0,3000})>/gi)) {
    if (!/\brel\s*=\s*["']?canonical\b/i.test(attributes)) continue;
    const [, double, single, bare] = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i.exec(attributes) ?? [];
    const address = decodeEntities(double ?? single ?? bare ?? '').trim();
    return address === '' || address.length > maxAddress ? undefined : address;
  }
  return undefined;
}

/** What stands in `main`, where there is one; else all. */
function mainPart(html: string): string {
  const start = html.search(/<main[\s>]/i);
  if (start < 0) return html;
  const end = html.toLowerCase().lastIndexOf('</main');
  return end > start ? html.slice(start, end) : html.slice(start);
}

function convert(html: string): string {
  const writer = createWriter();
  const lastClose = html.lastIndexOf('>');
  const skip = createSkip(html);
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    writer.text(html.slice(at, open < 0 ? html.length : open));
    if (open < 0) break;
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4);
      at = end < 0 ? html.length : end + 3;
      continue;
    }
    const [, slash = '', written] = /^<(\/?)([a-z][a-z0-9]{0,15})/i.exec(html.slice(open, open + 20)) ?? [];
    const close = open < lastClose ? html.indexOf('>', open) : -1;
    if (close < 0 || (written === undefined && html[open + 1] !== '!' && html[open + 1] !== '?')) {
      writer.text('<');
      at = open + 1;
      continue;
    }
    at = close + 1;
    if (written === undefined) continue;
    const name = written.toLowerCase();
    if (left.has(name)) at = slash === '' ? skip(name, at) : at;
    else writer.tag(name, slash === '');
  }
  return writer.end();
}

/** Where an element ends. What is never closed hides nothing, but where browsers hide it, too; it is looked for once. */
function createSkip(html: string): (name: string, from: number) => number {
  const unclosed = new Set<string>();
  return (name, from) => {
    const closing = new RegExp(`</${name}[^>]{0,100}>`, 'gi');
    closing.lastIndex = from;
    if (!unclosed.has(name) && closing.exec(html)) return closing.lastIndex;
    unclosed.add(name);
    return ['script', 'style', 'template', 'textarea'].includes(name) ? html.length : from;
  };
}

function createWriter() {
  const parts: string[] = [];
  const lists: number[] = [];
  let isCode = false;
  let isCell = false;
  /** Whether an item has begun and nothing stands in it yet: a paragraph does not part it from its mark. */
  let isNew = false;

  const block = (): void => {
    if (!isNew) parts.push(isCell ? ' ' : '\n\n');
  };
  const heading = (level: number, opens: boolean): void => {
    if (isCell) parts.push(' ');
    else parts.push(opens ? `\n\n${'#'.repeat(level)} ` : '\n\n');
  };
  const item = (): void => {
    const index = lists.length - 1;
    const number = lists[index] ?? 0;
    if (number > 0) lists[index] = number + 1;
    parts.push(isCell ? ' ' : `\n${'  '.repeat(Math.min(Math.max(index, 0), 5))}${number > 0 ? `${number}.` : '-'} `);
  };
  const code = (opens: boolean): void => {
    if (isCell || isCode === opens) return;
    parts.push(opens ? '\n\n```\n' : '\n```\n\n');
    isCode = opens;
  };
  const row = (opens: boolean): void => {
    if (opens) parts.push('\n| ');
    isCell = opens;
  };
  const list = (name: string, opens: boolean): void => {
    if (opens) lists.push(name === 'ol' ? 1 : 0);
    else lists.pop();
    if (lists.length < 2) block();
  };
  return {
    text: (raw: string): void => {
      if (raw === '') return;
      const text = decodeEntities(raw);
      if (isNew && text.trim() === '') return;
      isNew = false;
      parts.push(isCode ? text.replaceAll('```', "'''") : text.replaceAll(/\s+/g, ' '));
    },
    tag: (name: string, opens: boolean): void => {
      if (/^h[1-6]$/.test(name)) heading(Number(name[1]), opens);
      else if (name === 'pre') code(opens);
      else if (isCode) return;
      else if (name === 'li') parts.push(opens ? '' : '\n');
      else if (name === 'br') parts.push(isCell ? ' ' : '  \n');
      else if (name === 'tr') row(opens);
      else if (name === 'td' || name === 'th') parts.push(opens ? '' : ' | ');
      else if (name === 'ul' || name === 'ol') list(name, opens);
      else if (blocks.has(name)) block();
      isNew = name === 'li' ? opens : isNew && blocks.has(name);
      if (isNew && name === 'li') item();
    },
    end: (): string => tidyMarkdown(`${parts.join('')}${isCode ? '\n```' : ''}`),
  };
}

/** Without what nobody sees, as lines and paragraphs; code stays as it is. */
export function tidyMarkdown(text: string): string {
  return text
    .split(/(^```$[\s\S]*?^```$)/m)
    .map((part) => (part.startsWith('```') ? part : tidyText(part)))
    .join('')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

function tidyText(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const [, indent = '', rest = ''] = /^( *)(.*)$/s.exec(line) ?? [];
      const isItem = /^(?:-|\d{1,9}\.) /.test(rest);
      const hardBreak = / {2}$/.test(rest) ? '  ' : '';
      return `${isItem ? indent : ''}${rest.replaceAll(/\s+/g, ' ').trimEnd()}${hardBreak}`;
    })
    .filter((line) => !/^(?:#{1,6}|-|\d{1,9}\.|\|)?\s*$/.test(line) || line === '')
    .join('\n');
}

function toLine(text: string): string {
  return decodeEntities(text).replaceAll(/\s+/g, ' ').trim();
}
