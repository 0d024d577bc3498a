import { FileError } from '../errors.ts';
import { decodeEntities, tidy } from './html.ts';
import { readZipPart } from './zip.ts';

/** Of the document itself, unpacked. */
const maxXmlBytes = 64 * 1024 * 1024;

/** The running text of a DOCX file: paragraphs, tables with tabs between their cells. Notes, headers and pictures are left out. */
export function docxToText(bytes: Buffer): string {
  const xml = readDocxPart(bytes);
  const pieces: string[] = [];
  // Nothing here nests in a way that matters: text runs, and what stands between them.
  for (const [, text, mark] of xml.matchAll(
    /<w:t(?: [^<>]{0,200})?>([^<]*)<\/w:t>|<(w:tab|w:br|w:cr|\/w:p|\/w:tc|\/w:tr)\b[^<>]{0,200}>/g,
  )) {
    if (text !== undefined) pieces.push(decodeEntities(text));
    else pieces.push(separators[mark ?? ''] ?? '\n');
  }
  return tidy(pieces.join('').replaceAll('\n\u0000', '\t').replaceAll('\u0000', '\t'));
}

/** The XML of the document itself. Throws a FileError where there is none. */
export function readDocxPart(bytes: Buffer): string {
  const part = readZipPart(bytes, 'word/document.xml', maxXmlBytes) ?? readZipPart(bytes, 'word/document2.xml', maxXmlBytes);
  if (!part) throw new FileError({ message: 'it has no text' });
  return part.toString('utf8');
}

/** A cell ends after its last paragraph: the mark takes the place of that line break. */
const separators: Readonly<Record<string, string>> = { 'w:tab': '\t', '/w:tc': '\u0000' };
