import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Exchange, ResponseHead } from './fetch-exchange.ts';

/**
 * What `createFetch` answers with: a Response as far as the openai and @slack/web-api SDKs, and our own code, use one.
 * `body` is an async iterable of Uint8Array and no web stream: without `getReader` the SDKs iterate, which costs a third.
 */
export class ThinResponse {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly headers: ThinHeaders;
  readonly redirected = false;
  readonly type = 'basic';
  readonly body: ThinBody | null;

  constructor(url: string, head: ResponseHead, body: ThinBody | null) {
    this.url = url;
    this.status = head.status;
    this.statusText = head.statusText;
    this.ok = head.status >= 200 && head.status < 300;
    this.headers = new ThinHeaders(head.headers);
    this.body = body;
  }

  get bodyUsed(): boolean {
    return this.body?.used ?? false;
  }

  async bytes(): Promise<Uint8Array> {
    return this.body === null ? new Uint8Array(0) : this.body.collect();
  }

  async text(): Promise<string> {
    if (this.body === null) return '';
    const text = (await this.body.collect()).toString('utf8');
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes();
    return Uint8Array.from(bytes).buffer;
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.arrayBuffer()], { type: this.headers.get('content-type') ?? '' });
  }

  clone(): never {
    throw new TypeError('This response cannot be cloned: read it once.');
  }

  async formData(): Promise<never> {
    throw new TypeError('This response cannot be read as a form.');
  }
}

/** A body that is read once: as a whole or piece by piece. */
export class ThinBody {
  readonly #exchange: Exchange;
  /** Stands between where the server has encoded the body. */
  readonly #decoded: AsyncGenerator<Uint8Array, undefined> | undefined;
  #used = false;

  // No closure over a parameter here: V8 then keeps the whole exchange until a full collection of garbage.
  constructor(exchange: Exchange, encoding: string | undefined) {
    this.#exchange = exchange;
    this.#decoded = encoding === undefined ? undefined : decode(exchange, encoding);
  }

  get used(): boolean {
    return this.#used;
  }

  get locked(): boolean {
    return this.#used;
  }

  collect(): Promise<Buffer> {
    if (this.#used) return Promise.reject(new TypeError('The body has been read already.'));
    this.#used = true;
    return this.#decoded ? collect(this.#decoded) : this.#exchange.collect();
  }

  async cancel(): Promise<void> {
    this.#used = true;
    await (this.#decoded ? this.#decoded.return(undefined) : this.#exchange.return());
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    this.#used = true;
    return this.#decoded ?? this.#exchange;
  }
}

/** The part of `Headers` that reads. */
export class ThinHeaders {
  readonly #values: ResponseHead['headers'];

  constructor(values: ResponseHead['headers']) {
    this.#values = values;
  }

  get(name: string): string | null {
    const value = this.#values[name] ?? this.#values[name.toLowerCase()];
    if (value === undefined) return null;
    return typeof value === 'string' ? value : value.join(', ');
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  getSetCookie(): string[] {
    return [this.#values['set-cookie'] ?? []].flat();
  }

  *entries(): Generator<[string, string]> {
    for (const name of Object.keys(this.#values)) yield [name, this.get(name) ?? ''];
  }

  keys(): IterableIterator<string> {
    return Object.keys(this.#values).values();
  }

  *values(): Generator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(visit: (value: string, name: string, headers: ThinHeaders) => void): void {
    for (const [name, value] of this.entries()) visit(value, name, this);
  }

  [Symbol.iterator](): Generator<[string, string]> {
    return this.entries();
  }
}

/** The codings that need decoding, in the order in which they were applied; undefined where the body is as it is. */
export function contentEncoding(headers: ResponseHead['headers']): string | undefined {
  const value = headers['content-encoding'];
  const encoding = (Array.isArray(value) ? value.join(',') : (value ?? '')).trim().toLowerCase();
  return encoding === '' || encoding === 'identity' ? undefined : encoding;
}

/** We ask for plain bodies, but some servers and proxies compress regardless. */
async function* decode(exchange: Exchange, encoding: string): AsyncGenerator<Uint8Array, undefined> {
  const decoder = createDecoder(encoding);
  if (decoder === undefined) {
    await exchange.return();
    throw new TypeError(`The response is encoded as "${encoding}", which cannot be read.`);
  }
  const encoded = Readable.from({ [Symbol.asyncIterator]: () => exchange });
  encoded.on('error', (error) => decoder.destroy(error));
  try {
    for await (const chunk of encoded.pipe(decoder)) yield chunk;
  } finally {
    encoded.destroy();
    decoder.destroy();
    await exchange.return();
  }
}

function createDecoder(encoding: string) {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'deflate') return createInflate();
  return encoding === 'br' ? createBrotliDecompress() : undefined;
}

async function collect(source: AsyncGenerator<Uint8Array, undefined>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
