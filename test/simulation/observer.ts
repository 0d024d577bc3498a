import type { InboundEvent } from '../../src/message.ts';
import type {
  AcceptBatch,
  ClaimedDelivery,
  ClaimedTurn,
  DeliveryHold,
  Store,
  TurnHold,
  TurnOutcome,
  WaitingEvent,
} from '../../src/store/store.ts';
import type { Leases } from './adapter-parts.ts';
import type { Figures } from './figures.ts';
import type { Journal } from './journal.ts';
import type { Writing } from './platform.ts';

/** A turn that has ended, as it was written. */
export interface Commit {
  readonly turnId: string;
  readonly conversationId: string;
  readonly outcome: TurnOutcome;
  readonly events: readonly WaitingEvent[];
  readonly claimedAt: number;
  readonly endedAt: number;
}

export interface Observer {
  /** The store, watched: what may never happen is found when it does. */
  watch(store: Store): Store;
  /** In the order in which they were written. */
  readonly commits: readonly Commit[];
  /** Of every message that was accepted, by conversation, in order. */
  readonly accepted: ReadonlyMap<string, readonly string[]>;
  /** Whether who writes this no longer holds the lease for it. */
  isLate(writing: Writing): boolean;
  /** Whether a process has told the ledger that it has sent this message. */
  hasReported(process: string, messageId: string): boolean;
  readonly leases: Leases;
}

export interface ObserverOptions {
  readonly now: () => number;
  readonly journal: Journal;
  readonly figures: Figures;
  readonly onViolation: (what: string) => void;
}

interface Lease {
  readonly owner: string;
  readonly token: number;
  until: number;
  isOver: boolean;
}

interface HeldTurn extends Lease {
  readonly turn: ClaimedTurn;
  readonly claimedAt: number;
}

/**
 * Watches what the store is asked and what it answers, and holds it to its contract: an event is new only once, no conversation
 * and no part is held twice at a time, two turns of a conversation that both count do not overlap, and parts go out in order.
 */
export function createObserver({ now, journal, figures, onViolation }: ObserverOptions): Observer {
  const commits: Commit[] = [];
  const accepted = new Map<string, string[]>();
  /** As they were last accepted, by conversation and message; none where it has been deleted. */
  const wordings = new Map<string, string>();
  const turns = new Map<string, HeldTurn>();
  const deliveries = new Map<string, Lease>();
  const queues = new Map<string, string[]>();
  const lastEnd = new Map<string, number>();
  const reports = new Set<string>();

  function onAccept(batch: AcceptBatch, statuses: readonly string[]): void {
    for (const [index, event] of batch.events.entries()) {
      const status = statuses[index] ?? 'nothing';
      journal.note('ledger', `accept: ${status}`, event.eventId);
      if (event.type === 'message' && status === 'accepted') {
        const known = accepted.get(event.conversationId) ?? [];
        if (known.includes(event.eventId)) onViolation(`${event.eventId} was accepted as new for a second time`);
        accepted.set(event.conversationId, [...known, event.eventId]);
        wordings.set(keyOf(event), event.text);
      }
      // Without its message there is nothing that an edit or a delete could have changed; both leave their tombstone.
      if (status !== 'ignored' || !wordings.has(keyOf(event))) continue;
      if (event.type === 'edit') wordings.set(keyOf(event), event.text);
      if (event.type === 'delete') wordings.delete(keyOf(event));
    }
  }

  function onTurn(turn: ClaimedTurn, leaseMs: number): void {
    const { conversationId, owner, token, attempt } = turn;
    journal.note('ledger', `turn to ${owner}`, `${turn.turnId.slice(0, 6)} attempt ${attempt}: ${idsOf(turn.events)}`);
    const held = turns.get(conversationId);
    if (held && isHeld(held)) onViolation(`${conversationId} was given to ${owner} while ${held.owner} held it`);
    turns.set(conversationId, { turn, owner, token, claimedAt: now(), until: now() + leaseMs, isOver: false });
    for (const { event } of turn.events) {
      if (event.type === 'message' && wordings.get(keyOf(event)) !== event.text)
        onViolation(`${owner} was given an old wording of ${event.eventId}, or one that was deleted`);
    }
  }

  function onCommit(outcome: TurnOutcome): void {
    const { conversationId, turnId, events, parts } = outcome;
    const held = turns.get(conversationId);
    const seqs = new Set(events.map(({ seq }) => seq));
    const settled = held?.turn.events.filter(({ seq }) => seqs.has(seq)) ?? [];
    journal.note('ledger', `commit of ${outcome.owner}`, `${turnId.slice(0, 6)} ${outcome.events[0]?.verdict}: ${idsOf(settled)} in ${parts.length} parts`);
    if (!held || held.token !== outcome.token || held.owner !== outcome.owner) {
      onViolation(`${outcome.owner} ended a turn of ${conversationId} that ${held?.owner ?? 'nobody'} held`);
      return;
    }
    if (held.claimedAt < (lastEnd.get(conversationId) ?? 0)) onViolation(`two turns of ${conversationId} overlapped, and both count`);
    held.isOver = true;
    lastEnd.set(conversationId, now());
    commits.push({ turnId, conversationId, outcome, events: settled, claimedAt: held.claimedAt, endedAt: now() });
    queues.set(conversationId, [...(queues.get(conversationId) ?? []), ...parts.map(({ id }) => id)]);
    if (outcome.answer) figures.replies += 1;
    else figures.notices += 1;
  }

  function onDelivery(delivery: ClaimedDelivery): void {
    const { id, owner, token, uncertain, leaseUntil, message } = delivery;
    journal.note('ledger', `part to ${owner}`, `${id.slice(0, 6)} ${message.part + 1}/${message.parts}${uncertain ? ' uncertain' : ''}`);
    const held = deliveries.get(id);
    if (held && isHeld(held)) onViolation(`part ${id} was given to ${owner} while ${held.owner} held it`);
    deliveries.set(id, { owner, token, until: leaseUntil, isOver: false });
    const queue = queues.get(message.conversationId) ?? [];
    if (queue.includes(id) && queue[0] !== id) onViolation(`part ${id} was given out before ${queue[0]}, which goes first`);
  }

  const isHeld = ({ isOver, until }: Lease): boolean => !isOver && until > now();

  function onSettled({ id, owner }: DeliveryHold, what: 'sent' | 'failed' | 'dead'): void {
    journal.note('ledger', `${what} by ${owner}`, id.slice(0, 6));
    const held = deliveries.get(id);
    if (held) held.isOver = true;
    if (what === 'failed') return;
    for (const [conversationId, queue] of queues) queues.set(conversationId, queue.filter((each) => each !== id));
  }

  /** A part that will never arrive takes the later ones of its answer with it. */
  function onDead({ id }: DeliveryHold): void {
    const answer = commits.find(({ outcome }) => outcome.parts.some((part) => part.id === id));
    const at = answer?.outcome.parts.findIndex((part) => part.id === id) ?? 0;
    const dead = new Set(answer?.outcome.parts.slice(at).map((part) => part.id));
    for (const [conversationId, queue] of queues) queues.set(conversationId, queue.filter((each) => !dead.has(each)));
  }

  function onTurnOver({ conversationId, token }: TurnHold): void {
    const held = turns.get(conversationId);
    if (held?.token === token) held.isOver = true;
  }

  function watch(store: Store): Store {
    return {
      ...store,
      accept: async (batch) => {
        const results = await store.accept(batch);
        onAccept(batch, results.map(({ status }) => status));
        return results;
      },
      claimTurns: async (claim) => {
        const claims = await store.claimTurns(claim);
        for (const turn of claims.turns) onTurn(turn, claim.leaseMs);
        return claims;
      },
      renewTurns: async (renewal) => {
        const lost = await store.renewTurns(renewal);
        for (const { conversationId, token } of renewal.turns) {
          const held = turns.get(conversationId);
          if (!lost.includes(conversationId) && held?.token === token) held.until = now() + renewal.leaseMs;
        }
        return lost;
      },
      commitTurn: async (outcome) => {
        const result = await store.commitTurn(outcome);
        if (result.status === 'stale') {
          journal.note('ledger', `stale, ${outcome.owner}`, outcome.turnId.slice(0, 6));
          return result;
        }
        onCommit(outcome);
        if (result.delivery) onDelivery(result.delivery);
        return result;
      },
      postponeTurn: async (postponement) => {
        const isDone = await store.postponeTurn(postponement);
        const { owner, conversationId, retryAt, error } = postponement;
        journal.note('ledger', `${isDone ? 'back' : 'stale'}, ${owner}`, `${conversationId} for ${retryAt - now()} ms: ${error}`);
        if (isDone) onTurnOver(postponement);
        return isDone;
      },
      claimDeliveries: async (claim) => {
        const claims = await store.claimDeliveries(claim);
        for (const delivery of claims.deliveries) onDelivery(delivery);
        return claims;
      },
      settleSent: async (sent) => {
        reports.add(`${sent.owner} ${sent.receipt.id}`);
        const result = await store.settleSent(sent);
        if (result.status === 'stale') journal.note('ledger', `stale, ${sent.owner}`, `${sent.id.slice(0, 6)} as ${sent.receipt.id}`);
        else onSettled(sent, 'sent');
        if (result.status === 'settled' && result.next) onDelivery(result.next);
        return result;
      },
      settleFailed: async (failure) => {
        const isHeldStill = await store.settleFailed(failure);
        if (!isHeldStill) {
          journal.note('ledger', `stale, ${failure.owner}`, `${failure.id.slice(0, 6)} ${failure.error}`);
          return isHeldStill;
        }
        onSettled(failure, failure.retryAt === undefined ? 'dead' : 'failed');
        if (failure.retryAt === undefined) onDead(failure);
        return isHeldStill;
      },
      handBack: async (owner) => {
        await store.handBack(owner);
        journal.note('ledger', `hand-back of ${owner}`);
        for (const lease of [...turns.values(), ...deliveries.values()]) if (lease.owner === owner) lease.isOver = true;
      },
    };
  }

  return {
    watch,
    commits,
    accepted,
    isLate: ({ by, partId, conversationId, isStream, token }) => {
      const lease = isStream ? turns.get(conversationId) : deliveries.get(partId);
      return !lease || lease.owner !== by || lease.token !== token || !isHeld(lease);
    },
    hasReported: (process, messageId) => reports.has(`${process} ${messageId}`),
    leases: {
      ofTurn: (conversationId) => turns.get(conversationId)?.token,
      ofPart: (partId) => deliveries.get(partId)?.token,
    },
  };
}

function idsOf(events: readonly WaitingEvent[]): string {
  return events.map(({ event }) => event.eventId).join(' ');
}

function keyOf(event: InboundEvent): string {
  return `${event.conversationId} ${'messageId' in event ? event.messageId : ''}`;
}
