import { invalidField, refusal } from './reply.ts';
import type { Reply } from './reply.ts';
import type { EmulatedAttachment } from './world.ts';

/** A file of a multipart request, by its number: the `n` of `files[n]`. */
export type UploadedFiles = ReadonlyMap<string, UploadedFile>;

export interface UploadedFile {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
}

export interface Content {
  readonly body: Readonly<Record<string, unknown>>;
  readonly files: UploadedFiles;
}

/** Limits of https://docs.discord.com/developers/reference#uploading-files and of the message resource. */
export const maxRequestBytes = 25 * 1024 * 1024;
const maxFileBytes = 10 * 1024 * 1024;
const maxFiles = 10;

/** The JSON of a request, on its own or as `payload_json` beside files; undefined where there is none that can be read. */
export async function parseContent(contentType: string | undefined, bytes: Buffer): Promise<Content | undefined> {
  if (!contentType?.startsWith('multipart/form-data')) return toContent(bytes.toString('utf8'), new Map());
  const headers = { 'content-type': contentType };
  const form = await new Response(new Uint8Array(bytes), { headers }).formData().catch(() => undefined);
  if (!form) return undefined;
  const files = new Map<string, UploadedFile>();
  for (const [field, value] of form) {
    const number = /^files\[(\d{1,3})\]$/.exec(field)?.[1];
    if (number === undefined || typeof value === 'string') continue;
    files.set(number, { filename: value.name, contentType: value.type, content: Buffer.from(await value.arrayBuffer()) });
  }
  const json = form.get('payload_json');
  return toContent(typeof json === 'string' ? json : '', files);
}

function toContent(text: string, files: UploadedFiles): Content | undefined {
  if (text === '') return { body: {}, files };
  try {
    const value: unknown = JSON.parse(text);
    // An array (a command set) is taken as a record by index.
    return typeof value === 'object' && value !== null ? { body: { ...value }, files } : undefined;
  } catch {
    return undefined;
  }
}

export interface Attaching {
  /** What the message carries already. */
  readonly kept?: readonly EmulatedAttachment[];
  readonly channelId: string;
  readonly nextId: () => string;
}

/**
 * What a message carries after a call. `attachments` lists all of it, what stays by its id and what is new by the number of its file; where it is
 * left out everything stays. A refusal where it is not as the reference asks.
 */
export function attach({ body, files }: Content, { kept = [], channelId, nextId }: Attaching): EmulatedAttachment[] | Reply {
  const listed = Array.isArray(body['attachments']) ? body['attachments'].map(toListed) : undefined;
  if ([...files.values()].some(({ content }) => content.length > maxFileBytes)) return refusal(40005);
  const staying = listed ? kept.filter(({ id }) => listed.some((entry) => entry.id === id)) : kept;
  const unknown = listed?.find(({ id }) => !files.has(id) && !kept.some((each) => each.id === id));
  if (unknown)
    return invalidField('attachments', 'MESSAGE_ATTACHMENT_NOT_FOUND', `Attachment data for ID ${unknown.id} not found`);
  if (staying.length + files.size > maxFiles) {
    return invalidField('attachments', 'BASE_TYPE_MAX_LENGTH', `Must be ${maxFiles} or fewer in length.`);
  }
  const added = [...files].map(([number, file]) => {
    const id = nextId();
    const given = listed?.find((entry) => entry.id === number)?.filename ?? file.filename;
    // The platform shows letters, digits, and these.
    const filename = given.replaceAll(/[^\w.-]+/g, '_');
    const url = `https://cdn.discordapp.com/attachments/${channelId}/${id}/${filename}`;
    return { id, filename, contentType: file.contentType, size: file.content.length, url, content: file.content };
  });
  return [...staying, ...added];
}

function toListed(entry: unknown): { readonly id: string; readonly filename: string | undefined } {
  const { id, filename } = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {}; // a record
  return { id: String(id), filename: typeof filename === 'string' ? filename : undefined };
}
