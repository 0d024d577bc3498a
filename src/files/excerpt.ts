import { parseFileBlock, toFileBlock, type BlockFile } from '../file-block.ts';

export interface Fitting {
  readonly maxTokens: number;
  /** What is asked about the files. */
  readonly question: string;
  readonly countTokens: (text: string) => number;
}

const passageLength = 600;
/** Of what fits: how a document begins says what it is. */
const headShare = 0.3;
const partNote = 'shown in part: its beginning, and what has to do with the question';

/** A message of files cut to so many tokens: each file keeps its beginning and the passages in which the words of the question occur. */
export function fitFileBlock(block: string, { maxTokens, question, countTokens }: Fitting): string {
  const files = parseFileBlock(block) ?? [];
  const frame = countTokens(toFileBlock(files.map(({ name, note }) => ({ name, text: '', note: joinNotes(note) }))));
  const wanted = files.map(({ text = '' }) => countTokens(text));
  let left = Math.max(0, maxTokens - frame);
  const shares = [...wanted.entries()].toSorted(([, one], [, other]) => one - other);
  const cut: BlockFile[] = [...files];
  for (const [position, [index, tokens]] of shares.entries()) {
    const share = Math.floor(left / (files.length - position));
    const file = files[index];
    if (file?.text !== undefined && tokens > share) {
      const text = toExcerpt(file.text, { maxTokens: share, question, countTokens });
      cut[index] = { ...file, text, note: joinNotes(file.note) };
    }
    left -= Math.min(tokens, share);
  }
  return toFileBlock(cut);
}

function joinNotes(note: string | undefined): string {
  if (note === undefined) return partNote;
  return note.includes(partNote) ? note : `${note}; ${partNote}`;
}

function toExcerpt(text: string, { maxTokens, question, countTokens }: Fitting): string {
  const passages = toPassages(text);
  const ranked = rank(passages, wordsOf(question));
  // What is left out costs a line each time, so the first guess is often too much.
  let length = Math.floor((text.length / Math.max(1, countTokens(text))) * maxTokens);
  for (;;) {
    const shown = join(passages, choose(passages, ranked, length));
    const tokens = countTokens(shown);
    if (tokens <= maxTokens || length < 40) return tokens <= maxTokens ? shown : '';
    length = Math.floor(length * Math.min(0.9, maxTokens / tokens));
  }
}

/** Pieces of about a paragraph that make up the whole text. */
function toPassages(text: string): readonly string[] {
  const passages: string[] = [];
  let at = 0;
  while (at < text.length) {
    const window = text.slice(at, at + passageLength);
    const cut = at + passageLength >= text.length ? window.length : bestCut(window);
    passages.push(window.slice(0, cut));
    at += cut;
  }
  return passages;
}

function bestCut(window: string): number {
  for (const separator of ['\n\n', '\n', '. ', ' ']) {
    const at = window.lastIndexOf(separator);
    if (at > passageLength / 3) return at + separator.length;
  }
  return /[\ud800-\udbff]$/.test(window) ? window.length - 1 : window.length;
}

function wordsOf(question: string): readonly string[] {
  const words = question.toLowerCase().match(/[\p{L}\p{N}]{3,40}/gu) ?? [];
  return [...new Set(words)].slice(0, 50);
}

/** The passages in which words of the question occur, the best first: a word counts the more, the fewer passages have it. */
function rank(passages: readonly string[], words: readonly string[]): readonly number[] {
  const scores = new Map<number, number>();
  const lower = passages.map((passage) => passage.toLowerCase());
  for (const word of words) {
    const hits = [...lower.keys()].filter((index) => lower[index]?.includes(word));
    for (const index of hits) scores.set(index, (scores.get(index) ?? 0) + 1 / hits.length);
  }
  return [...scores].toSorted(([, one], [, other]) => other - one).map(([index]) => index);
}

/** The beginning, the best passages, and then more from the beginning on, as far as that goes. */
function choose(passages: readonly string[], ranked: readonly number[], length: number): ReadonlySet<number> {
  const chosen = new Set<number>();
  let left = length;
  const take = (index: number): boolean => {
    const size = passages[index]?.length ?? 0;
    if (chosen.has(index)) return true;
    if (size > left) return false;
    chosen.add(index);
    left -= size;
    return true;
  };
  for (const index of passages.keys()) if (length - left > length * headShare || !take(index)) break;
  for (const index of ranked) take(index);
  for (const index of passages.keys()) if (!take(index)) break;
  return chosen;
}

function join(passages: readonly string[], chosen: ReadonlySet<number>): string {
  const parts: string[] = [];
  let missing = 0;
  const sayMissing = (): void => {
    if (missing > 0) parts.push(`\n[… ${missing} characters left out …]\n`);
    missing = 0;
  };
  for (const [index, passage] of passages.entries()) {
    if (!chosen.has(index)) {
      missing += passage.length;
      continue;
    }
    sayMissing();
    parts.push(passage);
  }
  sayMissing();
  return parts.join('');
}
