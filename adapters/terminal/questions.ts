import type { AdapterContext, EventStatus } from '../../src/adapter.ts';
import { describeError } from '../../src/errors.ts';

const pollMs = 1000;
/** Answers that are remembered, so that one which is sent once more is not printed once more. */
const rememberedAnswers = 1000;

/** What was asked and has no answer yet, oldest first. */
export class Questions {
  readonly #context: Pick<AdapterContext, 'clock' | 'status' | 'log'>;
  readonly #onVerdict: (status: EventStatus) => void;
  readonly #open = new Map<string, () => void>();
  readonly #answers = new Set<string>();
  readonly #late = new Set<string>();
  #cancelPoll: (() => void) | undefined;

  /** `onVerdict` is told of events that come to an end without an answer. */
  constructor(context: Pick<AdapterContext, 'clock' | 'status' | 'log'>, onVerdict: (status: EventStatus) => void) {
    this.#context = context;
    this.#onVerdict = onVerdict;
  }

  /** Resolves when the question is settled. */
  ask(eventId: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#open.set(eventId, resolve);
    this.#poll();
    return promise;
  }

  /** The answer to this event answers all that was asked before it. An event of an earlier run answers nothing of this one. */
  settle(eventId: string): void {
    if (!this.#open.has(eventId)) return;
    for (const [id, resolve] of this.#open) {
      this.#open.delete(id);
      resolve();
      if (id === eventId) break;
    }
    if (this.#open.size === 0) this.#stopPoll();
  }

  /** Whether an answer to this event is one to an earlier run; true once only. */
  isLate(eventId: string): boolean {
    if (this.#open.has(eventId) || this.#late.has(eventId)) return false;
    this.#late.add(eventId);
    return true;
  }

  /** Whether the answer with this id has not been sent before. */
  isNew(answerId: string): boolean {
    if (this.#answers.has(answerId)) return false;
    this.#answers.add(answerId);
    const [oldest] = this.#answers;
    if (this.#answers.size > rememberedAnswers && oldest !== undefined) this.#answers.delete(oldest);
    return true;
  }

  stop(): void {
    for (const resolve of this.#open.values()) resolve();
    this.#open.clear();
    this.#stopPoll();
  }

  /** Some events get a verdict and no answer: the ledger alone knows. */
  #poll(): void {
    this.#cancelPoll ??= this.#context.clock.after(pollMs, () => {
      this.#cancelPoll = undefined;
      void this.#look().then(() => {
        if (this.#open.size > 0) this.#poll();
      });
    });
  }

  async #look(): Promise<void> {
    const [eventId] = this.#open.keys();
    if (eventId === undefined) return;
    try {
      const status = await this.#context.status('local', eventId);
      if (status === undefined || !isFinal(status) || status.answer.length > 0 || !this.#open.has(eventId)) return;
      this.settle(eventId);
      this.#onVerdict(status);
    } catch (error) {
      this.#context.log.warn('status could not be read', { eventId, error: describeError(error) });
    }
  }

  #stopPoll(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }
}

function isFinal({ state }: EventStatus): boolean {
  return state !== 'waiting' && state !== 'running' && state !== 'delivering';
}
