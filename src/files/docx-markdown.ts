import { decodeEntities } from './html.ts';
import { tidyMarkdown } from './html-markdown.ts';
import { readDocxPart } from './docx.ts';
import { readZipPart } from './zip.ts';

const maxStyleBytes = 8 * 1024 * 1024;

/** The running text of a DOCX file as Markdown: headings, lists and tables as such. */
export function docxToMarkdown(bytes: Buffer): string {
  const xml = readDocxPart(bytes);
  const levels = headingLevels(readZipPart(bytes, 'word/styles.xml', maxStyleBytes)?.toString('utf8') ?? '');
  const writer = createWriter(levels);
  // Nothing here nests in a way that matters: text runs, and what stands between them.
  for (const [, text, mark, attributes = ''] of xml.matchAll(
    /<w:t(?: [^<>]{0,200})?>([^<]*)<\/w:t>|<(w:tab|w:br|w:cr|w:pStyle|w:numPr|w:outlineLvl|\/?w:tbl|\/w:p|\/w:tc|w:tr|\/w:tr)\b([^<>]{0,200})>/g,
  )) {
    if (text !== undefined) writer.text(decodeEntities(text));
    else writer.mark(mark ?? '', /w:val="([^"]{0,100})"/.exec(attributes)?.[1]);
  }
  return tidyMarkdown(writer.end());
}

/** The level of a heading by the id of its style, which each language has its own for. Their names are English in all. */
function headingLevels(styles: string): ReadonlyMap<string, number> {
  const levels = new Map<string, number>();
  for (const style of styles.split('<w:style ').slice(1)) {
    const id = /^[^<>]{0,400}?w:styleId="([^"]{1,100})"/.exec(style)?.[1];
    const name = /<w:name w:val="([^"]{1,100})"/.exec(style)?.[1]?.toLowerCase() ?? '';
    const level = name === 'title' ? 1 : Number(/^heading ([1-6])$/.exec(name)?.[1] ?? 0);
    if (id !== undefined && level > 0) levels.set(id, level);
  }
  return levels;
}

function createWriter(levels: ReadonlyMap<string, number>) {
  const parts: string[] = [];
  let paragraph = '';
  let level = 0;
  let isItem = false;
  let isCell = false;

  function endParagraph(): void {
    const text = paragraph.trim();
    if (isCell) parts.push(`${text.replaceAll('\n', ' ')} `);
    else if (level > 0 && text !== '') parts.push(`\n\n${'#'.repeat(level)} ${text.replaceAll('\n', ' ')}\n\n`);
    else parts.push(isItem ? `\n- ${text}` : `\n\n${text.replaceAll('\n', '  \n')}`);
    [paragraph, level, isItem] = ['', 0, false];
  }

  function mark(name: string, value: string | undefined): void {
    if (name === 'w:pStyle') level = levels.get(value ?? '') ?? level;
    else if (name === 'w:outlineLvl' && /^[0-5]$/.test(value ?? '')) level = Number(value) + 1;
    else if (name === 'w:numPr') isItem = true;
    else if (name === 'w:tab') paragraph += ' ';
    else if (name === 'w:br' || name === 'w:cr') paragraph += '\n';
    else if (name === '/w:p') endParagraph();
    else if (name.endsWith('w:tbl')) parts.push('\n\n');
    else if (name === '/w:tc') parts.push('| ');
    else if (name === 'w:tr' || name === '/w:tr') {
      isCell = name === 'w:tr';
      if (isCell) parts.push('\n| ');
    }
  }
  return {
    text: (text: string): void => void (paragraph += text),
    mark,
    end: (): string => `${parts.join('')}\n\n${paragraph}`,
  };
}
