import type { OutboundMessage } from '../../src/message.ts';
import type { Store } from '../../src/store/store.ts';
import type { Leases } from './adapter-parts.ts';
import type { Writing } from './platform.ts';
import { watchDeliveries } from './watch-deliveries.ts';
import { watchInbox } from './watch-inbox.ts';
import { watchStops } from './watch-stops.ts';
import { watchTurns, type Commit } from './watch-turns.ts';
import { isHeld, type Watch } from './watch.ts';

/** Holds the store and those who use it to their contracts while they run: what may never happen is found when it does. */
export interface Observer {
  /** The store, watched. */
  readonly store: Store;
  /** In the order in which they were written. */
  readonly commits: readonly Commit[];
  /** Of every message that was accepted, by conversation, in order. */
  readonly accepted: ReadonlyMap<string, readonly string[]>;
  /** Whether who writes this no longer holds the lease for it. */
  isLate(writing: Writing): boolean;
  /** Whether a process has told the ledger that it has sent this message. */
  hasReported(process: string, messageId: string): boolean;
  onSend(process: string, message: OutboundMessage): void;
  readonly leases: Leases;
}

export interface ObserverOptions extends Watch {
  readonly store: Store;
  /** For one request to a platform. */
  readonly timeoutMs: number;
}

export function createObserver({ store, timeoutMs, ...watch }: ObserverOptions): Observer {
  const { now, journal } = watch;
  const inbox = watchInbox(store, watch);
  const turns = watchTurns(store, watch, inbox.onTurn);
  const deliveries = watchDeliveries(store, watch, timeoutMs);
  const stops = watchStops({ ...watch, turnOf: turns.turnOf });
  return {
    commits: turns.commits,
    accepted: inbox.accepted,
    hasReported: deliveries.hasReported,
    onSend: deliveries.onSend,
    isLate: ({ by, partId, conversationId, isStream, token }) => {
      const lease = isStream ? turns.lease(conversationId) : deliveries.lease(partId);
      return lease?.owner !== by || lease.token !== token || !isHeld(lease, now());
    },
    leases: {
      ofTurn: (conversationId) => turns.lease(conversationId)?.token,
      ofPart: (partId) => deliveries.lease(partId)?.token,
    },
    store: {
      ...store,
      ...inbox.methods,
      ...turns.methods,
      ...deliveries.methods,
      accept: async (batch) => {
        const results = await inbox.methods.accept(batch);
        stops.onAccepted(batch, results);
        return results;
      },
      acceptAndClaim: async (batch, claim) => {
        const taken = await store.acceptAndClaim(batch, claim);
        inbox.onAccepted(batch, taken.results);
        for (const turn of taken.turns) turns.onClaim(turn, claim.leaseMs);
        return taken;
      },
      commitTurn: async (outcome) => {
        const result = await turns.methods.commitTurn(outcome);
        if (result.status !== 'committed') return result;
        deliveries.onCommit(outcome, result.delivery);
        stops.onCommit(outcome);
        return result;
      },
      handBack: async (owner) => {
        await store.handBack(owner);
        journal.note('ledger', `hand-back of ${owner}`);
        turns.onHandBack(owner);
        deliveries.onHandBack(owner);
      },
    },
  };
}
