/**
 * Markdown as Slack can show it, part by part: what refers to another place stands where it is needed, and no block of code is inside of
 * something else. Nothing is left out. For a whole answer, before it is cut; what is harmless or not is decided afterwards, in format.ts.
 *
 * - Reference links (`[text][1]` and `[1]: https://…`) become links in place: the definition may end up in another message.
 * - Links as Slack writes them itself (`<https://…|text>`) become Markdown.
 * - Code blocks in lists and quotes move to the margin: Slack has no such thing, and a cut through one could not be mended.
 * - The pieces of a table that is too large for one message all have its header.
 */
export function prepare(text: string, limit: number): string {
  const segments = /```|~~~/.test(text) ? liftCode(text) : [{ isCode: false, text }];
  const prepared = resolveReferences(segments).map((segment) => segment.text);
  const whole = prepared.join('\n');
  return whole.length > limit || hasLongTable(whole) ? cutTables(whole, Math.floor(limit / 3)) : whole;
}

interface Segment {
  readonly isCode: boolean;
  /** Whole lines, without the last line break. */
  readonly text: string;
}

const openingPattern = /^([ \t]*(?:>[ \t>]*)?(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(`{3,}(?!.*`)|~{3,})(.*)$/;
const itemPattern = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]/;

interface Block {
  readonly marks: string;
  /** What is taken away from each of its lines: columns, or the mark of a quote. */
  readonly indent: number;
  readonly isQuoted: boolean;
}

function liftCode(text: string): Segment[] {
  const segments: { isCode: boolean; lines: string[] }[] = [{ isCode: false, lines: [] }];
  const put = (line: string, isCode: boolean): void => {
    const last = segments.at(-1);
    if (last && last.isCode === isCode) last.lines.push(line);
    else segments.push({ isCode, lines: [line] });
  };
  let block: Block | undefined;
  let inList = false;
  for (const line of text.split('\n')) {
    if (block?.isQuoted && !/^ {0,3}>/.test(line)) {
      put(block.marks, true); // The quote is over, and the code with it.
      block = undefined;
    }
    if (block) {
      const inner = dedent(line, block);
      const isEnd = isClosing(inner, block.marks);
      put(isEnd ? inner.trim() : inner, true);
      if (isEnd) block = undefined;
      continue;
    }
    const opening = readOpening(line, inList);
    if (opening) {
      if (opening.before !== '') put(opening.before, false);
      put(opening.line, true);
      block = opening.block;
    } else put(line, false);
    inList = itemPattern.test(line) || (inList && (line.trim() === '' || /^(?:\t| {2,})/.test(line)));
  }
  if (block) put(block.marks, true);
  return segments.filter(({ lines }) => lines.length > 0).map(({ isCode, lines }) => ({ isCode, text: lines.join('\n') }));
}

interface Opening {
  /** The mark of the item that begins with the code. */
  readonly before: string;
  readonly line: string;
  readonly block: Block;
}

function readOpening(line: string, inList: boolean): Opening | undefined {
  const [, prefix = '', marks, info = ''] = openingPattern.exec(line) ?? [];
  if (marks === undefined) return undefined;
  const indent = prefix.replaceAll('\t', '    ').length;
  const isItem = itemPattern.test(prefix.replace(/^[ \t]*>[ \t>]*/, ''));
  if (indent > 3 && !inList && !isItem && !prefix.includes('>')) return undefined; // text, in a block of indented code
  return {
    before: isItem ? prefix.trimEnd() : '',
    line: marks + info,
    block: { marks, indent: prefix.includes('>') ? 0 : indent, isQuoted: prefix.includes('>') },
  };
}

function dedent(line: string, { indent, isQuoted }: Block): string {
  if (isQuoted) return line.replace(/^ {0,3}(?:> ?)+/, '');
  let columns = 0;
  let at = 0;
  for (; columns < indent && /[ \t]/.test(line.charAt(at)); at += 1) columns += line.charAt(at) === '\t' ? 4 : 1;
  return line.slice(at);
}

function isClosing(line: string, marks: string): boolean {
  const text = line.trim();
  return /^ {0,3}\S/.test(line) && text.length >= marks.length && text === marks.charAt(0).repeat(text.length);
}

type Definitions = ReadonlyMap<string, { readonly target: string; readonly line: string }>;

// Not those of footnotes: `[^1]: text` is to be read.
const definitionPattern =
  /^ {0,3}\[([^\]\n^][^\]\n]{0,200})\]:[ \t]*<?((?:https?:\/\/|mailto:)[^\s<>]+)>?([ \t]+(?:"[^"\n]*"|'[^'\n]*'|\([^)\n]*\)))?[ \t]*$/gm;
const linkText = String.raw`\[((?:[^[\]\n]|\[[^[\]\n]*\]){1,500})\]`;
const usagePattern = new RegExp(String.raw`(?<![\\\]])${linkText}(?:\[([^[\]\n]{0,200})\])?(?![([:])`, 'g');

function readDefinitions(segments: readonly Segment[]): Definitions {
  const definitions = new Map<string, { target: string; line: string }>();
  for (const { isCode, text } of segments) {
    if (isCode || !text.includes(']:')) continue;
    for (const [line, name = '', target = '', title = ''] of text.matchAll(definitionPattern)) {
      const key = toKey(name);
      if (!definitions.has(key)) definitions.set(key, { target: toTarget(target) + title.replace(/^[ \t]+/, ' '), line });
    }
  }
  return definitions;
}

function resolveReferences(segments: readonly Segment[]): readonly Segment[] {
  const definitions = readDefinitions(segments);
  const used = new Set<string>();
  const changeText = (text: string): string => {
    const linked = text.includes('|') ? outsideCode(text, linkSlackStyle) : text;
    return definitions.size === 0 ? linked : outsideCode(linked, (part) => resolve(part, definitions, used));
  };
  const resolved = segments.map((segment) => (segment.isCode ? segment : { ...segment, text: changeText(segment.text) }));
  if (used.size === 0) return resolved;
  // A definition that serves is not shown; one that nobody refers to is what somebody wanted to say.
  const drop = (line: string, name: string): string =>
    used.has(toKey(name)) && definitions.get(toKey(name))?.line === line ? '' : line;
  return resolved.map((segment) =>
    segment.isCode ? segment : { ...segment, text: segment.text.replaceAll(definitionPattern, drop) },
  );
}

function resolve(text: string, definitions: Definitions, used: Set<string>): string {
  return text.replaceAll(usagePattern, (whole, label: string, name: string | undefined) => {
    const key = toKey(name || label);
    const definition = definitions.get(key);
    if (!definition) return whole;
    used.add(key);
    return `[${label}](${definition.target})`;
  });
}

function linkSlackStyle(text: string): string {
  return text.replaceAll(/<((?:https?:\/\/|mailto:)[^\s<>|]+)\|([^<>\n|]{1,500})>/g, (_, target: string, label: string) => {
    return `[${label.replaceAll(/[[\]\\]/g, String.raw`\$&`)}](${toTarget(target)})`;
  });
}

function toKey(name: string): string {
  return name.trim().toLowerCase().replaceAll(/\s+/g, ' ');
}

/** Parentheses would end it. */
function toTarget(address: string): string {
  return address.replaceAll('(', '%28').replaceAll(')', '%29');
}

/** Applies it to what stands between code spans. */
function outsideCode(text: string, change: (part: string) => string): string {
  if (!text.includes('`')) return change(text);
  let changed = '';
  let from = 0;
  for (const { 0: span, index } of text.matchAll(/(?<!`)(`{1,8})(?!`)[^\n]{1,2000}?(?<!`)\1(?!`)/g)) {
    changed += change(text.slice(from, index)) + span;
    from = index + span.length;
  }
  return changed + change(text.slice(from));
}

/** Slack draws no more rows than that. */
const maxRows = 100;
const delimiterPattern = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

function hasLongTable(text: string): boolean {
  return text.length > maxRows * 4 && /(?:^[^\n|]*\|[^\n]*\n){101}/m.test(text);
}

/** Between the pieces of a table stands an empty line, where the answer can be cut. */
function cutTables(text: string, size: number): string {
  const lines = text.split('\n');
  const cut: string[] = [];
  let fence = '';
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const [marks = ''] = /^ {0,3}(?:`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === '') fence = marks.trim();
    else if (isClosing(line, fence)) fence = '';
    const delimiter = lines[index + 1] ?? '';
    cut.push(line);
    if (fence !== '' || !line.includes('|') || !delimiter.includes('|') || !delimiterPattern.test(delimiter)) continue;
    const end = lines.findIndex((row, at) => at > index + 1 && !row.includes('|'));
    const rows = lines.slice(index + 2, end < 0 ? lines.length : end);
    cut.push(delimiter, ...cutRows(rows, `${line}\n${delimiter}`, size));
    index += rows.length + 1;
  }
  return cut.join('\n');
}

function cutRows(rows: readonly string[], header: string, size: number): string[] {
  const cut: string[] = [];
  let count = 1;
  let length = header.length;
  for (const row of rows) {
    // A header that fills a message by itself is not repeated.
    if (count > 1 && header.length < size / 2 && (count >= maxRows || length + row.length > size)) {
      cut.push('', ...header.split('\n'));
      count = 1;
      ({ length } = header);
    }
    cut.push(row);
    count += 1;
    length += row.length + 1;
  }
  return cut;
}
