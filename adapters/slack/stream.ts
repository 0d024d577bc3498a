import type { MessageStream, Step, StreamOpening } from '../../src/adapter.ts';
import { withTimeout } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { Receipt } from '../../src/message.ts';
import type { MarkdownCut } from '../../src/split.ts';
import type { SlackCaller } from './client.ts';
import { peopleOf } from './conversation.ts';
import type { SlackDestination } from './conversation.ts';
import { platformErrorOf, rateLimitOf, toDeliveryError } from './failure.ts';
import { splitRest, toReceipt } from './limits.ts';
import { hardLifeMs, Segment, softLifeMs } from './segment.ts';
import type { StreamStanding } from './segment.ts';
import { createTasks } from './tasks.ts';
import type { TaskChunk } from './tasks.ts';

/** An answer that is whole within this time is posted at once: two calls fewer, and no flicker. */
const graceMs = 15;
/** An answer that takes longer than this can be stopped by a button. */
const slowMs = 1_000;
/** Between the requests of one stream. `chat.appendStream` allows about 100 a minute to a workspace, so streams at the same time share them. */
const paceMs = 700;
const slowestPaceMs = 5_000;
/** Decoration must not hold up the answer. */
const requestTimeoutMs = 5_000;
/** A stream that Slack ends earlier was not ended for its age. */
const shortestLifeMs = 60_000;

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
  /** Nothing of what comes after so many characters is shown. */
  readonly fileAfter?: number | undefined;
  /** Called once where the stream goes on for a while. */
  readonly onSlow?: () => void;
}

/** What the streams of one workspace share: its rate limits. */
export interface Workspace {
  openStreams: number;
  /** No stream is started before; ms since 1970. */
  blockedUntil: number;
}

type Shown = ReturnType<Segment['next']> & { readonly tasks?: readonly TaskChunk[] };

/**
 * One answer, shown while it grows, in as many messages as its length and Slack's limits on time need.
 *
 *     waiting ──grace is over──> starting ──> open <──> appending ──close──> closed
 *        │                          ^           └──too long, too old──> stopping ──┐
 *        │                          └──────────────────── the next message <───────┘
 *        └──close──> closed, and nothing was shown
 *
 * Requests follow each other, never side by side. Whatever goes wrong only ends the show: `send` puts the messages right.
 */
export class LiveStream implements MessageStream {
  readonly opened: Promise<Receipt | 'unknown' | undefined>;
  /** In order; the answer goes on in the last one. Those before it hold the first texts of `#done`. */
  readonly segments: Segment[];
  readonly #options: LiveStreamOptions;
  readonly #settleOpened: (receipt: Receipt | 'unknown' | undefined) => void;
  readonly #tasks = createTasks();
  readonly #done: string[] = [];
  #whole = '';
  #over = false;
  #busy: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #cancelAging: (() => void) | undefined;
  #nextAt = 0;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    this.segments = [new Segment(peopleOf(options.destination))];
    const { promise, resolve } = Promise.withResolvers<Receipt | 'unknown' | undefined>();
    this.opened = promise;
    this.#settleOpened = resolve;
  }

  append(text: string): void {
    if (this.#over) return;
    const { fileAfter = Number.POSITIVE_INFINITY } = this.#options;
    const isShown = this.#whole.length < fileAfter;
    this.#whole += text;
    if (!isShown) return;
    this.#current().text += text;
    this.#schedule();
  }

  step(step: Step): void {
    this.#tasks.put(step);
    if (!this.#over) this.#schedule();
  }

  async close(): Promise<void> {
    this.#end();
    await this.#busy;
    this.#settleOpened(undefined);
  }

  /** The tasks as they are to stand in the finished message, where Slack has not been told so yet. */
  closingTasks(): readonly TaskChunk[] {
    return this.#tasks.closing();
  }

  /** The answer in the pieces in which it has been shown; undefined where it has been shown in one, or reads otherwise now. */
  parts(text: string): string[] | undefined {
    if (this.#done.length === 0 || !text.startsWith(this.#whole)) return undefined;
    const current = this.#current();
    const isOver = current.isBlank() && text.length === this.#whole.length;
    const rest = splitRest(text, { length: this.#whole.length, rest: isOver ? '' : current.text });
    return rest && [...this.#done, ...rest];
  }

  /** What has been shown of a whole that was cut short, message by message; undefined where that is nothing, or it reads otherwise now. */
  shown(text: string): string[] | undefined {
    if (!text.startsWith(this.#whole)) return undefined;
    const current = this.#current();
    const texts = current.shown === '' ? this.#done : [...this.#done, current.head()];
    return texts.length === 0 ? undefined : texts;
  }

  #current(): Segment {
    return this.segments[this.segments.length - 1] as Segment; // there is always one
  }

  #ageMs(): number {
    const { startedAt, ts } = this.#current();
    return ts === undefined ? 0 : this.#options.clock.monotonic() - startedAt;
  }

  #schedule(): void {
    if (this.#over || this.#busy || this.#cancelTimer) return;
    const segment = this.#current();
    if (segment.next().piece === '' && !this.#tasks.areWaiting() && !segment.cut(this.#ageMs())) return;
    const { clock, workspace } = this.#options;
    const isFirst = segment.ts === undefined && this.segments.length === 1;
    const at = segment.ts === undefined ? Math.max(this.#nextAt, workspace.blockedUntil) : this.#nextAt;
    this.#cancelTimer = clock.after(isFirst ? graceMs : Math.max(0, at - clock.now()), () => {
      this.#cancelTimer = undefined;
      this.#busy = this.#flush().finally(() => {
        this.#busy = undefined;
        this.#schedule();
      });
    });
  }

  async #flush(): Promise<void> {
    const { clock, workspace, destination, signal } = this.#options;
    if (signal.aborted) return this.#end();
    const segment = this.#current();
    const cut = segment.cut(this.#ageMs());
    const next: Shown = { ...segment.next(), tasks: this.#tasks.take() };
    const { channel, threadTs, userId = '', teamId = '' } = destination;
    if (cut) {
      this.#tasks.putBack(next.tasks);
      await this.#rotate(segment, cut);
    } else if (segment.ts === undefined) {
      const recipient = { recipient_user_id: userId, recipient_team_id: teamId };
      await this.#request('chat.startStream', { channel, thread_ts: threadTs, ...recipient }, next);
    } else {
      await this.#request('chat.appendStream', { channel, ts: segment.ts }, next);
    }
    this.#nextAt = Math.max(this.#nextAt, clock.now() + Math.min(slowestPaceMs, paceMs * Math.max(1, workspace.openStreams)));
  }

  /** Ends this message where it is cut, and goes on in the next. */
  async #rotate(segment: Segment, cut: MarkdownCut): Promise<void> {
    const { workspace, destination } = this.#options;
    const piece = segment.missing(cut.head);
    const { length } = segment.text;
    const closed = await this.#request('chat.stopStream', { channel: destination.channel, ts: segment.ts }, { piece, length: 0 });
    if (!closed) return;
    workspace.openStreams -= 1;
    // The answer has grown while Slack was asked.
    this.#goOn(segment, { ...cut, rest: cut.rest + segment.text.slice(length) });
  }

  #goOn(segment: Segment, cut: MarkdownCut): void {
    segment.text = cut.head;
    this.#done.push(cut.head);
    this.segments.push(new Segment(peopleOf(this.#options.destination), cut));
    this.#cancelAging?.();
  }

  /** Whether Slack has said yes. */
  async #request(method: string, args: Record<string, unknown>, next: Shown): Promise<boolean> {
    const { slack, clock, stopping, destination } = this.#options;
    const segment = this.#current();
    const { signal, clear } = withTimeout(clock, requestTimeoutMs, stopping);
    try {
      const { ts } = await slack.call(method, { ...args, ...toContent(next) }, signal);
      segment.confirm(next);
      this.#tasks.confirm(next.tasks);
      if (method === 'chat.stopStream') segment.standing = 'stopped';
      if (segment.ts !== undefined) return true;
      if (typeof ts !== 'string') throw new TypeError(`${method} was answered without a ts.`);
      this.#onStarted(segment, ts);
      this.#settleOpened(toReceipt(destination.channel, ts));
      return true;
    } catch (error) {
      this.#tasks.putBack(next.tasks);
      this.#onError(method, error);
      return false;
    } finally {
      clear();
    }
  }

  #onStarted(segment: Segment, ts: string): void {
    const { clock, workspace, onSlow } = this.#options;
    segment.ts = ts;
    segment.standing = 'open';
    segment.startedAt = clock.monotonic();
    if (this.#over) return;
    workspace.openStreams += 1;
    const age = (ms: number, then: () => void): (() => void) => clock.after(Math.max(0, ms - this.#ageMs()), then);
    const look = (): void => {
      this.#schedule();
      this.#cancelAging = age(hardLifeMs, () => this.#schedule());
    };
    this.#cancelAging = age(softLifeMs, look);
    if (this.segments.length > 1) return;
    const waitForLook = this.#cancelAging;
    const cancelSlow = clock.after(slowMs, () => onSlow?.());
    this.#cancelAging = () => {
      cancelSlow();
      waitForLook();
    };
  }

  #onError(method: string, error: unknown): void {
    const { clock, workspace, log, opening } = this.#options;
    const segment = this.#current();
    const retryAt = clock.now() + (rateLimitOf(error) ?? 0);
    const isFirst = this.segments.length === 1;
    if (rateLimitOf(error) !== undefined && (segment.ts !== undefined || !isFirst)) {
      this.#nextAt = retryAt; // What stands there stands as it was; the text goes on later.
      return;
    }
    workspace.blockedUntil = Math.max(workspace.blockedUntil, retryAt);
    const isOld = platformErrorOf(error) === 'message_not_in_streaming_state' && this.#ageMs() > shortestLifeMs;
    segment.standing = this.#standingAfter(method, error);
    if (isOld && segment.shown.trim() !== '') {
      workspace.openStreams -= 1;
      return this.#goOn(segment, segment.cutHere());
    }
    this.#end();
    this.#settleOpened(segment.standing === 'unknown' ? 'unknown' : undefined); // no effect where it was open before
    const { conversationId } = opening;
    log.debug('slack stream ended early', { conversationId, method, standing: segment.standing, error: describeError(error) });
  }

  #standingAfter(method: string, error: unknown): StreamStanding {
    const isLost = toDeliveryError(error, { method }).uncertain;
    if (this.#current().ts === undefined) return isLost ? 'unknown' : 'none';
    const refusal = platformErrorOf(error);
    if (refusal === 'message_not_in_streaming_state' || refusal === 'stopped_by_user') return 'ended';
    return isLost ? 'broken' : 'open';
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#cancelAging?.();
    if (this.#current().ts !== undefined) this.#options.workspace.openStreams -= 1;
  }
}

/** Either text alone, or pieces of which tasks are some. */
export function toContent({ piece, tasks = [] }: { piece: string; tasks?: readonly TaskChunk[] }): Record<string, unknown> {
  if (tasks.length === 0) return piece === '' ? {} : { markdown_text: piece };
  return { chunks: [...tasks, ...(piece === '' ? [] : [{ type: 'markdown_text', text: piece }])] };
}
