import type { OutboundMessage } from '../../src/message.ts';
import type { ClaimedDelivery, DeliveryHold, Store, TurnOutcome } from '../../src/store/store.ts';
import { isHeld, type Lease, type Watch } from './watch.ts';

export interface DeliveriesWatch {
  readonly methods: Pick<Store, 'claimDeliveries' | 'settleSent' | 'settleFailed'>;
  lease(partId: string): Lease | undefined;
  /** Whether a process has told the ledger that it has sent this message. */
  hasReported(process: string, messageId: string): boolean;
  onCommit(outcome: TurnOutcome, delivery: ClaimedDelivery | undefined): void;
  onHandBack(owner: string): void;
  /** A process begins to send. */
  onSend(owner: string, message: OutboundMessage): void;
}

/** Of those that are not settled yet, the first is the next to go out. */
interface Queue {
  parts: readonly string[];
}

/** No part is held twice at a time, parts go out in order, and nothing is sent that its lease may not outlast. */
export function watchDeliveries(
  store: Store,
  { now, journal, revising, onViolation }: Watch,
  timeoutMs: number,
): DeliveriesWatch {
  const held = new Map<string, Lease>();
  const queues = new Map<string, Queue>();
  const answers = new Map<string, readonly string[]>();
  const reports = new Set<string>();

  function queueOf(conversationId: string): Queue {
    const queue = queues.get(conversationId) ?? { parts: [] };
    queues.set(conversationId, queue);
    return queue;
  }

  function onDelivery({ id, owner, token, uncertain, leaseUntil, message }: ClaimedDelivery): void {
    const which = `${id.slice(0, 6)} ${message.part + 1}/${message.parts}`;
    journal.note('ledger', `part to ${owner}`, `${which}${uncertain ? ' uncertain' : ''}`);
    const before = held.get(id);
    if (before && isHeld(before, now())) onViolation(`part ${id} was given to ${owner} while ${before.owner} held it`);
    held.set(id, { owner, token, until: leaseUntil, isOver: false });
    const { parts } = queueOf(message.conversationId);
    // Where answers are revised, parts leave the outbox without having gone out.
    if (!revising && parts.includes(id) && parts[0] !== id)
      onViolation(`part ${id} was given out before ${parts[0]}, which goes first`);
  }

  function onSettled({ id, owner }: DeliveryHold, what: 'sent' | 'failed' | 'dead'): void {
    journal.note('ledger', `${what} by ${owner}`, id.slice(0, 6));
    const lease = held.get(id);
    if (lease) lease.isOver = true;
    if (what === 'failed') return;
    // A part that will never arrive takes the later ones of its answer with it.
    const answer = answers.get(id) ?? [];
    const settled = what === 'dead' ? answer.slice(answer.indexOf(id)) : [id];
    for (const queue of queues.values()) queue.parts = queue.parts.filter((part) => !settled.includes(part));
  }

  return {
    lease: (partId) => held.get(partId),
    hasReported: (process, messageId) => reports.has(`${process} ${messageId}`),
    onCommit: ({ conversationId, parts }, delivery) => {
      const ids = parts.map(({ id }) => id);
      for (const id of ids) answers.set(id, ids);
      const queue = queueOf(conversationId);
      queue.parts = [...queue.parts, ...ids];
      if (delivery) onDelivery(delivery);
    },
    onHandBack: (owner) => {
      for (const lease of held.values()) if (lease.owner === owner) lease.isOver = true;
    },
    onSend: (owner, { id }) => {
      const lease = held.get(id);
      if (lease?.owner === owner && lease.until - timeoutMs >= now()) return;
      onViolation(`${owner} began to send part ${id} although its lease could not outlast that`);
    },
    methods: {
      claimDeliveries: async (claim) => {
        const claims = await store.claimDeliveries(claim);
        for (const delivery of claims.deliveries) onDelivery(delivery);
        return claims;
      },
      settleSent: async (sent) => {
        const { id, owner, receipt } = sent;
        reports.add(`${owner} ${receipt.id}`);
        const result = await store.settleSent(sent);
        if (result.status === 'stale') journal.note('ledger', `stale, ${owner}`, `${id.slice(0, 6)} as ${receipt.id}`);
        else onSettled(sent, 'sent');
        if (result.status === 'settled' && result.next) onDelivery(result.next);
        return result;
      },
      settleFailed: async (failure) => {
        const isDone = await store.settleFailed(failure);
        if (isDone) onSettled(failure, failure.retryAt === undefined ? 'dead' : 'failed');
        else journal.note('ledger', `stale, ${failure.owner}`, `${failure.id.slice(0, 6)} ${failure.error}`);
        return isDone;
      },
    },
  };
}
