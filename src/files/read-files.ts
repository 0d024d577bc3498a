import { withTimeout, type Clock } from '../clock.ts';
import { tooLarge } from '../download.ts';
import { describeError, FileError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Attachment } from '../message.ts';
import { decodeText } from './decode.ts';
import { readDocument } from './document.ts';
import { kindOf, type FileKind } from './kind.ts';
import { toFileName } from './name.ts';
import { createPlaces } from './places.ts';

export interface FileLimits {
  /** Whether files are read at all. */
  readonly read: boolean;
  /** Of one file. */
  readonly maxMegabytes: number;
  /** Of one turn. */
  readonly maxFiles: number;
  readonly maxPages: number;
  /** Of the text of one file. */
  readonly maxCharacters: number;
  /** For fetching one file, and as much again for reading it. */
  readonly timeoutSeconds: number;
}

/** A file as the model can use it, or why it cannot. `name` is safe to show. */
export type ReadFile =
  | { readonly type: 'text'; readonly name: string; readonly text: string; readonly note?: string | undefined }
  | { readonly type: 'image'; readonly name: string; readonly mimeType: string; readonly base64: string }
  | { readonly type: 'unread'; readonly name: string; readonly reason: string };

export interface FileReading {
  readonly attachments: readonly Attachment[];
  /** One attempt; rejects with a FileError. Undefined where the platform has no files to fetch. */
  readonly download: ((file: FileToFetch, signal: AbortSignal) => Promise<Uint8Array>) | undefined;
  /** For log lines. */
  readonly conversationId: string;
}

export interface FileToFetch {
  readonly attachment: Attachment;
  readonly maxBytes: number;
}

export interface FileReaderOptions {
  readonly limits: FileLimits;
  /** Whether the model sees images. */
  readonly vision: boolean;
  /** Writes down what is said in a recording; rejects with a FileError. */
  readonly transcribe?: ((recording: Recording, signal: AbortSignal) => Promise<string>) | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Recording {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
  /** With an extension that fits. */
  readonly name: string;
}

/** One for each attachment, in their order. */
export type ReadFiles = (reading: FileReading, signal: AbortSignal) => Promise<readonly ReadFile[]>;

/** All turns together: what is being read is held in memory, and documents take a thread each. */
const filesAtOnce = 4;
/** What a vision model takes of one image. */
const maxImageBytes = 5_000_000;
const retryDelayMs = 500;

/** Turns what came with a message into what a model can use; undefined where that is switched off. Rejects with the signal's reason only: whatever is wrong with a file is said of it. */
export function createFileReader(options: FileReaderOptions): ReadFiles | undefined {
  const { limits, log } = options;
  if (!limits.read) return undefined;
  const inPlace = createPlaces(filesAtOnce);

  async function readOne(attachment: Attachment, reading: FileReading, signal: AbortSignal): Promise<ReadFile> {
    const name = toFileName(attachment.name);
    try {
      const bytes = await fetchFile(options, { attachment, reading }, signal);
      if (bytes.length === 0) throw new FileError({ message: 'it is empty' });
      return await convert(options, { name, bytes }, signal);
    } catch (error) {
      signal.throwIfAborted();
      const { conversationId } = reading;
      log.info('file not read', { conversationId, file: name, error: describeError(error) });
      return { type: 'unread', name, reason: error instanceof FileError ? error.message : 'it could not be read' };
    }
  }

  return async function readFiles(reading, signal) {
    const taken = reading.attachments.slice(0, limits.maxFiles);
    const files = await Promise.all(taken.map((attachment) => inPlace(() => readOne(attachment, reading, signal), signal)));
    const left = reading.attachments.slice(limits.maxFiles).map(({ name }): ReadFile => {
      return { type: 'unread', name: toFileName(name), reason: `no more than ${limits.maxFiles} files are read at once` };
    });
    return [...files, ...left];
  };
}

async function fetchFile(
  { limits: { maxMegabytes, timeoutSeconds }, clock }: FileReaderOptions,
  { attachment, reading: { download } }: { attachment: Attachment; reading: FileReading },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { sizeBytes } = attachment;
  const maxBytes = maxMegabytes * 1_000_000;
  if (sizeBytes !== undefined && sizeBytes > maxBytes) throw tooLarge(sizeBytes, maxBytes);
  if (!download) throw new FileError({ message: 'files cannot be fetched from here' });
  for (let attempt = 1; ; attempt += 1) {
    const timeout = withTimeout(clock, timeoutSeconds * 1_000, signal);
    try {
      return await download({ attachment, maxBytes }, timeout.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.signal.aborted)
        throw new FileError({ message: `it took longer than ${timeoutSeconds} s to arrive`, cause: error });
      if (attempt > 1 || !(error instanceof FileError && error.retryable)) throw error;
    } finally {
      timeout.clear();
    }
    await clock.sleep(retryDelayMs, signal);
  }
}

interface FetchedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function convert(options: FileReaderOptions, file: FetchedFile, signal: AbortSignal): Promise<ReadFile> {
  const { name, bytes } = file;
  const { limits, clock } = options;
  const kind = kindOf(bytes, name);
  if (kind.type === 'other') throw new FileError({ message: `it is ${kind.what}` });
  if (kind.type === 'image') return toImage(options, file, kind.mimeType);
  if (kind.type === 'audio') return toTranscript(options, { ...file, kind }, signal);
  if (kind.type === 'text') return { type: 'text', name, ...toText(bytes, limits.maxCharacters) };
  const { maxPages, maxCharacters, timeoutSeconds } = limits;
  const job = { format: kind.format, bytes, maxPages, maxCharacters };
  const result = await readDocument(job, { clock, timeoutMs: timeoutSeconds * 1_000 }, signal);
  if ('problem' in result) throw new FileError({ message: result.problem });
  return { type: 'text', name, text: result.text, note: result.note };
}

function toImage({ vision }: FileReaderOptions, { name, bytes }: FetchedFile, mimeType: string): ReadFile {
  if (!vision) throw new FileError({ message: 'it is an image, and the model in use sees no images' });
  if (bytes.length > maxImageBytes) throw tooLarge(bytes.length, maxImageBytes);
  return { type: 'image', name, mimeType, base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') };
}

async function toTranscript(
  { transcribe, limits }: FileReaderOptions,
  { name, bytes, kind }: FetchedFile & { readonly kind: FileKind & { readonly type: 'audio' } },
  signal: AbortSignal,
): Promise<ReadFile> {
  if (!transcribe) throw new FileError({ message: 'it is a recording, and nothing is set up that listens to it' });
  const recording = { bytes, mimeType: kind.mimeType, name: `recording.${kind.extension}` };
  const text = (await transcribe(recording, signal)).slice(0, limits.maxCharacters).toWellFormed();
  if (text.trim() === '') throw new FileError({ message: 'nothing is said in it' });
  return { type: 'text', name, text, note: 'what is said in the recording' };
}

function toText(bytes: Uint8Array, maxCharacters: number): { text: string; note: string | undefined } {
  const { text, note } = decodeText(bytes);
  if (text.trim() === '') throw new FileError({ message: 'it holds no text' });
  const cut = text.slice(0, maxCharacters).toWellFormed();
  const shortened =
    text.length > cut.length ? `only the first ${cut.length} of its ${text.length} characters were read` : undefined;
  return { text: cut, note: [note, shortened].filter((each) => each !== undefined).join('; ') || undefined };
}
