import { matchQuality, type Term } from './terms.ts';
import { toWords } from './words.ts';

/** What fits into a chat without being a wall of text. A list or a code block that answers is never cut for it. */
const comfortableLength = 700;
const longParagraph = 500;

/** The part of a passage that answers best: whole if it is short, else the paragraphs around the best one. */
export function toExcerpt(text: string, asked: readonly Term[]): string {
  if (text.length <= comfortableLength) return text;
  const blocks = toBlocks(text);
  const scores = blocks.map((block) => scoreOf(block, asked));
  const best = scores.indexOf(Math.max(...scores));
  let first = best;
  let last = best;
  // What was announced belongs to its announcement, on either side.
  if (first > 0 && (announces(blocks[first - 1]) || isStructured(blocks[first]))) first -= 1;
  while (last + 1 < blocks.length && announces(blocks[last])) last += 1;
  const length = (): number => blocks.slice(first, last + 1).join('\n\n').length;
  while (last + 1 < blocks.length && length() + (blocks[last + 1]?.length ?? 0) <= comfortableLength) last += 1;
  if (first === last && !isStructured(blocks[first])) return bestSentences(blocks[first] ?? '', asked);
  return blocks.slice(first, last + 1).join('\n\n');
}

/** Paragraphs, lists and code blocks; an empty line inside a code block does not cut it. */
function toBlocks(text: string): readonly string[] {
  const blocks: string[] = [];
  for (const part of text.split('\n\n')) {
    const open = blocks.at(-1);
    const insideFence = open !== undefined && (open.match(/^ {0,3}(```|~~~)/gm)?.length ?? 0) % 2 === 1;
    const insideList = open !== undefined && isStructured(open) && /^\s{2,}\S|^\s*(?:[-*+]|\d{1,9}[.)])\s/.test(part);
    if (insideFence || insideList) blocks[blocks.length - 1] = `${open}\n\n${part}`;
    else blocks.push(part);
  }
  return blocks;
}

function announces(block = ''): boolean {
  return block.endsWith(':');
}

function isStructured(block = ''): boolean {
  return /^\s*(?:[-*+]\s|\d{1,9}[.)]\s|```|~~~|\|)/.test(block);
}

function bestSentences(paragraph: string, asked: readonly Term[]): string {
  if (paragraph.length <= longParagraph) return paragraph;
  const sentences = Array.from(
    new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(paragraph),
    ({ segment }) => segment,
  );
  const scores = sentences.map((sentence) => scoreOf(sentence, asked));
  const best = scores.indexOf(Math.max(...scores));
  let excerpt = sentences[best] ?? '';
  // The sentence before often names what the best one calls "it".
  const before = sentences[best - 1] ?? '';
  if (before.length + excerpt.length <= longParagraph) excerpt = before + excerpt;
  for (const next of sentences.slice(best + 1)) {
    if (excerpt.length + next.length > longParagraph) break;
    excerpt += next;
  }
  return excerpt.trim().slice(0, comfortableLength * 2);
}

function scoreOf(text: string, asked: readonly Term[]): number {
  const words = toWords(text);
  return asked.reduce((total, term) => total + Math.max(0, ...words.map((word) => matchQuality(term, word))), 0);
}
