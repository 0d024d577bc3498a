import { parseFileBlock, type BlockFile } from '../../file-block.ts';

/** A passage of a file that came with a message. */
export interface FilePassage {
  readonly source: string;
  readonly heading: '';
  readonly excerpt: string;
}

const maxExcerpt = 700;
/** Words that say nothing of what a question is about, in the languages that are asked in most. */
const fillers = new Set(
  'about also and any are does file for from has have how its please say says tell that the there this what when where which who why with you das der die ein eine ist und was wie wer datei les des est que qui dans una los las por para'.split(
    ' ',
  ),
);

/** The files that these messages bring; the messages that say something else. */
export function separateFiles(texts: readonly string[]): {
  readonly files: readonly BlockFile[];
  readonly said: readonly string[];
} {
  const files: BlockFile[] = [];
  const said = texts.filter((text) => {
    const block = parseFileBlock(text);
    files.push(...(block ?? []));
    return block === undefined;
  });
  return { files, said };
}

/** The paragraph that has most to do with the question; with none that does, how the first file begins. Undefined where no file says anything. */
export function quoteFiles(question: string, files: readonly BlockFile[]): FilePassage | undefined {
  const words = [...new Set(question.toLowerCase().match(/[\p{L}\p{N}]{3,40}/gu))].filter((word) => !fillers.has(word));
  let best: { readonly score: number; readonly passage: FilePassage } | undefined;
  for (const { name, text = '' } of files) {
    for (const paragraph of text.split(/\n\s*\n/)) {
      if (paragraph.trim() === '') continue;
      const lower = paragraph.toLowerCase();
      const score = words.filter((word) => lower.includes(word)).length;
      if (best === undefined || score > best.score)
        best = { score, passage: { source: name, heading: '', excerpt: shorten(paragraph, lower, words) } };
    }
  }
  return best?.passage;
}

/** A long paragraph from the line on in which the first of the words stands. */
function shorten(paragraph: string, lower: string, words: readonly string[]): string {
  const text = paragraph.trim();
  if (text.length <= maxExcerpt) return text;
  const hits = words.map((word) => lower.indexOf(word)).filter((at) => at >= 0);
  const from = hits.length === 0 ? 0 : paragraph.lastIndexOf('\n', Math.min(...hits)) + 1;
  return `${paragraph
    .slice(from, from + maxExcerpt)
    .toWellFormed()
    .trim()} …`;
}
