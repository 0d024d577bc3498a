/** A text as it is looked through, and where each of its characters stands in the text that it was made of. */
export interface Folded {
  readonly text: string;
  /** The place in the original of what stands from `start` to `end` here. */
  span(start: number, end: number): { readonly start: number; readonly end: number };
}

/** What nobody sees, or what only changes the look of the character before it: zero-width characters, soft hyphens, keycaps, direction marks. */
const invisible = /[\p{Cf}\p{Cc}\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]/u;
const plain = /^[\t\n\r -[\]-~]*$/;

/**
 * Folds what reads the same into the same: digits and letters of full width, digits of other scripts, every kind of dash and space; and leaves out what
 * nobody sees. Escapes of JSON count as what they stand for, because results of tools and arguments of calls are mostly JSON.
 */
export function fold(original: string): Folded {
  if (plain.test(original)) return { text: original, span: (start, end) => ({ start, end }) };
  const units = new Uint16Array(original.length);
  const starts = new Uint32Array(original.length);
  const ends = new Uint32Array(original.length);
  let length = 0;
  for (let at = 0; at < original.length;) {
    const { folded, size } = foldAt(original, at);
    for (let unit = 0; unit < folded.length; unit += 1) {
      units[length] = folded.charCodeAt(unit);
      starts[length] = at;
      ends[length] = at + size;
      length += 1;
    }
    at += size;
  }
  return {
    text: Buffer.from(units.buffer, 0, 2 * length).toString('utf16le'),
    span: (start, end) => ({ start: starts[start] ?? original.length, end: ends[end - 1] ?? original.length }),
  };
}

interface FoldedCharacter {
  /** Never longer than what it stands for. */
  readonly folded: string;
  /** How much of the original it stands for. */
  readonly size: number;
}

function foldAt(text: string, at: number): FoldedCharacter {
  const code = text.codePointAt(at) ?? 0;
  if (code === 0x5c) return foldEscape(text, at);
  const size = code > 0xffff ? 2 : 1;
  return { folded: foldCharacter(code), size };
}

function foldEscape(text: string, at: number): FoldedCharacter {
  const next = text[at + 1];
  if (next === 'n' || next === 'r' || next === 't') return { folded: next === 't' ? ' ' : '\n', size: 2 };
  if (next === '"' || next === '/') return { folded: next, size: 2 };
  const hex = next === 'u' ? text.slice(at + 2, at + 6) : '';
  return /^[0-9a-f]{4}$/i.test(hex) ? { folded: foldCharacter(Number.parseInt(hex, 16)), size: 6 } : { folded: '\\', size: 1 };
}

const known = new Map<number, string>();
const mostKnown = 20_000;

function foldCharacter(code: number): string {
  if (code >= 32 && code < 127) return String.fromCharCode(code);
  let folded = known.get(code);
  if (folded === undefined) {
    folded = foldOther(code);
    if (known.size < mostKnown) known.set(code, folded);
  }
  return folded;
}

const fullStops = '\u3002\uff0e\uff61';

function foldOther(code: number): string {
  const character = String.fromCodePoint(code);
  if (code === 9 || code === 10 || code === 13) return character;
  if (invisible.test(character)) return '';
  if (/\p{Zs}/u.test(character)) return ' ';
  if (/\p{Pd}|\u2212/u.test(character)) return '-';
  if (fullStops.includes(character)) return '.';
  if (/\p{Nd}/u.test(character)) return String(valueOf(code));
  const compatible = character.normalize('NFKC');
  return compatible.length === 1 && compatible < '\u007f' ? compatible : character;
}

/** Digits of a script stand one after the other, ten at a time: how many are before this one. */
function valueOf(code: number): number {
  const compatible = Number.parseInt(String.fromCodePoint(code).normalize('NFKC'), 10);
  if (!Number.isNaN(compatible)) return compatible;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return value;
}
