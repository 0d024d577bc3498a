import type { AdapterContext } from '../../src/adapter.ts';
import { describeError } from '../../src/errors.ts';
import type { InboundEvent } from '../../src/message.ts';
import { Backfill } from './backfill.ts';
import { toEvents } from './receive.ts';
import type { Receiver } from './receive.ts';
import type { Interactions } from './interactions.ts';
import { isRecord, recordsOf } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';
import type { Rules } from './rules.ts';
import { ReplyChains } from './reply-chain.ts';
import { BotRoles } from './roles.ts';
import type { ShardSession } from './session.ts';
import { isSnowflake } from './snowflake.ts';

export interface IntakeOptions {
  /** Of the shard. Direct messages come on shard 0. */
  readonly id: number;
  readonly context: AdapterContext;
  readonly session: ShardSession;
  readonly rest: Rest;
  readonly backfillMs: number;
  readonly signal: AbortSignal;
  /** Saving has failed for good for now: whoever holds the socket is to close it, so that a resume brings everything again. */
  readonly onStuck: () => void;
  readonly interactions: Interactions;
  /** Undefined where the operator has set none. */
  readonly rules?: Rules | undefined;
}

const maxBatch = 100;
const maxAttempts = 6;
const firstPauseMs = 100;
/** What carries no event for us moves the saved sequence on no more often than this. */
const flushAfterMs = 5000;

/**
 * The way from the socket to `accept`, one dispatch after the other in the order of their sequence numbers. What waits while a
 * batch is being saved goes with the next one. The saved sequence is that of the last dispatch of the batch, saved with its events.
 *
 * Where a batch cannot be saved after several attempts, everything that waits is dropped, the gate is shut, and the session is set back to
 * what is safe: the next connection brings it all again. The gate opens with that connection.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #roles: BotRoles;
  readonly #chains: ReplyChains;
  readonly #backfill: Backfill;
  #queue: Fields[] = [];
  readonly #interactions = new Map<Fields, Promise<readonly InboundEvent[]>>();
  #open = true;
  #stuck = false;
  #running: Promise<void> | undefined;
  #cancelFlush: (() => void) | undefined;
  /** Guilds of READY that have not shown themselves yet; undefined before any READY of this process. */
  #awaited: Set<string> | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { rest, context, backfillMs, signal } = options;
    this.#roles = new BotRoles({ rest, context });
    this.#chains = new ReplyChains({ rest, context, signal });
    const save = async (dispatches: readonly Fields[]): Promise<boolean> => this.#save(await this.#read(dispatches));
    this.#backfill = new Backfill({ rest, context, backfillMs, signal, save });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Takes a dispatch `{ t, s, d }`. Never throws: the SDK could not bear it. */
  push(dispatch: Fields): void {
    if (!this.#open) return;
    this.#options.rules?.learn(dispatch);
    if (dispatch['t'] === 'INTERACTION_CREATE' && isRecord(dispatch['d'])) {
      this.#interactions.set(dispatch, this.#options.interactions.take(dispatch['d']));
    }
    this.#queue.push(dispatch);
    this.#wake();
  }

  /** A new connection stands. */
  reopen(): void {
    if (this.#options.signal.aborted) return;
    this.#open = true;
    this.#stuck = false;
    this.#wake();
  }

  /** Takes nothing more. Resolves when what has been taken is saved, as far as that is possible. */
  async close(): Promise<void> {
    this.#open = false;
    await this.#running;
    if (!this.#cancelFlush) return;
    this.#cancelFlush();
    this.#cancelFlush = undefined;
    await this.#save([], this.#options.session.settled);
  }

  #wake(): void {
    if (!this.#running && !this.#stuck && this.#queue.length > 0) this.#work(this.#run());
  }

  #work(task: Promise<void>): void {
    this.#running = task.finally(() => {
      this.#running = undefined;
      // Something may have come in after the last look at the queue.
      this.#wake();
    });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      if (await this.#step().catch((error: unknown) => this.#onSurprise(error))) continue;
      this.#getStuck();
      return;
    }
  }

  #onSurprise(error: unknown): false {
    this.#options.context.log.error('Discord events could not be processed.', { reason: describeError(error) });
    return false;
  }

  /** Processes what stands at the head of the queue. False when it cannot be saved now. */
  async #step(): Promise<boolean> {
    const count = this.#batchSize();
    const batch = this.#queue.slice(0, count);
    const [head = {}] = batch;
    if (!(await this.#prepare(head))) return false;
    for (const dispatch of batch) if (this.#roles.isUnsure(dispatch)) await this.#askRoles(dispatch);
    const unsaved = this.#interactions.size === 0 ? [] : await this.#unsavedInteractions(batch);
    const heard = await this.#read(batch);
    const events = unsaved.length === 0 ? heard : [...heard, ...unsaved];
    const sequence = sequenceOf(batch.at(-1));
    if (events.length > 0 || head['t'] === 'READY') {
      if (!(await this.#save(events, sequence))) return false;
    } else this.#settleLater(sequence);
    this.#queue.splice(0, count);
    return true;
  }

  /** READY and GUILD_CREATE are steps of their own: what was missed comes before them. */
  #batchSize(): number {
    const end = this.#queue.findIndex(({ t }) => t === 'READY' || t === 'GUILD_CREATE' || t === 'RESUMED');
    if (end === 0) return 1;
    return Math.min(maxBatch, end === -1 ? this.#queue.length : end);
  }

  async #prepare(dispatch: Fields): Promise<boolean> {
    const { session } = this.#options;
    const { t: type, d: data } = dispatch;
    if (!isRecord(data)) return true;
    if (type === 'READY') return this.#begin(data);
    if (type === 'GUILD_CREATE' && isSnowflake(data['id'])) {
      this.#roles.learn(dispatch, session.userId ?? '');
      const isMissed = session.gapSince !== undefined || (this.#awaited?.has(data['id']) ?? false);
      if (isMissed && !(await this.#backfill.guild(data, session.gapSince))) return false;
      this.#awaited?.delete(data['id']);
    }
    // After a restart nobody knows any more which guilds were still to come: the replay has brought them.
    const isOver = this.#awaited ? this.#awaited.size === 0 : type === 'RESUMED';
    if (isOver && (type === 'GUILD_CREATE' || type === 'RESUMED')) this.#closeGap();
    return true;
  }

  /** A new session: it knows nothing of what happened before it. */
  async #begin(ready: Fields): Promise<boolean> {
    const { id, session, context } = this.#options;
    const userId = isRecord(ready['user']) ? ready['user']['id'] : undefined;
    if (!isSnowflake(userId)) return true;
    session.begin(userId);
    this.#awaited = new Set(recordsOf(ready['guilds']).flatMap(({ id }) => (isSnowflake(id) ? id : [])));
    this.#backfill.reset();
    context.log.info('Discord session begun.', { shard: id, guilds: this.#awaited.size });
    if (id === 0 && !(await this.#backfill.directMessages())) return false;
    if (this.#awaited.size === 0) this.#closeGap();
    return true;
  }

  #closeGap(): void {
    this.#options.session.gapSince = undefined;
    this.#backfill.reset();
  }

  /** Interactions go ahead of the queue; what could not be saved there goes with it. */
  async #unsavedInteractions(batch: readonly Fields[]): Promise<readonly InboundEvent[]> {
    const unsaved = await Promise.all(batch.flatMap((dispatch) => this.#interactions.get(dispatch) ?? []));
    for (const dispatch of batch) this.#interactions.delete(dispatch);
    return unsaved.flat();
  }

  async #askRoles(dispatch: Fields): Promise<void> {
    const { session, signal } = this.#options;
    await this.#roles.ask(dispatch, { userId: session.userId ?? '', signal });
  }

  /** Dispatches as events, with what they reply to. */
  async #read(dispatches: readonly Fields[]): Promise<InboundEvent[]> {
    const receiver = this.#receiver();
    if (!receiver) return [];
    await this.#chains.prepare(dispatches, receiver);
    const [only] = dispatches;
    return dispatches.length === 1 ? toEvents(only, receiver) : dispatches.flatMap((dispatch) => toEvents(dispatch, receiver));
  }

  #receiver(): Receiver | undefined {
    const { session, context, rules } = this.#options;
    const { userId } = session;
    if (userId === undefined) return undefined;
    const repliedTo = (message: Fields): readonly Fields[] | undefined => this.#chains.of(message);
    const bot = { userId, roleIds: this.#roles.ids, hearsBots: rules?.hearsBots, repliedTo };
    return { ...bot, sessionId: session.id, now: context.clock.now(), hears: rules?.hears };
  }

  /** Saves events, and with a `sequence` that all up to it is safe. False after several failures, or when the adapter stops. */
  async #save(events: readonly InboundEvent[], sequence?: number): Promise<boolean> {
    const { context, session, signal } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const now = context.clock.now();
        const state = sequence === undefined ? undefined : session.toState(sequence, now);
        if (events.length > 0 || state) await context.accept(events, state);
        if (sequence !== undefined) this.#onSettled(sequence, now);
        return true;
      } catch (error) {
        context.log.warn('Discord events could not be saved.', { attempt, events: events.length, reason: describeError(error) });
        if (attempt === maxAttempts || signal.aborted) return false;
        await context.clock.sleep(firstPauseMs * 2 ** (attempt - 1), signal).catch(() => undefined);
      }
    }
  }

  #onSettled(sequence: number, now: number): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#options.session.settle(sequence, now);
  }

  #settleLater(sequence: number): void {
    const { session, context } = this.#options;
    session.settle(sequence);
    this.#cancelFlush ??= context.clock.after(flushAfterMs, () => {
      this.#cancelFlush = undefined;
      // A batch that is under way saves a sequence of its own.
      if (!this.#running) this.#work(this.#flush());
    });
  }

  async #flush(): Promise<void> {
    await this.#save([], this.#options.session.settled);
  }

  #getStuck(): void {
    const { session, signal, onStuck } = this.#options;
    // READY comes once in a session: what it asks for is not done until it is saved.
    const ready = this.#queue.find(({ t }) => t === 'READY');
    this.#queue = ready ? [ready] : [];
    this.#interactions.clear();
    this.#stuck = true;
    if (signal.aborted) return;
    this.#open = false;
    session.rewind(ready ? sequenceOf(ready) : session.settled);
    onStuck();
  }
}

function sequenceOf(dispatch: Fields | undefined): number {
  const sequence = dispatch?.['s'];
  return typeof sequence === 'number' && Number.isSafeInteger(sequence) && sequence >= 0 ? sequence : 0;
}
