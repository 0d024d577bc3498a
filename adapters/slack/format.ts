import { isOpenable, leadsAstray, readsLikeAddress } from './addresses.ts';

/**
 * What a model writes, made safe for `markdown_text`. Slack makes `<!channel>`, `<@U…>`, `<#C…>` and their like live wherever they stand,
 * in code too, clients turn `@here` into a call for everybody, and a link may say another address than the one it leads to. A zero-width
 * space takes the life out of exactly these (a link that lies is pulled apart by a space, so that both addresses show) and changes nothing
 * else, so that code which merely contains `<!` or `@` stays as it was written.
 *
 * What has been streamed must remain the beginning of what is sent in the end: for every text and every `end` that `stableLength` gives,
 * `neutralise(text.slice(0, end))` is how `neutralise(text)` begins. So whatever is decided at one place looks only at what is before it and,
 * as each decision tells, a little of what comes.
 */
export function neutralise(text: string, people: People = nobody): string {
  if (!/[<@&\]\u202d\u202e]|!\[/.test(text)) return text;
  let safe = '';
  let from = 0;
  for (const { at, until, put } of decide(text, people)) {
    if (put === undefined) continue;
    safe += text.slice(from, at) + put;
    from = until;
  }
  return safe + text.slice(from);
}

/** Those whom an answer may mention, by id, with their names: who asked, and whom the question named. */
export type People = ReadonlyMap<string, string>;

const nobody: People = new Map();

/** A place where something might have to change. */
interface Decision {
  readonly at: number;
  readonly until: number;
  /** What stands there instead; undefined where all stays. */
  readonly put?: string | undefined;
  /** The decision is the same for every longer text that has the same beginning up to here. */
  readonly seen: number;
}

const open = Number.POSITIVE_INFINITY;
const zeroWidthSpace = '\u200b';
const maxMentions = 20;

function decide(text: string, people: People): Decision[] {
  const decisions: Decision[] = [];
  const code = createCodeState(text);
  let mentions = 0;
  for (const { 0: found, index: at } of text.matchAll(
    /\n|`+|!(?:\[|$)|\]|<|&(?:(?:lt|commat|#0*6[04]|#x0*3c|#x0*40);)?|@|[\u202d\u202e]/gi,
  )) {
    if (found === '\n' || found.startsWith('`')) {
      code.pass(found, at);
      continue;
    }
    const place: Place = { text, at, found, isCode: code.isCode() };
    const decision = decideOne(place, mentions < maxMentions ? people : nobody);
    if (decision.put?.startsWith('<@')) mentions += 1;
    decisions.push(decision);
  }
  return decisions;
}

interface Place {
  readonly text: string;
  readonly at: number;
  readonly found: string;
  readonly isCode: boolean;
}

function decideOne(place: Place, people: People): Decision {
  const { text, at, found } = place;
  if (found === ']') return decideLink(place);
  if (found.startsWith('!')) return decideImage(place);
  if (/^[\u202d\u202e]$/.test(found)) return { at, until: at + 1, put: '', seen: at + 1 }; // turns an address round
  if (found === '&') return { at, until: at, seen: /^[#a-z\d]{0,10}$/i.test(text.slice(at + 1, at + 12)) ? open : at + 1 };
  if (found === '@' || /commat|64|40/.test(found)) return decideCall(place, people);
  return decideMention(place, people);
}

/** An inline code span ends with its line here: what is taken for code is made safe as well, only less visibly. */
function createCodeState(text: string) {
  let fence = '';
  let span = '';
  let lineStart = 0;
  return {
    isCode: () => fence !== '' || span !== '',
    pass: (found: string, at: number) => {
      if (found !== '\n') {
        if (span === '') span = found;
        else if (span === found) span = '';
        return;
      }
      const [, marks = '', info = ''] = fencePattern.exec(text.slice(lineStart, at)) ?? [];
      if (fence === '') fence = marks.startsWith('`') && info.includes('`') ? '' : marks;
      else if (marks.startsWith(fence) && info.trim() === '') fence = '';
      span = '';
      lineStart = at + 1;
    },
  };
}

const fencePattern = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})(.*)/;

const ignorable = '\\p{Default_Ignorable_Code_Point}*';

function spaced(word: string): string {
  return word.split('').join(ignorable);
}

const specials = ['channel', 'here', 'everyone', 'group', 'subteam', 'date'].map(spaced).join('|');
/** Behind a `<`. */
const live = new RegExp(
  `^${ignorable}(?:!${ignorable}(?:${specials})(?![a-z0-9])|@${ignorable}[uwb]${ignorable}[a-z0-9]|#${ignorable}[cdg]${ignorable}[a-z0-9])`,
  'iu',
);
const addressStart = new RegExp(`^${ignorable}[a-z][a-z0-9+.-]*:`, 'iu');
const longestWord = 96;

/** `<!channel>`, `<@U1>`, `<#C1>`, and `<https://one.example|https://another.example>`. */
function decideMention({ text, at, found }: Place, people: People): Decision {
  const from = at + found.length;
  const wordPattern = /[^ \t\r\n<>|]*/y;
  wordPattern.lastIndex = from;
  const word = wordPattern.exec(text)?.[0] ?? '';
  const end = from + word.length;
  const isAddress = addressStart.test(word);
  const mayGoOn = isAddress || word.length <= longestWord;
  const seenOfLong = mayGoOn ? open : from + longestWord;
  const decided = { at, until: from, seen: end < text.length ? end + 1 : seenOfLong };
  if (found === '<' && text.charAt(end) === '>' && word.startsWith('@') && people.has(word.slice(1))) return decided;
  const isLive = live.test(word.slice(0, longestWord)) || (isAddress && text.charAt(end) === '|');
  return isLive ? { ...decided, put: found + zeroWidthSpace } : decided;
}

const broadcasts = new Set(['channel', 'here', 'everyone', 'group']);
const letterOrDigit = /[\p{L}\p{N}]$/u;

/** `@here`, and `@Ann` where the question named an Ann. */
function decideCall({ text, at, found, isCode }: Place, people: People): Decision {
  const from = at + found.length;
  if (letterOrDigit.test(text.slice(Math.max(0, at - 2), at))) return { at, until: from, seen: from };
  const wordPattern = /[\p{L}\p{N}\p{Default_Ignorable_Code_Point}*_~]{0,96}/uy;
  wordPattern.lastIndex = from;
  const found96 = wordPattern.exec(text)?.[0] ?? '';
  const end = from + found96.length;
  const seen = end < text.length || found96.length >= longestWord ? end + 1 : open;
  const word = found96.replaceAll(/[^\p{L}\p{N}]/gu, '').toLowerCase();
  if (broadcasts.has(word)) return { at, until: from, put: found + zeroWidthSpace, seen };
  if (found !== '@' || isCode || text.charAt(at - 1) === '<') return { at, until: from, seen };
  return decideName({ text, from, people, unnamed: { at, until: from, seen } });
}

interface Naming {
  readonly text: string;
  readonly from: number;
  readonly people: People;
  readonly unnamed: Decision;
}

function decideName({ text, from, people, unnamed }: Naming): Decision {
  const { at } = unnamed;
  let { seen } = unnamed;
  let best: Decision | undefined;
  for (const [id, name] of people) {
    const end = from + name.length;
    const isBeginning = text.length <= end && name.startsWith(text.slice(from));
    if (name !== '' && isBeginning) seen = open;
    if (name === '' || !text.startsWith(name, from) || /^[\p{L}\p{N}]/u.test(text.slice(end, end + 2))) continue;
    if (!best || end > best.until) best = { at, until: end, put: `<@${id}>`, seen };
  }
  // A half of the next character tells whether the name goes on.
  return best
    ? { ...best, seen: Math.max(seen, best.until + 2) }
    : { ...unnamed, seen: Math.max(seen, longestName(people) + from + 2) };
}

function longestName(people: People): number {
  let longest = 0;
  for (const name of people.values()) longest = Math.max(longest, name.length);
  return longest;
}

/** Slack shows no images in Markdown; a link can be seen, and loads nothing. */
function decideImage({ text, at, found, isCode }: Place): Decision {
  if (found === '!') return { at, until: at + 1, seen: open };
  if (isCode || isEscaped(text, at)) return { at, until: at + 2, seen: at + 2 };
  const isBare = text.startsWith('](', at + 2);
  return { at, until: at + 2, put: isBare ? '[image' : '[', seen: text.length < at + 4 ? open : at + 4 };
}

const longestLabel = 600;
const longestTarget = 3_000;
const targetPattern =
  /^\(\s{0,9}(?:<([^<>\n]*)>|((?:[^\s()\\]|\\[^\n]|\((?:[^\s()\\]|\\[^\n])*\))*))(?:\s{1,9}(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s{0,9}\)/;

/** The end of a label, with what it may belong to: a target, a reference, or the definition of one. */
function decideLink({ text, at, isCode }: Place): Decision {
  const next = text.charAt(at + 1);
  const stays: Decision = { at, until: at + 1, seen: next === '' ? open : at + 2 };
  if (!/[([:]/.test(next) || next === '' || isEscaped(text, at)) return stays;
  const { label, start } = labelBefore(text, at);
  const apart: Decision = { ...stays, put: `]${zeroWidthSpace}` };
  if (next === '[') return readsLikeAddress(label) ? apart : stays;
  if (next === ':') return isDefinition(text, start) && (!isCode || readsLikeAddress(label)) ? apart : stays;
  if (isCode && !readsLikeAddress(label)) return stays;
  const rest = text.slice(at + 1, at + 1 + longestTarget);
  const link = targetPattern.exec(rest);
  const pulled: Decision = isCode ? apart : { ...stays, put: '] ' };
  if (!link) {
    const blank = rest.indexOf('\n\n');
    const isOpen = blank < 0 && rest.length < longestTarget;
    const seen = isOpen ? open : at + 3 + (blank < 0 ? longestTarget : blank);
    return { ...(readsLikeAddress(label) ? pulled : stays), seen };
  }
  const target = link[1] ?? link[2] ?? '';
  const lies = leadsAstray(label, target) || (!isCode && (label.trim() === '' || !isOpenable(target)));
  return { ...(lies ? pulled : stays), seen: at + 1 + link[0].length };
}

function labelBefore(text: string, at: number): { readonly label: string; readonly start: number } {
  let depth = 0;
  const last = Math.max(0, at - longestLabel);
  for (let index = at - 1; index >= last; index -= 1) {
    const character = text.charAt(index);
    if (character === ']') depth += 1;
    if (character !== '[') continue;
    if (depth === 0) {
      const label = text.slice(index + 1, at);
      return { label: label === '' && text.charAt(index - 1) === '!' ? 'image' : label, start: index };
    }
    depth -= 1;
  }
  return { label: text.slice(last, at), start: -1 };
}

/** `[label]: target` is not shown where it stands. */
function isDefinition(text: string, start: number): boolean {
  return start >= 0 && /(?:^|\n)[\s>*+\-\d.)]*$/.test(text.slice(Math.max(0, start - 40), start));
}

function isEscaped(text: string, at: number): boolean {
  let from = at;
  while (text.charAt(from - 1) === '\\') from -= 1;
  return (at - from) % 2 === 1;
}

/** No word is held back that is longer. */
const longestHeld = 64;

/**
 * How much of a growing text can be shown now: up to the last word, and nothing that might still turn out to be a mention or a link. Slack may
 * also drop white space at the start of a piece, so pieces end after it. `eager` shows the last word too.
 */
export function stableLength(text: string, eager: boolean, people: People = nobody): number {
  let end = eager ? wholeCharacters(text) : endOfWords(text);
  for (const { at, seen } of decide(text, people).toReversed()) if (at < end && end < seen) end = at;
  return end;
}

function endOfWords(text: string): number {
  const start = Math.max(0, text.length - longestHeld);
  for (let index = text.length - 1; index >= start; index -= 1) if (text.charAt(index).trim() === '') return index + 1;
  // One long word, or a script that puts no spaces between words.
  return start === 0 ? 0 : wholeCharacters(text);
}

/** Without the first half of a character whose second half is still to come. */
function wholeCharacters(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length;
}
