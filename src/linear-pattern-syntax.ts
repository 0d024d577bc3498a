export type Assertion = 'lineStart' | 'lineEnd' | 'boundary' | 'noBoundary';

export type Node =
  | { readonly type: 'character'; readonly matches: (code: number) => boolean }
  | { readonly type: 'assertion'; readonly assertion: Assertion }
  | { readonly type: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly type: 'choice'; readonly nodes: readonly Node[] }
  | { readonly type: 'repeat'; readonly node: Node; readonly least: number; readonly most: number | undefined };

interface Reader {
  readonly source: string;
  readonly flags: string;
  at: number;
}

const longestSource = 1_000;
const deepest = 50;

/** Throws a SyntaxError for what JavaScript does not take, and a RangeError for what takes more than linear time. */
export function parsePattern(source: string, ignoreCase: boolean): Node {
  if (source.length > longestSource) throw new RangeError(`The pattern is longer than ${longestSource} characters`);
  const flags = ignoreCase ? 'iu' : 'u';
  // From here on it is known to be right: only its parts have to be found.
  const checked = new RegExp(source, flags);
  const reader = { source: checked.source, flags, at: 0 };
  return readChoice(reader, 0);
}

function readChoice(reader: Reader, depth: number): Node {
  if (depth > deepest) throw new RangeError(`The pattern has more than ${deepest} brackets in one another`);
  const nodes = [readSequence(reader, depth)];
  while (reader.source[reader.at] === '|') {
    reader.at += 1;
    nodes.push(readSequence(reader, depth));
  }
  return nodes.length === 1 && nodes[0] ? nodes[0] : { type: 'choice', nodes };
}

function readSequence(reader: Reader, depth: number): Node {
  const nodes: Node[] = [];
  for (;;) {
    const next = reader.source[reader.at];
    if (next === undefined || next === '|' || next === ')') return { type: 'sequence', nodes };
    nodes.push(readRepeat(reader, readAtom(reader, depth)));
  }
}

const quantifier = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y;

function readRepeat(reader: Reader, node: Node): Node {
  quantifier.lastIndex = reader.at;
  const match = quantifier.exec(reader.source);
  if (!match) return node;
  reader.at = quantifier.lastIndex;
  const [, sign, from = '', comma = '', to = ''] = match;
  if (sign !== undefined) return { type: 'repeat', node, least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : undefined };
  const least = Number(from);
  const upTo = to === '' ? undefined : Number(to);
  return { type: 'repeat', node, least, most: comma === '' ? least : upTo };
}

function readAtom(reader: Reader, depth: number): Node {
  const { source } = reader;
  const first = source[reader.at];
  if (first === '(') return readGroup(reader, depth);
  if (first === '[') return readCharacter(reader, endOfClass(source, reader.at));
  if (first === '\\') return readEscape(reader);
  if (first === '^' || first === '$') {
    reader.at += 1;
    return { type: 'assertion', assertion: first === '^' ? 'lineStart' : 'lineEnd' };
  }
  return readCharacter(reader, reader.at + ((source.codePointAt(reader.at) ?? 0) > 0xffff ? 2 : 1));
}

function readGroup(reader: Reader, depth: number): Node {
  const opening = /\((?:\?:|\?<[^=!][^>]*>|(?!\?))/y;
  opening.lastIndex = reader.at;
  if (!opening.test(reader.source))
    throw new RangeError('The pattern looks ahead or behind, which takes too long with some texts');
  reader.at = opening.lastIndex;
  const node = readChoice(reader, depth + 1);
  reader.at += 1;
  return node;
}

function endOfClass(source: string, from: number): number {
  let at = from + 1;
  while (source[at] !== ']') at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Of those that are more than one character long: a property, a code. */
const longEscape = /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\dA-Fa-f]{4}|x[\dA-Fa-f]{2}|c[A-Za-z])/y;

function readEscape(reader: Reader): Node {
  const next = reader.source[reader.at + 1] ?? '';
  if (next === 'b' || next === 'B') {
    reader.at += 2;
    return { type: 'assertion', assertion: next === 'b' ? 'boundary' : 'noBoundary' };
  }
  if (/[1-9k]/.test(next)) throw new RangeError('The pattern refers back to a group, which takes too long with some texts');
  longEscape.lastIndex = reader.at;
  return readCharacter(reader, longEscape.test(reader.source) ? longEscape.lastIndex : reader.at + 2);
}

/** What one character has to be: JavaScript itself says so, for one character at a time. */
function readCharacter(reader: Reader, end: number): Node {
  const expression = new RegExp(`^(?:${reader.source.slice(reader.at, end)})$`, reader.flags);
  reader.at = end;
  const matches = (code: number): boolean => expression.test(String.fromCodePoint(code));
  const ascii = Uint8Array.from({ length: 128 }, (_, code) => (matches(code) ? 1 : 0));
  return { type: 'character', matches: (code) => (code < 128 ? ascii[code] === 1 : matches(code)) };
}
