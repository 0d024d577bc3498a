import type { Dispatcher } from 'undici';

/** What is known of a response once its headers have come. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Chunks that nobody has asked for yet are held up to here while a reader is at work; then the sender has to wait. */
const readAheadBytes = 1024 * 1024;

/**
 * One request and its response, between undici's parser and whoever reads.
 *
 * It stands where undici's own `request` puts a Node stream. Most responses have come as a whole before anybody reads them, and then
 * there is nothing to stream: measured with both SDKs, that is the larger part of what `fetch` costs.
 *
 *     sent ──head──> open ──last chunk──> ended
 *       └──────────────┴──error, abort, discard──> failed
 */
export class Exchange implements Dispatcher.DispatchHandler, AsyncIterator<Uint8Array, undefined> {
  readonly head: Promise<ResponseHead>;
  readonly #maxBytes: number;
  readonly #signal: AbortSignal | undefined;
  #settleHead: { readonly resolve: (head: ResponseHead) => void; readonly reject: (error: unknown) => void } | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #state: 'sent' | 'open' | 'ended' | 'failed' = 'sent';
  #error: unknown;
  #wake: (() => void) | undefined;
  #streaming = false;

  /** `maxBytes` bounds what is held in memory for one response. */
  constructor(maxBytes: number, signal: AbortSignal | undefined) {
    this.#maxBytes = maxBytes;
    this.#signal = signal;
    this.head = new Promise((resolve, reject) => {
      this.#settleHead = { resolve, reject };
    });
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state === 'failed') controller.abort(toError(this.#error));
  }

  // oxlint-disable-next-line eslint/max-params -- undici calls it so
  onResponseStart(_controller: unknown, status: number, headers: ResponseHead['headers'], statusText = ''): void {
    if (status < 200) return; // 100 Continue, 103 Early Hints: the response is yet to come.
    if (this.#state !== 'sent') return;
    this.#state = 'open';
    this.#settleHead?.resolve({ status, statusText, headers });
    this.#settleHead = undefined;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      this.#fail(new TypeError(`The response is longer than ${this.#maxBytes} bytes.`));
      return;
    }
    if (this.#streaming && this.#bytes > readAheadBytes) controller.pause();
    this.#notify();
  }

  onResponseEnd(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#release();
    this.#notify();
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(new TypeError(this.#state === 'sent' ? 'fetch failed' : 'terminated', { cause: error }));
  }

  /** Everything that is left, once it has come. */
  async collect(): Promise<Buffer> {
    while (this.#state === 'open') await this.#change();
    if (this.#state === 'failed') throw this.#error;
    return this.#take();
  }

  /** All that has come since the last call: what one read of the socket brought is handed on as one piece. */
  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#streaming = true;
    while (this.#chunks.length === 0) {
      if (this.#state === 'failed') throw this.#error;
      if (this.#state === 'ended') return { value: undefined, done: true };
      await this.#change();
    }
    const value = this.#take();
    if (this.#controller?.paused) this.#controller.resume();
    return { value, done: false };
  }

  /** Nobody will read on: gives the connection up, unless all has come already. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#state === 'ended') this.#drop();
    else this.#fail(new TypeError('The body was given up before its end.'));
    return { value: undefined, done: true };
  }

  readonly #onAbort = (): void => this.#fail(this.#signal?.reason);

  #fail(error: unknown): void {
    if (this.#state === 'ended' || this.#state === 'failed') return;
    this.#state = 'failed';
    this.#error = error;
    this.#drop();
    this.#release();
    this.#settleHead?.reject(error);
    this.#settleHead = undefined;
    this.#controller?.abort(toError(error));
    this.#notify();
  }

  #take(): Buffer {
    const [only] = this.#chunks;
    const taken = this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks, this.#bytes);
    this.#drop();
    return taken;
  }

  #drop(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }

  #release(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('aborted', { cause: error });
}
