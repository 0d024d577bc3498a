import type { ClaimedTurn, Store, TurnHold, TurnOutcome, WaitingEvent } from '../../src/store/store.ts';
import { eventIdsOf, isHeld, type Lease, type Watch } from './watch.ts';

/** A turn that has ended, as it was written. */
export interface Commit {
  readonly turnId: string;
  readonly conversationId: string;
  readonly outcome: TurnOutcome;
  readonly events: readonly WaitingEvent[];
}

export interface TurnsWatch {
  readonly methods: Pick<Store, 'claimTurns' | 'renewTurns' | 'commitTurn' | 'postponeTurn'>;
  /** In the order in which they were written. */
  readonly commits: readonly Commit[];
  lease(conversationId: string): Lease | undefined;
  /** That was claimed last. */
  turnOf(conversationId: string): ClaimedTurn | undefined;
  onClaim(turn: ClaimedTurn, leaseMs: number): void;
  onHandBack(owner: string): void;
}

interface HeldTurn extends Lease {
  readonly turn: ClaimedTurn;
  readonly claimedAt: number;
}

/** No conversation is held twice at a time, who no longer holds one ends nothing, and turns that count do not overlap. */
export function watchTurns(store: Store, watch: Watch, onTurn: (turn: ClaimedTurn) => void): TurnsWatch {
  const { now, journal, figures, onViolation } = watch;
  const commits: Commit[] = [];
  const held = new Map<string, HeldTurn>();
  const lastEnd = new Map<string, number>();

  function onClaim(turn: ClaimedTurn, leaseMs: number): void {
    const { conversationId, owner, token, attempt } = turn;
    journal.note('ledger', `turn to ${owner}`, `${turn.turnId.slice(0, 6)} attempt ${attempt}: ${eventIdsOf(turn.events)}`);
    const before = held.get(conversationId);
    if (before && isHeld(before, now())) onViolation(`${conversationId} was given to ${owner} while ${before.owner} held it`);
    held.set(conversationId, { turn, owner, token, claimedAt: now(), until: now() + leaseMs, isOver: false });
    onTurn(turn);
  }

  function onCommit(outcome: TurnOutcome): void {
    const { conversationId, turnId, owner, token, parts } = outcome;
    const lease = held.get(conversationId);
    const seqs = new Set(outcome.events.map(({ seq }) => seq));
    const events = lease?.turn.events.filter(({ seq }) => seqs.has(seq)) ?? [];
    const verdict = outcome.events[0]?.verdict;
    journal.note(
      'ledger',
      `commit of ${owner}`,
      `${turnId.slice(0, 6)} ${verdict}: ${eventIdsOf(events)} in ${parts.length} parts`,
    );
    if (!lease || lease.token !== token || lease.owner !== owner) {
      return onViolation(`${owner} ended a turn of ${conversationId} that ${lease?.owner ?? 'nobody'} held`);
    }
    if (lease.claimedAt < (lastEnd.get(conversationId) ?? 0))
      onViolation(`two turns of ${conversationId} overlapped, and both count`);
    lease.isOver = true;
    lastEnd.set(conversationId, now());
    commits.push({ turnId, conversationId, outcome, events });
    if (outcome.answer) figures.replies += 1;
    else figures.notices += 1;
    return undefined;
  }

  function onPostponed({ conversationId, token }: TurnHold): void {
    const lease = held.get(conversationId);
    if (lease?.token === token) lease.isOver = true;
  }

  return {
    commits,
    onClaim,
    lease: (conversationId) => held.get(conversationId),
    turnOf: (conversationId) => held.get(conversationId)?.turn,
    onHandBack: (owner) => {
      for (const lease of held.values()) if (lease.owner === owner) lease.isOver = true;
    },
    methods: {
      claimTurns: async (claim) => {
        const claims = await store.claimTurns(claim);
        for (const turn of claims.turns) onClaim(turn, claim.leaseMs);
        return claims;
      },
      renewTurns: async (renewal) => {
        const lost = await store.renewTurns(renewal);
        for (const { conversationId, token } of renewal.turns) {
          const lease = held.get(conversationId);
          if (!lost.includes(conversationId) && lease?.token === token) lease.until = now() + renewal.leaseMs;
        }
        return lost;
      },
      commitTurn: async (outcome) => {
        const result = await store.commitTurn(outcome);
        if (result.status === 'committed') onCommit(outcome);
        else journal.note('ledger', `stale, ${outcome.owner}`, outcome.turnId.slice(0, 6));
        return result;
      },
      postponeTurn: async (postponement) => {
        const isDone = await store.postponeTurn(postponement);
        const { owner, conversationId, retryAt, error } = postponement;
        journal.note('ledger', `${isDone ? 'back' : 'stale'}, ${owner}`, `${conversationId} for ${retryAt - now()} ms: ${error}`);
        if (isDone) onPostponed(postponement);
        return isDone;
      },
    },
  };
}
