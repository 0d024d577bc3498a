import { parentPort, workerData } from 'node:worker_threads';
import { FileError } from '../errors.ts';
import { decodeText } from './decode.ts';
import { docxToText } from './docx.ts';
import { docxToMarkdown } from './docx-markdown.ts';
import { htmlToText } from './html.ts';
import { htmlToMarkdown } from './html-markdown.ts';
import type { DocumentFormat } from './kind.ts';
import { pdfToText, type PdfLimits } from './pdf.ts';

/** The thread that one document is read in: what a parser does with hostile input, it does to this thread. */
export interface DocumentJob extends PdfLimits {
  readonly format: DocumentFormat;
  readonly bytes: Uint8Array;
  /** Whether headings, lists and tables are to be told, as Markdown. */
  readonly markdown?: boolean;
}

interface Extracted {
  readonly text: string;
  readonly note?: string | undefined;
  /** Of a page, where Markdown was asked for: what it calls itself, and its own address. Untrusted. */
  readonly title?: string | undefined;
  readonly canonical?: string | undefined;
}

/** `problem` completes "it could not be read: ...". */
export type DocumentResult = Extracted | { readonly problem: string };

if (parentPort) parentPort.postMessage(await run(workerData as DocumentJob)); // given by document.ts

async function run(job: DocumentJob): Promise<DocumentResult> {
  try {
    const { text, note, ...page } = await extract(job);
    const cut = text.slice(0, job.maxCharacters).toWellFormed();
    if (text.trim() === '') return { problem: 'it holds no text' };
    const notes = [note, text.length > cut.length ? `only its first ${cut.length} characters were read` : undefined];
    return { ...page, text: cut, note: notes.filter((each) => each !== undefined).join('; ') || undefined };
  } catch (error) {
    // What a parser says of damaged input helps nobody, and may hold a piece of it.
    return { problem: error instanceof FileError ? error.message : 'it is damaged' };
  }
}

async function extract(job: DocumentJob): Promise<Extracted> {
  const { format, bytes, markdown } = job;
  if (format === 'pdf') return pdfToText(bytes, job);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (format === 'docx') return { text: markdown ? docxToMarkdown(buffer) : docxToText(buffer) };
  const { text, note } = decodeText(bytes);
  return markdown ? { ...htmlToMarkdown(text), note } : { text: htmlToText(text), note };
}
