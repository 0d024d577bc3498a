import type { MessageStream, StreamOpening } from '../../src/adapter.ts';
import { withTimeout } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { Receipt } from '../../src/message.ts';
import type { SlackCaller } from './client.ts';
import { peopleOf } from './conversation.ts';
import type { SlackDestination } from './conversation.ts';
import { platformErrorOf, rateLimitOf, toDeliveryError } from './failure.ts';
import { neutralise, stableLength } from './format.ts';
import type { People } from './format.ts';
import { messageLimit, toReceipt } from './limits.ts';

/** An answer that is whole within this time is posted at once: two calls fewer, and no flicker. */
const graceMs = 15;
/** Between the requests of one stream. `chat.appendStream` allows about 100 a minute to a workspace, so streams at the same time share them. */
const paceMs = 700;
const slowestPaceMs = 5_000;
/** Decoration must not hold up the answer. */
const requestTimeoutMs = 5_000;

/**
 * `none`: Slack shows nothing. `open`: it shows `shown`, and more can follow. `ended`: Slack has closed the stream, because it was too old or
 * somebody pressed stop. `broken`: a request got lost, so it is not known what stands there. `unknown`: not even whether anything does.
 */
export type StreamStanding = 'none' | 'open' | 'ended' | 'broken' | 'unknown';

export interface LiveStreamOptions {
  readonly opening: StreamOpening;
  readonly destination: SlackDestination & { readonly threadTs: string };
  readonly slack: SlackCaller;
  readonly clock: Clock;
  readonly log: Log;
  readonly workspace: Workspace;
  /** No request is begun after this; the ones under way are let end, so that it is known what they did. */
  readonly signal: AbortSignal;
  /** Ends every request when the adapter stops. */
  readonly stopping: AbortSignal;
}

/** What the streams of one workspace share: its rate limits. */
export interface Workspace {
  openStreams: number;
  /** No stream is started before; ms since 1970. */
  blockedUntil: number;
}

/**
 * One answer, shown while it grows.
 *
 *     waiting ──grace is over──> starting ──> open <──> appending ──close──> closed
 *        └──close──> closed, and nothing was shown
 *
 * Requests follow each other, never side by side. Whatever goes wrong only ends the show: `send` puts the message right.
 */
export class LiveStream implements MessageStream {
  readonly opened: Promise<Receipt | 'unknown' | undefined>;
  standing: StreamStanding = 'none';
  ts: string | undefined;
  /** What Slack has confirmed, as it was sent: the neutralised beginning of the answer. */
  shown = '';
  readonly #people: People;
  readonly #options: LiveStreamOptions;
  readonly #settleOpened: (receipt: Receipt | 'unknown' | undefined) => void;
  #text = '';
  #over = false;
  #busy: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #nextAt = 0;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    this.#people = peopleOf(options.destination);
    const { promise, resolve } = Promise.withResolvers<Receipt | 'unknown' | undefined>();
    this.opened = promise;
    this.#settleOpened = resolve;
  }

  append(text: string): void {
    if (this.#over) return;
    this.#text += text;
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#end();
    await this.#busy;
    this.#settleOpened(undefined);
  }

  #schedule(): void {
    if (this.#over || this.#busy || this.#cancelTimer || this.#piece() === '') return;
    const { clock } = this.#options;
    const delay = this.ts === undefined ? graceMs : Math.max(0, this.#nextAt - clock.now());
    this.#cancelTimer = clock.after(delay, () => {
      this.#cancelTimer = undefined;
      this.#busy = this.#flush().finally(() => {
        this.#busy = undefined;
        this.#schedule();
      });
    });
  }

  /** What can be shown next. */
  #piece(): string {
    if (this.shown === '' && this.#text.trim() === '') return '';
    const people = this.#people;
    const text = neutralise(this.#text.slice(0, stableLength(this.#text, this.shown === '', people)), people);
    const piece = text.slice(this.shown.length, messageLimit);
    return piece.isWellFormed() ? piece : piece.slice(0, -1); // cut by the limit between the halves of a character
  }

  async #flush(): Promise<void> {
    const { clock, workspace, destination, signal } = this.#options;
    if (signal.aborted) return this.#end();
    const piece = this.#piece();
    const { channel, threadTs, userId = '', teamId = '' } = destination;
    if (this.ts === undefined) {
      const recipient = { recipient_user_id: userId, recipient_team_id: teamId };
      await this.#request('chat.startStream', { channel, thread_ts: threadTs, ...recipient, markdown_text: piece }, piece);
    } else {
      await this.#request('chat.appendStream', { channel, ts: this.ts, markdown_text: piece }, piece);
    }
    this.#nextAt = Math.max(this.#nextAt, clock.now() + Math.min(slowestPaceMs, paceMs * Math.max(1, workspace.openStreams)));
    if (this.shown.length >= messageLimit) this.#end();
  }

  async #request(method: string, args: Record<string, unknown>, piece: string): Promise<void> {
    const { slack, clock, stopping, destination, workspace } = this.#options;
    const { signal, clear } = withTimeout(clock, requestTimeoutMs, stopping);
    try {
      const { ts } = await slack.call(method, args, signal);
      this.shown += piece;
      if (this.ts !== undefined) return;
      if (typeof ts !== 'string') throw new TypeError(`${method} was answered without a ts.`);
      this.ts = ts;
      this.standing = 'open';
      if (!this.#over) workspace.openStreams += 1;
      this.#settleOpened(toReceipt(destination.channel, ts));
    } catch (error) {
      this.#onError(method, error);
    } finally {
      clear();
    }
  }

  #onError(method: string, error: unknown): void {
    const { clock, workspace, log, opening } = this.#options;
    const retryAt = clock.now() + (rateLimitOf(error) ?? 0);
    if (rateLimitOf(error) !== undefined && this.ts !== undefined) {
      this.#nextAt = retryAt; // The stream stands as it was; the text goes on later.
      return;
    }
    workspace.blockedUntil = Math.max(workspace.blockedUntil, retryAt);
    this.standing = this.#standingAfter(method, error);
    this.#end();
    this.#settleOpened(this.standing === 'unknown' ? 'unknown' : undefined); // no effect where it was open before
    const { conversationId } = opening;
    log.debug('slack stream ended early', { conversationId, method, standing: this.standing, error: describeError(error) });
  }

  #standingAfter(method: string, error: unknown): StreamStanding {
    const isLost = toDeliveryError(error, { method }).uncertain;
    if (this.ts === undefined) return isLost ? 'unknown' : 'none';
    const refusal = platformErrorOf(error);
    if (refusal === 'message_not_in_streaming_state' || refusal === 'stopped_by_user') return 'ended';
    return isLost ? 'broken' : 'open';
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.ts !== undefined) this.#options.workspace.openStreams -= 1;
  }
}
