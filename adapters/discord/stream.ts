import type { MessageStream, StreamOpening } from '../../src/adapter.ts';
import { withTimeout } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import type { Log } from '../../src/log.ts';
import type { Destination, Receipt } from '../../src/message.ts';
import { parseDestination } from './conversation.ts';
import { toDeliveryError } from './delivery-error.ts';
import { closeOpenFence, toMessageTexts } from './format.ts';
import type { Rest } from './rest.ts';
import { editMessage, postMessage } from './write.ts';

/** An answer that is complete so soon after its first word is posted as a whole, without a stream. */
const graceMs = 15;
/** Discord lets about five messages and edits through in five seconds per channel, other answers included. */
const editEveryMs = 1300;
const maxEditEveryMs = 10_000;
const platformLimit = 2000;
/** So much of the limit over all channels is for what grows; the rest is for what has to arrive. */
export const streamsLimit = { count: 20, perMs: 1_000 };
/** The answer waits for the request that is under way when it is complete: what takes longer is given up, and looked for by `send`. */
const requestTimeoutMs = 5000;

export interface StreamOptions {
  readonly rest: Rest;
  readonly clock: Clock;
  readonly log: Log;
  readonly opening: StreamOpening;
  readonly signal: AbortSignal;
  /** Of an answer to an interaction: shows the text in place of the deferred response. Without it the answer is a message in the channel. */
  readonly show?: ((text: string, signal: AbortSignal) => Promise<Receipt>) | undefined;
  /** Of an answer whose thread is not there yet: opens it, and says where the answer goes. */
  readonly locate?: ((signal: AbortSignal) => Promise<Destination>) | undefined;
  /** The buttons under the growing answer. */
  readonly components?: readonly object[] | undefined;
  /** So much of an answer is shown; as much as a message takes where it is left out. */
  readonly limit?: number | undefined;
  /** Takes the next place among the requests of all streams; says in how many ms that is. */
  readonly nextPlace: () => number;
  /** Called when the first post may have arrived or not. */
  readonly doubt: (messageId: string) => void;
}

/**
 * An answer while it grows: one post, then edits.
 *
 *     waiting ──grace over──> opening ──posted──> open ──text grown, pause over──> editing ──> open ...
 *        └──────────── close, abort, refusal ───────┴──> closed
 *
 * One request is under way at a time; what grows meanwhile goes with the next one. A rate limit doubles the pause. The text shown
 * never exceeds the first message of the answer: the rest comes with the final messages.
 */
export class DiscordStream implements MessageStream {
  readonly opened: Promise<Receipt | 'unknown' | undefined>;
  readonly #options: StreamOptions;
  #channelId: string;
  readonly #settleOpened: (receipt: Receipt | 'unknown' | undefined) => void;
  #text = '';
  #shown = '';
  #receipt: Receipt | undefined;
  /** Whether a first post got lost on its way or on its way back. */
  #inDoubt = false;
  #closed = false;
  #pauseMs = editEveryMs;
  /** When the next request may start, in ms of the monotonic clock. */
  #nextAt: number | undefined;
  #cancelTimer: (() => void) | undefined;
  #underWay: Promise<void> | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    const { opening, signal } = options;
    const { promise, resolve } = Promise.withResolvers<Receipt | 'unknown' | undefined>();
    this.opened = promise;
    this.#settleOpened = resolve;
    const place = parseDestination(opening.destination);
    this.#channelId = place?.channelId ?? '';
    if (!place || signal.aborted) this.#end();
    else signal.addEventListener('abort', this.#end, { once: true });
  }

  append(text: string): void {
    if (this.#closed) return;
    this.#text += text;
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#end();
    await this.#underWay;
  }

  readonly #end = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    this.#options.signal.removeEventListener('abort', this.#end);
    // A post that is under way may still open the message.
    if (!this.#underWay) this.#settle();
  };

  #settle(): void {
    this.#settleOpened(this.#receipt ?? (this.#inDoubt ? 'unknown' : undefined));
  }

  #schedule(): void {
    if (this.#closed || this.#cancelTimer || this.#underWay) return;
    const { clock } = this.#options;
    this.#nextAt ??= clock.monotonic() + graceMs;
    this.#cancelTimer = clock.after(Math.max(0, this.#nextAt - clock.monotonic()), () => this.#queue());
  }

  /** An answer that is whole before its place has come needs none. */
  #queue(): void {
    const { clock, nextPlace } = this.#options;
    const start = (): void => {
      this.#cancelTimer = undefined;
      this.#underWay = this.#show();
    };
    const waitMs = nextPlace();
    if (waitMs > 0) this.#cancelTimer = clock.after(waitMs, start);
    else start();
  }

  async #show(): Promise<void> {
    const { clock } = this.#options;
    let seen = this.#text.length;
    try {
      await this.#put(this.#visibleText());
      this.#nextAt = clock.monotonic() + this.#pauseMs;
    } catch (error) {
      this.#onFailure(error);
      seen = -1;
    }
    this.#underWay = undefined;
    if (this.#closed) this.#settle();
    else if (this.#text.length > seen) this.#schedule();
  }

  async #put(text: string | undefined): Promise<void> {
    if (text === undefined || text === this.#shown) return;
    const { clock, signal: parent } = this.#options;
    const { signal, clear } = withTimeout(clock, requestTimeoutMs, parent);
    await this.#request(text, signal).finally(clear);
    this.#shown = text;
  }

  async #request(text: string, signal: AbortSignal): Promise<void> {
    const { rest, opening, show, locate, components } = this.#options;
    if (show) {
      this.#receipt = { channelId: this.#channelId, ...(await show(text, signal)) };
      this.#settleOpened(this.#receipt);
      return;
    }
    if (this.#receipt) {
      await editMessage(rest, { channelId: this.#channelId, messageId: this.#receipt.id, text, signal });
      return;
    }
    const { replyTo, channelId = '' } = locate ? await locate(signal) : opening.destination;
    this.#channelId = channelId;
    const { id } = await postMessage(rest, { channelId: this.#channelId, text, nonce: opening.id, replyTo, components, signal });
    this.#receipt = { id, channelId: this.#channelId };
    this.#settleOpened(this.#receipt);
  }

  #onFailure(cause: unknown): void {
    const { clock, log, opening, doubt } = this.#options;
    const error = toDeliveryError(cause);
    if (!this.#receipt && error.uncertain) {
      this.#inDoubt = true;
      doubt(opening.id);
    }
    this.#pauseMs = Math.min(maxEditEveryMs, this.#pauseMs * 2);
    this.#nextAt = clock.monotonic() + Math.max(this.#pauseMs, error.retryAfterMs ?? 0);
    const { conversationId, inReplyTo: eventId } = opening;
    log.debug('A streamed message could not be updated.', { conversationId, eventId, reason: error.message });
    if (!error.retryable) this.#end();
  }

  /** What the first message of the answer shows for now; undefined while that is nothing. */
  #visibleText(): string | undefined {
    const [text] = toMessageTexts(this.#text, this.#options.limit);
    if (text === undefined) return undefined;
    const closed = closeOpenFence(text);
    return closed.length > platformLimit ? text : closed;
  }
}
