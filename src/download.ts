import { FileError } from './errors.ts';

export interface Download {
  readonly url: string;
  /** Where it may be fetched from: `https://files.slack.com`. Everything else is refused, whoever names it. */
  readonly origins: readonly string[];
  /** Sent to the first address only, and never along with a redirect. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly fetch: typeof fetch;
}

export interface Downloaded {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

const maxRedirects = 3;

/** Fetches a file from one of the given origins. Rejects with a FileError. Where it is redirected elsewhere, nothing is sent there. */
export async function download(request: Download, signal: AbortSignal): Promise<Downloaded> {
  try {
    return await follow(request, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FileError) throw error;
    throw new FileError({ message: 'it could not be fetched', retryable: true, cause: error });
  }
}

async function follow(request: Download, signal: AbortSignal): Promise<Downloaded> {
  const { fetch, headers = {} } = request;
  let url = toAllowed(request.url, request);
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const response = await fetch(url, { headers: hops === 0 ? headers : {}, redirect: 'manual', signal });
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (location !== null) {
      await letGo(response);
      url = toAllowed(URL.parse(location, url)?.href ?? '', request);
      continue;
    }
    if (!response.ok) {
      await letGo(response);
      throw toRefusal(response.status);
    }
    return { bytes: await readAtMost(response, request.maxBytes), contentType: response.headers.get('content-type') ?? '' };
  }
  throw new FileError({ message: 'its address leads in a circle' });
}

/** Of the connection: what follows is not read. */
async function letGo({ body }: Response): Promise<void> {
  await body?.[Symbol.asyncIterator]()
    .return?.()
    .catch(() => undefined);
}

function toAllowed(address: string, { origins }: Download): string {
  const url = URL.parse(address);
  if (url && origins.includes(url.origin) && url.username === '' && url.password === '') return url.href;
  throw new FileError({ message: "its address is none of the platform's own" });
}

function toRefusal(status: number): FileError {
  if (status === 404 || status === 410) return new FileError({ message: 'it is not there any more' });
  if (status === 401 || status === 403) return new FileError({ message: 'the platform does not let me have it' });
  return new FileError({ message: `the platform answers with HTTP ${status}`, retryable: status >= 500 || status === 429 });
}

/** What the server says of the length is not believed; what it sends is counted. */
async function readAtMost({ body }: Response, maxBytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    // Leaving the loop lets go of the connection.
    if (length > maxBytes) throw tooLarge(undefined, maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length);
}

export function tooLarge(bytes: number | undefined, maxBytes: number): FileError {
  return new FileError({
    message: `${bytes === undefined ? 'it is' : `${toSize(bytes)},`} more than the ${toSize(maxBytes)} that are read`,
  });
}

function toSize(bytes: number): string {
  if (bytes >= 1_000_000) return `${Number((bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0))} MB`;
  return bytes >= 1_000 ? `${Math.round(bytes / 1_000)} kB` : `${bytes} bytes`;
}
