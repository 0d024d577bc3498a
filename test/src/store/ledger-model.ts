import { toChunkId, toTurnId } from '../../../src/ids.ts';

/**
 * The ledger as its interface describes it, in arrays: slow, without a thought for crashes or disks, and small enough to be believed.
 * The property test compares the store with it, step by step.
 */
interface ModelEvent {
  readonly id: string;
  readonly conversation: string;
  readonly addressed: boolean;
  readonly sentAt: number;
  generation: number;
  verdict: 'waiting' | 'answered' | 'failed' | 'ignored';
  /** The one that settled it. */
  turn: ModelTurn | undefined;
}

interface ModelTurn {
  readonly failed: boolean;
  readonly events: readonly ModelEvent[];
  readonly parts: readonly ModelPart[];
}

interface ModelPart {
  readonly id: string;
  readonly conversation: string;
  readonly order: number;
  state: 'queued' | 'sending' | 'sent' | 'dead';
  /** Undefined: due as soon as it is the oldest. */
  nextAt: number | undefined;
  owner: string | undefined;
  token: number;
  attempt: number;
  uncertain: boolean;
  receipt: string | undefined;
}

interface ModelConversation {
  readonly name: string;
  wakeAt: number | undefined;
  owner: string | undefined;
  token: number;
  attempt: number;
  crashes: number;
}

interface ModelLetter {
  readonly id: string;
  readonly kind: 'turn' | 'delivery';
  readonly turn: ModelTurn;
  state: 'open' | 'replayed' | 'discarded';
}

interface Hold {
  readonly owner: string;
  readonly token: number;
}

export interface TurnHeld extends Hold {
  readonly conversation: string;
  readonly turnId: string;
  readonly attempt: number;
  readonly crashes: number;
  readonly events: readonly ModelEvent[];
}

export interface PartHeld extends Hold {
  readonly id: string;
  readonly attempt: number;
  readonly uncertain: boolean;
}

export type Said = Pick<ModelEvent, 'id' | 'conversation' | 'addressed' | 'sentAt'>;

export const leaseMs = 1_000;

export function createLedgerModel(now: () => number) {
  const conversations = new Map<string, ModelConversation>();
  const events: ModelEvent[] = [];
  const turns: ModelTurn[] = [];
  const parts: ModelPart[] = [];
  const letters: ModelLetter[] = [];

  const waitingIn = (name: string) => events.filter((event) => event.conversation === name && event.verdict === 'waiting');
  const unsettledIn = (name: string) =>
    parts.filter((part) => part.conversation === name && (part.state === 'queued' || part.state === 'sending'));
  const holds = (held: Hold, row: { owner: string | undefined; token: number } | undefined) =>
    row?.owner === held.owner && row.token === held.token;

  function lease(part: ModelPart, owner: string): PartHeld {
    part.uncertain ||= part.state === 'sending';
    Object.assign(part, { state: 'sending', owner, token: part.token + 1, attempt: part.attempt + 1, nextAt: now() + leaseMs });
    const { id, token, attempt, uncertain } = part;
    return { id, owner, token, attempt, uncertain };
  }

  function freePart(part: ModelPart): void {
    Object.assign(part, { state: 'queued', uncertain: true, owner: undefined, token: part.token + 1, nextAt: now() });
  }

  function free(owner: string | undefined, died: boolean) {
    const held = [...conversations.values()].filter((each) => each.owner !== undefined && (!owner || each.owner === owner));
    for (const each of held) {
      Object.assign(each, { owner: undefined, token: each.token + 1, wakeAt: now() });
      if (died) each.crashes += 1;
      else each.attempt -= 1;
    }
    const sending = parts.filter((part) => part.state === 'sending' && (!owner || part.owner === owner));
    for (const part of sending) freePart(part);
    return { turns: held.length, deliveries: sending.length };
  }

  const isDue = ({ wakeAt }: ModelConversation) => wakeAt !== undefined && wakeAt <= now();
  const crashesOf = (each: ModelConversation) => each.crashes + (each.owner !== undefined && isDue(each) ? 1 : 0);
  const byWaiting = (a: ModelConversation, b: ModelConversation) =>
    (a.wakeAt ?? 0) - (b.wakeAt ?? 0) || (a.name < b.name ? -1 : 1);

  /** There are never enough of them here for the limit on those with two deaths; of those with more one may run. */
  function findReady(limit: number): ModelConversation[] {
    const all = [...conversations.values()].toSorted(byWaiting);
    const isStrong = (each: ModelConversation) => crashesOf(each) >= 3;
    const busy = all.some((each) => isStrong(each) && each.owner !== undefined && !isDue(each));
    const strong = all.filter((each) => isDue(each) && isStrong(each)).toSorted((a, b) => crashesOf(a) - crashesOf(b));
    const least = busy ? undefined : strong[0];
    return all.filter((each) => isDue(each) && (!isStrong(each) || each === least)).slice(0, limit);
  }

  /** What was ignored and said later waits now, behind everything that waits already. */
  function takeUpAfter(conversation: string, after: number): void {
    const later = events.filter(
      (event) => event.conversation === conversation && event.verdict === 'ignored' && event.sentAt > after,
    );
    for (const event of later.toSorted((one, other) => one.sentAt - other.sentAt)) {
      event.verdict = 'waiting';
      events.push(...events.splice(events.indexOf(event), 1));
    }
  }

  return {
    events,
    letters,
    parts,

    accept({ id, conversation, addressed, sentAt }: Said): 'accepted' | 'duplicate' | 'ignored' {
      if (events.some((event) => event.id === id)) return 'duplicate';
      const known = conversations.get(conversation);
      const verdict = addressed || known ? 'waiting' : 'ignored';
      events.push({ id, conversation, addressed, sentAt, generation: 0, verdict, turn: undefined });
      if (verdict === 'ignored') return 'ignored';
      takeUpAfter(conversation, sentAt);
      if (known) known.wakeAt ??= now();
      else
        conversations.set(conversation, {
          name: conversation,
          wakeAt: now(),
          owner: undefined,
          token: 0,
          attempt: 0,
          crashes: 0,
        });
      return 'accepted';
    },

    claimTurns(owner: string, limit: number): TurnHeld[] {
      return findReady(limit).flatMap((conversation) => {
        const waiting = waitingIn(conversation.name);
        const [first] = waiting;
        if (!first) {
          Object.assign(conversation, { wakeAt: undefined, owner: undefined, attempt: 0, crashes: 0 });
          return [];
        }
        const { token, attempt, name } = conversation;
        const crashes = crashesOf(conversation);
        Object.assign(conversation, { owner, token: token + 1, attempt: attempt + 1, crashes, wakeAt: now() + leaseMs });
        const turnId = toTurnId({ adapter: 'fake', tenant: 'T1', eventId: first.id, generation: first.generation });
        return [{ owner, token: token + 1, attempt: attempt + 1, crashes, conversation: name, turnId, events: waiting }];
      });
    },

    renew(held: TurnHeld): boolean {
      const conversation = conversations.get(held.conversation);
      if (!conversation || !holds(held, conversation)) return false;
      conversation.wakeAt = now() + leaseMs;
      return true;
    },

    postpone(held: TurnHeld, { retryAt, counts }: { retryAt: number; counts: boolean }): boolean {
      const conversation = conversations.get(held.conversation);
      if (!conversation || !holds(held, conversation)) return false;
      const attempt = conversation.attempt - (counts ? 0 : 1);
      Object.assign(conversation, { owner: undefined, wakeAt: Math.max(retryAt, now()), attempt });
      return true;
    },

    /** Undefined when the lease has been lost. */
    commit(
      held: TurnHeld,
      { count, failed }: { count: number; failed: boolean },
    ): { first?: PartHeld; more: boolean } | undefined {
      const conversation = conversations.get(held.conversation);
      if (!conversation || !holds(held, conversation)) return undefined;
      const busy = unsettledIn(held.conversation).length > 0;
      const answer = Array.from({ length: count }, (_, index): ModelPart => ({
        ...{ id: toChunkId(held.turnId, index), conversation: held.conversation, order: parts.length + index },
        ...{ state: 'queued', nextAt: undefined, owner: undefined, token: 0, attempt: 0, uncertain: false, receipt: undefined },
      }));
      const turn = { failed, events: held.events, parts: answer };
      turns.push(turn);
      parts.push(...answer);
      for (const event of held.events) Object.assign(event, { verdict: failed ? 'failed' : 'answered', turn });
      if (failed) letters.push({ id: held.turnId, kind: 'turn', turn, state: 'open' });
      const more = waitingIn(held.conversation).length > 0;
      Object.assign(conversation, { owner: undefined, attempt: 0, crashes: 0, wakeAt: more ? now() : undefined });
      const [first] = answer;
      return first && !busy ? { first: lease(first, held.owner), more } : { more };
    },

    claimDeliveries(owner: string, limit: number): PartHeld[] {
      const heads = [...conversations.keys()].flatMap((name) => unsettledIn(name).slice(0, 1));
      const due = heads
        .filter(({ nextAt }) => (nextAt ?? 0) <= now())
        .toSorted((a, b) => (a.nextAt ?? 0) - (b.nextAt ?? 0) || a.order - b.order);
      return due.slice(0, limit).map((part) => lease(part, owner));
    },

    /** `stale` with what was recorded, or the next part. */
    settleSent(
      held: PartHeld,
      receipt: string,
    ): { stale: true; receipt: string | undefined } | { stale: false; next: PartHeld | undefined } {
      const part = parts.find(({ id }) => id === held.id);
      if (!part || part.state !== 'sending' || !holds(held, part)) return { stale: true, receipt: part?.receipt };
      Object.assign(part, { state: 'sent', receipt, owner: undefined });
      const [head] = unsettledIn(part.conversation);
      const isDue = head?.state === 'queued' && (head.nextAt ?? 0) <= now();
      return { stale: false, next: isDue ? lease(head, held.owner) : undefined };
    },

    settleFailed(held: PartHeld, { retryAt, uncertain }: { retryAt: number | undefined; uncertain: boolean }): boolean {
      const part = parts.find(({ id }) => id === held.id);
      const turn = turns.find((each) => each.parts.some(({ id }) => id === held.id));
      if (!part || !turn || part.state !== 'sending' || !holds(held, part)) return false;
      part.owner = undefined;
      if (retryAt !== undefined) {
        Object.assign(part, { state: 'queued', nextAt: retryAt, uncertain: part.uncertain || uncertain });
        return true;
      }
      part.state = 'dead';
      for (const other of turn.parts) if (other.state === 'queued') other.state = 'dead';
      const letter = letters.find(({ id }) => id === part.id);
      if (letter) letter.state = 'open';
      else letters.push({ id: part.id, kind: 'delivery', turn, state: 'open' });
      for (const event of turn.events) if (event.turn === turn) event.verdict = 'failed';
      const [head] = unsettledIn(part.conversation);
      if (head) head.nextAt ??= now();
      return true;
    },

    replay(letter: ModelLetter): boolean {
      if (letter.state !== 'open') return false;
      letter.state = 'replayed';
      const { turn, kind } = letter;
      if (kind === 'delivery') {
        for (const part of turn.parts) {
          if (part.state === 'dead') Object.assign(part, { state: 'queued', uncertain: true, attempt: 0, nextAt: now() });
        }
        if (turn.failed) return true;
        for (const event of turn.events) if (event.turn === turn) event.verdict = 'answered';
        return true;
      }
      for (const event of turn.events) {
        Object.assign(event, { verdict: 'waiting', turn: undefined, generation: event.generation + 1 });
      }
      const conversation = conversations.get(turn.events[0]?.conversation ?? '');
      if (conversation) conversation.wakeAt ??= now();
      return true;
    },

    discard(letter: ModelLetter): boolean {
      if (letter.state !== 'open') return false;
      letter.state = 'discarded';
      return true;
    },

    handBack: (owner: string) => free(owner, false),
    takeOver: () => {
      const isPutOff = (at: number | undefined) => at !== undefined && at > now() && at <= now() + 30_000;
      for (const each of conversations.values()) if (!each.owner && isPutOff(each.wakeAt)) each.wakeAt = now();
      for (const part of parts) if (part.state === 'queued' && isPutOff(part.nextAt)) part.nextAt = now();
      return free(undefined, true);
    },
    waiting: () => events.filter(({ verdict }) => verdict === 'waiting').length,
    undelivered: () => parts.filter(({ state }) => state === 'queued' || state === 'sending').length,
    transcriptOf: (name: string) => events.filter((event) => event.conversation === name && isSaid(event)).length,
  };
}

const isSaid = ({ verdict }: ModelEvent): boolean => verdict === 'answered' || verdict === 'failed';

export type LedgerModel = ReturnType<typeof createLedgerModel>;
