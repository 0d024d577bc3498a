import type { AdapterContext, EventStatus, MessageStream, StreamOpening } from '../../src/adapter.ts';
import { describeError } from '../../src/errors.ts';

/** An event whose answer somebody waits for. */
export interface Job {
  readonly tenant: string;
  readonly eventId: string;
  readonly conversationId: string;
}

export interface Watcher {
  /** The event has come to its end, or its answer stands and is only on its way to a callback. Called once, and nothing after it. */
  onDone(status: EventStatus): void;
  /** Nothing more will be told: the adapter stops. Called at most once, and not after onDone. */
  onStop(): void;
  /** The answer grows. */
  onToken?(text: string): void;
  /** The answer begins anew: what has been told of it so far counts no more. */
  onRestart?(): void;
}

/**
 * Tells those who wait for an answer, as it grows and when it is there.
 *
 * The ledger is what counts: whoever watches looks there at once, whenever an answer of the conversation is sent, and now and then
 * besides, so that nobody waits in vain for an answer that another process gave, or for an event that gets none.
 */
export class Answers {
  readonly #ledger: Pick<AdapterContext, 'status' | 'clock' | 'log'>;
  /** By conversation. */
  readonly #watches = new Map<string, Set<Watch>>();
  /** The answers that are being made at this moment, by conversation: there is one turn at a time. */
  readonly #live = new Map<string, LiveText>();
  #count = 0;

  constructor(ledger: Pick<AdapterContext, 'status' | 'clock' | 'log'>) {
    this.#ledger = ledger;
  }

  /** Undefined when too many watch already. Otherwise what ends the watch. */
  watch(job: Job, watcher: Watcher): (() => void) | undefined {
    if (this.#count >= maxWatchers) return undefined;
    this.#count += 1;
    const watch: Watch = {
      job,
      watcher,
      following: undefined,
      told: false,
      over: false,
      delayMs: firstPollMs,
      cancelPoll: doNothing,
    };
    this.#watches.set(job.conversationId, this.#watchesOf(job).add(watch));
    void this.#look(watch);
    this.#poll(watch);
    return () => void this.#end(watch);
  }

  openStream({ conversationId, inReplyTo }: StreamOpening): MessageStream {
    const live: LiveText = { inReplyTo, text: '' };
    this.#live.set(conversationId, live);
    for (const watch of this.#watchesOf({ conversationId })) {
      if (watch.job.eventId === inReplyTo) follow(watch, live);
      else void this.#look(watch);
    }
    return {
      append: (text) => {
        live.text += text;
        for (const watch of this.#watchesOf({ conversationId })) {
          if (watch.following !== live) continue;
          watch.told = true;
          watch.watcher.onToken?.(text);
        }
      },
      // No message stands on any platform before it is sent.
      opened: Promise.resolve(undefined),
      close: () => {
        if (this.#live.get(conversationId) === live) this.#live.delete(conversationId);
        return Promise.resolve();
      },
    };
  }

  /** An answer of this conversation is committed. */
  announce(conversationId: string): void {
    for (const watch of this.#watchesOf({ conversationId })) void this.#look(watch);
  }

  stop(): void {
    for (const watch of [...this.#watches.values()].flatMap((watches) => [...watches])) {
      if (this.#end(watch)) watch.watcher.onStop();
    }
    this.#live.clear();
  }

  async #look(watch: Watch): Promise<void> {
    const { tenant, eventId, conversationId } = watch.job;
    const { status, log } = this.#ledger;
    try {
      const found = await status(tenant, eventId);
      if (found === undefined) return;
      if (isDone(found)) {
        if (this.#end(watch)) watch.watcher.onDone(found);
        return;
      }
      const live = this.#live.get(conversationId);
      if (live === undefined || watch.following === live || !watch.watcher.onToken) return;
      // An answer covers all that had come before the newest event that it answers; what came later waits for its own.
      const newest = live.inReplyTo === eventId ? found : await status(tenant, live.inReplyTo);
      if (newest && found.acceptedAt <= newest.acceptedAt && !watch.over && this.#live.get(conversationId) === live)
        follow(watch, live);
    } catch (error) {
      log.warn('status could not be read', { conversationId, eventId, error: describeError(error) });
    }
  }

  #poll(watch: Watch): void {
    watch.cancelPoll = this.#ledger.clock.after(watch.delayMs, () => {
      watch.delayMs = Math.min(watch.delayMs * 2, lastPollMs);
      void this.#look(watch).then(() => {
        if (!watch.over) this.#poll(watch);
      });
    });
  }

  /** Whether it was not over yet. */
  #end(watch: Watch): boolean {
    if (watch.over) return false;
    watch.over = true;
    watch.cancelPoll();
    this.#count -= 1;
    const watches = this.#watchesOf(watch.job);
    watches.delete(watch);
    if (watches.size === 0) this.#watches.delete(watch.job.conversationId);
    return true;
  }

  #watchesOf({ conversationId }: Pick<Job, 'conversationId'>): Set<Watch> {
    return this.#watches.get(conversationId) ?? new Set();
  }
}

interface Watch {
  readonly job: Job;
  readonly watcher: Watcher;
  /** What it is told of as it grows. */
  following: LiveText | undefined;
  /** Whether it was told any text. */
  told: boolean;
  over: boolean;
  /** Until the next look into the ledger. */
  delayMs: number;
  cancelPoll: () => void;
}

interface LiveText {
  /** The newest event that it answers. */
  readonly inReplyTo: string;
  text: string;
}

const maxWatchers = 2000;
const firstPollMs = 250;
const lastPollMs = 5000;

const doNothing = (): void => undefined;

function follow(watch: Watch, live: LiveText): void {
  watch.following = live;
  if (watch.told) watch.watcher.onRestart?.();
  watch.told = live.text !== '';
  if (watch.told) watch.watcher.onToken?.(live.text);
}

function isDone({ state, answer }: EventStatus): boolean {
  if (state === 'waiting' || state === 'running') return false;
  return state !== 'delivering' || answer.length > 0;
}
