import { parseJson } from './json.ts';
import type { Json } from './message.ts';

/** What the body says; undefined where it is no JSON or longer than that. Rejects where it does not come to its end. */
export async function readJsonAtMost(response: Response, maxBytes: number): Promise<Json | undefined> {
  const { text, isWhole } = await readTextAtMost(response, maxBytes);
  return isWhole ? parseJson(text) : undefined;
}

/** The body, or its first bytes. UTF-8, whatever it says of itself. Rejects where it does not come to its end. */
export async function readTextAtMost(
  response: Response,
  maxBytes: number,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    chunks.push(chunk);
    // Leaving the loop lets go of the connection.
    if (bytes > maxBytes) break;
  }
  return { text: Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8'), isWhole: bytes <= maxBytes };
}

const dayMs = 86_400_000;

/** How long to wait, in ms, by the header Retry-After (RFC 9110 section 10.2.3): seconds or a date, at most a day. */
export function parseRetryAfter({ headers }: Response, now: number): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\s*\d{1,9}\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), dayMs);
}
