import type { AcceptResult } from '../adapter.ts';
import { createClaimLoop } from '../claim-loop.ts';
import { settleWithin, type Clock } from '../clock.ts';
import { describeError, TurnAborted } from '../errors.ts';
import { createInFlight } from '../in-flight.ts';
import type { Log } from '../log.ts';
import { appUninstalled } from '../store/installation-store.ts';
import type { AcceptBatch, ClaimedTurn, Store } from '../store/store.ts';
import { createRoom } from './room.ts';
import type { RevisionRules } from '../store/revision.ts';
import { createAcceptStops, hasInterruption, type StopsOptions } from './stops.ts';

export interface WorkerOptions {
  readonly store: Pick<Store, 'accept' | 'acceptAndClaim' | 'claimTurns' | 'renewTurns' | 'postponeTurn'>;
  /** Runs one turn to its commit; tells whether more waits in its conversation, or will. May reject: the turn is then taken up again later. */
  readonly runTurn: (turn: ClaimedTurn, signal: AbortSignal) => Promise<{ readonly moreWaiting: boolean }>;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this process in leases. */
  readonly owner: string;
  /** Turns at once, over all conversations. */
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  /** How much of the transcript a turn gets to see, in messages. */
  readonly historyLimit: number;
  /** What becomes of answers whose questions change; without it nothing does. */
  readonly revisions?: RevisionRules;
}

export interface Worker {
  start(): void;
  /** Saves events; resolves after the commit. Where there is room, their turns begin at once. */
  accept(batch: AcceptBatch): Promise<readonly AcceptResult[]>;
  /** The ledger has erased what turns of these conversations have read: they begin anew. */
  interrupt(conversationIds: readonly string[]): void;
  /** Something may be waiting. */
  wake(): void;
  /** Takes up nothing more, lets running turns end for `drainMs`, then stops them; they are handed back. */
  stop(drainMs: number): Promise<void>;
}

interface RunningTurn {
  readonly turn: ClaimedTurn;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/** A turn that has been told to stop ends at once, unless a model or an adapter ignores its signal. */
const abortGraceMs = 5_000;

/**
 * One turn per conversation at a time, many conversations at once, longest waiting first.
 * The store decides who gets which conversation; this loop only keeps its share of them busy and their leases alive.
 */
export function createWorker(options: WorkerOptions): Worker {
  const { store, clock, log } = options;
  const running = createInFlight<RunningTurn>();
  const renewal = createRenewal(options, running);
  const room = createRoom({ ...options, running: () => running.size, onTurn: run });
  const onError = (error: unknown): void => log.error('turns could not be claimed', { error: describeError(error) });
  const loop = createClaimLoop({ claim: room.claim, clock, pollMs: options.pollMs, onError });
  const acceptStops = createAcceptStops({ ...options, running: byTurn(running), coming: room.coming });

  async function accept(batch: AcceptBatch): Promise<readonly AcceptResult[]> {
    const interrupts = hasInterruption(batch);
    const atOnce = loop.active() && !interrupts ? room.acceptAtOnce(batch) : undefined;
    if (atOnce) return atOnce;
    const results = await (interrupts ? acceptStops(batch) : store.accept(batch));
    abortGone(running, batch, results);
    if (results.some(({ status }, index) => status === 'accepted' || batch.events[index]?.type === 'stop')) loop.wake();
    return results;
  }

  function run(turn: ClaimedTurn): void {
    const controller = new AbortController();
    if (!loop.active()) controller.abort(new TurnAborted('stopping')); // claimed while the stop began
    if (turn.attempt > 1) abortOlder(turn);
    const { crashes } = turn;
    if (crashes > 1) log.warn('turn was under way at several deaths of the process', { ...fieldsOf(turn), crashes });
    const done = options
      .runTurn(turn, controller.signal)
      .catch((error: unknown) => giveBack(options, turn, error))
      .then(({ moreWaiting }) => {
        leave();
        // Who was under way at a death of the process may keep others waiting.
        if (moreWaiting || room.isFull() || crashes > 0) loop.wake();
      });
    const leave = running.add({ turn, controller, done });
  }

  /** After a stall longer than a lease this process may find its own conversation free again. */
  function abortOlder({ conversationId }: ClaimedTurn): void {
    for (const { turn, controller } of running)
      if (turn.conversationId === conversationId) controller.abort(new TurnAborted('lease lost'));
  }

  return {
    start: () => {
      renewal.start();
      loop.start();
    },
    accept,
    interrupt: (conversationIds) => interrupt({ running, coming: room.coming }, conversationIds),
    wake: loop.wake,
    stop: async (drainMs) => {
      const claimed = loop.stop();
      const ends = () => [...running].map(({ done }) => done);
      await settleWithin(clock, drainMs, ends());
      for (const { controller } of running) controller.abort(new TurnAborted('stopping'));
      await claimed;
      await settleWithin(clock, abortGraceMs, ends());
      for (const { turn } of running) log.error('turn did not stop when it was told to', fieldsOf(turn));
      renewal.stop();
    },
  };
}

/** A stop is rare: it may look through them all. */
function byTurn(running: Iterable<RunningTurn>): StopsOptions['running'] {
  return {
    keys: () => [...running].map(({ turn }) => turn),
    get: (turn) => [...running].find((each) => each.turn === turn),
  };
}

/** Stops the turns of tenants that this batch takes the bot from: the ledger has ended them. */
function abortGone(running: Iterable<RunningTurn>, { adapter, events }: AcceptBatch, results: readonly AcceptResult[]): void {
  const gone = events.filter(({ type }, index) => type === 'uninstall' && results[index]?.reason === appUninstalled);
  if (gone.length === 0) return;
  const tenants = new Set(gone.map(({ tenant }) => tenant));
  for (const { turn, controller } of running) {
    const event = turn.events[0]?.event;
    if (event?.adapter === adapter && tenants.has(event.tenant)) controller.abort(new TurnAborted('lease lost'));
  }
}

interface Interrupted {
  readonly running: Iterable<RunningTurn>;
  readonly coming: () => Promise<unknown>;
}

function interrupt({ running, coming }: Interrupted, conversationIds: readonly string[]): void {
  const abort = (): void => {
    for (const { turn, controller } of running)
      if (conversationIds.includes(turn.conversationId)) controller.abort(new TurnAborted('changed'));
  };
  abort();
  // What was claimed before it was erased may come only now.
  void coming().then(abort);
}

/** What runTurn could not handle: a bug, or a store that fails. The attempt counts, so that it cannot go round for ever. */
async function giveBack(
  { store, clock, log, owner }: WorkerOptions,
  turn: ClaimedTurn,
  cause: unknown,
): Promise<{ moreWaiting: true }> {
  const { conversationId, token, attempt, crashes } = turn;
  const error = describeError(cause);
  log.error('turn failed unexpectedly', { ...fieldsOf(turn), attempt, error });
  const retryAt = clock.now() + Math.min(30_000, 500 * 2 ** (attempt - crashes));
  // When this fails too, the lease runs out and the turn is taken up again.
  await store
    .postponeTurn({ owner, conversationId, token, retryAt, error, counts: true, stream: turn.stream ?? 'unknown' })
    .catch((failure: unknown) => log.error('turn could not be given back', { ...fieldsOf(turn), error: describeError(failure) }));
  return { moreWaiting: true };
}

/** Keeps the leases of running turns alive, and stops the turns that have lost theirs. */
function createRenewal({ store, clock, log, owner, leaseMs }: WorkerOptions, running: Iterable<RunningTurn>) {
  let cancel: (() => void) | undefined;

  async function renew(): Promise<void> {
    const held = [...running].filter(({ controller }) => !controller.signal.aborted);
    if (held.length === 0) return;
    const wasHeld = new Set(held.map(({ turn }) => turn));
    const turns = held.map(({ turn: { conversationId, token } }) => ({ conversationId, token }));
    const lost = new Set(await store.renewTurns({ owner, leaseMs, turns }));
    for (const { turn, controller } of running) {
      if (!lost.has(turn.conversationId) || !wasHeld.has(turn)) continue; // still held, or begun meanwhile
      log.warn('turn lost its lease', fieldsOf(turn));
      controller.abort(new TurnAborted('lease lost'));
    }
  }

  function schedule(): void {
    cancel = clock.after(leaseMs / 3, () => {
      void renew()
        .catch((error: unknown) => log.error('leases could not be renewed', { error: describeError(error) }))
        .finally(() => {
          if (cancel) schedule();
        });
    });
  }

  return {
    start: schedule,
    stop: () => {
      cancel?.();
      cancel = undefined;
    },
  };
}

function fieldsOf({ conversationId, turnId, events }: ClaimedTurn) {
  return { conversationId, turnId, eventId: events.at(-1)?.event.eventId };
}
