import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { parseForm } from '../../src/form.ts';
import type { BodyFormat } from './source.ts';

/** `cut`: the sender went away in the middle. */
export type ReadBody = Buffer | 'too large' | 'cut';

/** Reads a body of at most `maxBytes`. What is too large is read on and thrown away, so that the sender gets to see the refusal. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const refuse = () => {
      chunks.length = 0;
      request.removeAllListeners('data').resume();
      resolve('too large');
    };
    if (Number(request.headers['content-length']) > maxBytes) {
      refuse();
      return;
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maxBytes) refuse();
    });
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, bytes)));
    request.once('close', () => resolve('cut'));
    request.once('error', () => resolve('cut'));
  });
}

/** `json`: the payload as JSON, which is the body itself where that is JSON. */
export type ParsedPayload =
  | { readonly ok: true; readonly payload: object; readonly json: Buffer }
  | { readonly ok: false; readonly detail: string };

export interface PayloadRules {
  /** Default 100. */
  readonly maxDepth?: number | undefined;
  /** Default `json`. */
  readonly body?: BodyFormat | undefined;
}

/** Deeper than any sender's events, and far from what makes a recursive walk overflow. */
const defaultMaxDepth = 100;

/** A JSON object or list, or the fields of a form. */
export function parsePayload(body: Buffer, { maxDepth = defaultMaxDepth, body: format }: PayloadRules = {}): ParsedPayload {
  return format === 'form' ? parseFields(body) : parseJsonBody(body, maxDepth);
}

/** A text for each field, and a list of them for one that comes several times. */
function parseFields(body: Buffer): ParsedPayload {
  const fields = parseForm(body);
  if (fields === undefined) return { ok: false, detail: 'The form has more than 1,000 fields. Send fewer.' };
  if (fields.length === 0) return { ok: false, detail: 'The form is empty. Send its fields as name=value, joined by &.' };
  const values = new Map<string, string[]>();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  const payload = Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all]));
  return { ok: true, payload, json: Buffer.from(JSON.stringify(payload)) };
}

function parseJsonBody(body: Buffer, maxDepth: number): ParsedPayload {
  if (!isUtf8(body)) return { ok: false, detail: 'The body is not UTF-8. Encode the JSON as UTF-8.' };
  const text = body.toString('utf8');
  if (isDeep(body, maxDepth))
    return { ok: false, detail: `The JSON is nested more than ${maxDepth} levels deep. Send a flatter body.` };
  try {
    const payload: unknown = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
    if (typeof payload === 'object' && payload !== null) return { ok: true, payload, json: body };
    return { ok: false, detail: 'The body is JSON, but no object. Send an object, like {"text": "Hello"}.' };
  } catch {
    return { ok: false, detail: 'The body is not valid JSON. Send exactly one JSON object.' };
  }
}

const quote = 0x22;
const backslash = 0x5c;
/** Without its third bit `{` is `[`, and `}` is `]`. */
const caseBit = 0x20;
const opening = 0x5b;
const closing = 0x5d;

/** Counts brackets outside strings, on the bytes, before anything is built from them. */
function isDeep(body: Buffer, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at] ?? 0;
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
      continue;
    }
    const bracket = byte & ~caseBit;
    if (byte === quote) inString = true;
    else if (bracket === closing) depth -= 1;
    else if (bracket === opening) depth += 1;
    if (depth > maxDepth) return true;
  }
  return false;
}
