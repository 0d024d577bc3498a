import { FileError } from '../errors.ts';
export interface PdfLimits {
  readonly maxPages: number;
  readonly maxCharacters: number;
  /** Whether each page is put under a heading, as in `## Page 3`. */
  readonly markdown?: boolean;
}

export interface PdfText {
  readonly text: string;
  readonly note?: string;
}

/** The text of a PDF, page by page, until one of the limits. A page that has none, because it is a picture, is said. Throws where it cannot be read. */
export async function pdfToText(bytes: Uint8Array, { maxPages, maxCharacters, markdown }: PdfLimits): Promise<PdfText> {
  const { getDocumentProxy } = await import('unpdf');
  const pdf = await getDocumentProxy(bytes, { verbosity: 0, stopAtErrors: false }).catch(explain);
  const pages: string[] = [];
  let length = 0;
  let last = 0;
  while (last < Math.min(pdf.numPages, maxPages) && length < maxCharacters) {
    last += 1;
    const page = await pdf.getPage(last);
    const { items } = await page.getTextContent();
    const text = items
      .map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : ''))
      .join('')
      .trim();
    page.cleanup();
    if (text === '') continue;
    pages.push(markdown ? `## Page ${last}\n\n${text}` : `[page ${last}]\n${text}`);
    length += text.length;
  }
  if (pages.length === 0) throw new FileError({ message: `it holds no text in its ${last} pages, only pictures` });
  return {
    text: pages.join('\n\n'),
    ...(last < pdf.numPages ? { note: `only the first ${last} of its ${pdf.numPages} pages were read` } : {}),
  };
}

function explain(error: unknown): never {
  const name = error instanceof Error ? error.name : '';
  throw new FileError({
    message: name === 'PasswordException' ? 'it is protected by a password' : 'it is damaged',
    cause: error,
  });
}
