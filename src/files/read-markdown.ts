import type { Clock } from '../clock.ts';
import { decodeText } from './decode.ts';
import { readDocument } from './document.ts';
import { kindOf } from './kind.ts';
import { createPlaces } from './places.ts';

export interface MarkdownReaderOptions {
  readonly clock: Clock;
  readonly maxPages?: number;
  readonly maxCharacters?: number;
  /** For one document. */
  readonly timeoutMs?: number;
}

export interface MarkdownFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** `problem` completes "it was not read: ...". */
export type MarkdownResult =
  | {
      readonly text: string;
      readonly title?: string | undefined;
      readonly canonical?: string | undefined;
      readonly note?: string | undefined;
    }
  | { readonly problem: string };

/** Documents take a thread each, and memory. */
const atOnce = 2;

/** Reads whole documents as Markdown, each in a thread of its own that ends with it. Rejects with the signal's reason only. */
export function createMarkdownReader(options: MarkdownReaderOptions) {
  const { clock, maxPages = 1_000, maxCharacters = 1_000_000, timeoutMs = 60_000 } = options;
  const inPlace = createPlaces(atOnce);
  return async ({ name, bytes }: MarkdownFile, signal: AbortSignal): Promise<MarkdownResult> => {
    if (bytes.length === 0) return { problem: 'it is empty' };
    const kind = kindOf(bytes, name);
    if (kind.type === 'text') {
      const { text, note } = decodeText(bytes);
      return text.trim() === '' ? { problem: 'it holds no text' } : { text: text.slice(0, maxCharacters).toWellFormed(), note };
    }
    if (kind.type !== 'document') return { problem: `it is ${kind.type === 'other' ? kind.what : `no document (${kind.type})`}` };
    const job = { format: kind.format, bytes, maxPages, maxCharacters, markdown: true };
    return inPlace(() => readDocument(job, { clock, timeoutMs }, signal), signal);
  };
}
