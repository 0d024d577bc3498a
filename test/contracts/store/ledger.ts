import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { AcceptResult, AdapterState, EventStatus } from '../../../src/adapter.ts';
import { toChunkId } from '../../../src/ids.ts';
import type { InboundEvent } from '../../../src/message.ts';
import type {
  ClaimedDelivery,
  ClaimedTurn,
  CommitResult,
  SettleResult,
  Store,
  TurnClaim,
  TurnOutcome,
  Verdict,
} from '../../../src/store/store.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { conversationIdOf, createMessage, testTenant } from '../../support/inbound.ts';

export interface OpenedStore {
  readonly store: Store;
  /** The time that the store is given. */
  readonly clock: FakeClock;
}

export type OpenStore = () => Promise<OpenedStore>;

export const leaseMs = 60_000;
export const failure = { errorId: 'k7m2p4qa', message: 'the model gave no answer' };

export type Outcome = Partial<Omit<TurnOutcome, 'parts' | 'deliver'>> & {
  readonly verdict?: Verdict;
  readonly reason?: string;
  /** Texts of the parts. */
  readonly parts?: readonly string[];
  readonly deliver?: Partial<TurnOutcome['deliver']>;
};

/** A store of one test, with what a process does to it in few words. */
export interface Ledger extends OpenedStore {
  accept(...events: InboundEvent[]): Promise<readonly AcceptResult[]>;
  saveState(state: AdapterState, adapter?: string): Promise<void>;
  claim(claim?: Partial<TurnClaim>): Promise<readonly ClaimedTurn[]>;
  /** The one turn that is ready. */
  claimOne(claim?: Partial<TurnClaim>): Promise<ClaimedTurn>;
  /** Ends a turn: its events get the verdict `answered` and count one token each. */
  commit(turn: ClaimedTurn, outcome?: Outcome): Promise<CommitResult>;
  /** Ends a turn with an answer of these parts; returns the first, leased. */
  answer(turn: ClaimedTurn, ...parts: string[]): Promise<ClaimedDelivery>;
  /** Asks in the conversation, and answers; the parts of the answer wait in the outbox, the first is leased where nothing is before it. */
  ask(conversation: string, ...parts: string[]): Promise<{ event: InboundEvent; delivery: ClaimedDelivery | undefined }>;
  /** Asks in c1, and lets the turn fail for good. */
  fail(text: string, outcome?: Outcome): Promise<{ event: InboundEvent; turnId: string; delivery: ClaimedDelivery | undefined }>;
  claimDeliveries(claim?: { owner?: string; limit?: number }): Promise<readonly ClaimedDelivery[]>;
  sent(delivery: ClaimedDelivery, receiptId?: string): Promise<SettleResult>;
  /** Records a failed attempt; without `retryAt` it is the last one. */
  failed(delivery: ClaimedDelivery, failure?: { retryAt?: number; uncertain?: boolean; error?: string }): Promise<boolean>;
  status(event: Pick<InboundEvent, 'eventId'>): Promise<EventStatus | undefined>;
  texts(conversation?: string): Promise<string[]>;
}

export async function openLedger(test: TestContext, open: OpenStore): Promise<Ledger> {
  const { store, clock } = await open();
  test.after(() => store.close());
  const claimTurns = { owner: 'p1', limit: 100, leaseMs, historyLimit: 100 };

  async function claim(options?: Partial<TurnClaim>) {
    return (await store.claimTurns({ ...claimTurns, ...options })).turns;
  }

  async function claimOne(options?: Partial<TurnClaim>) {
    const [turn, ...others] = await claim(options);
    assert.ok(turn, 'no turn is ready');
    assert.equal(others.length, 0, 'more than one turn is ready');
    return turn;
  }

  const commit = (turn: ClaimedTurn, outcome?: Outcome) => store.commitTurn(toOutcome(turn, { now: clock.now(), ...outcome }));

  async function answer(turn: ClaimedTurn, ...parts: string[]) {
    const result = await commit(turn, { parts, answer: { text: parts.join('\n'), tokens: 1 } });
    assert.ok(result.status === 'committed' && result.delivery, 'the first part was not handed over');
    return result.delivery;
  }

  return {
    store,
    clock,
    accept: (...events) => store.accept({ adapter: events[0]?.adapter ?? 'fake', events }),
    saveState: async (state, adapter = 'fake') => {
      await store.accept({ adapter, events: [], state });
    },
    claim,
    claimOne,
    commit,
    answer,
    ask: async (conversation, ...parts) => {
      const event = createMessage(`question in ${conversation}`, { in: conversation });
      await store.accept({ adapter: event.adapter, events: [event] });
      const turns = await claim();
      const turn = turns.find(({ conversationId }) => conversationId === event.conversationId);
      assert.ok(turn, 'the question got no turn');
      const result = await commit(turn, { parts, answer: { text: parts.join('\n'), tokens: 1 } });
      return { event, delivery: result.status === 'committed' ? result.delivery : undefined };
    },
    fail: async (text, outcome) => {
      const event = createMessage(text);
      await store.accept({ adapter: event.adapter, events: [event] });
      const turn = await claimOne();
      const result = await commit(turn, { verdict: 'failed', failure, ...outcome });
      await clock.advance(1);
      return { event, turnId: turn.turnId, delivery: result.status === 'committed' ? result.delivery : undefined };
    },
    claimDeliveries: async ({ owner = 'p1', limit = 100 } = {}) =>
      (await store.claimDeliveries({ owner, limit, leaseMs })).deliveries,
    sent: ({ id, owner, token }, receiptId = `shown-${id}`) =>
      store.settleSent({ id, owner, token, receipt: { id: receiptId }, leaseMs }),
    failed: ({ id, owner, token }, { retryAt, uncertain = false, error = 'the platform refused it' } = {}) =>
      store.settleFailed({ id, owner, token, error, uncertain, retryAt }),
    status: ({ eventId }) => store.status({ adapter: 'fake', tenant: testTenant, eventId }),
    texts: async (conversation = 'c1') =>
      (await store.transcript({ conversationId: conversationIdOf(conversation), limit: 1_000 })).map(({ text }) => text),
  };
}

function toOutcome(
  turn: ClaimedTurn,
  { verdict = 'answered', reason, parts = [], deliver, now, ...rest }: Outcome & { now: number },
): TurnOutcome {
  const last = turn.events.at(-1)?.event;
  return {
    owner: turn.owner,
    conversationId: turn.conversationId,
    token: turn.token,
    turnId: turn.turnId,
    attempt: turn.attempt,
    startedAt: now,
    events: turn.events.map(({ seq }) => ({ seq, verdict, reason, tokens: 1 })),
    parts: parts.map((text, part) => ({ id: toChunkId(turn.turnId, part), text })),
    deliver: {
      adapter: 'fake',
      tenant: testTenant,
      inReplyTo: last?.eventId ?? '',
      destination: { place: 'c1' },
      uncertain: false,
      expiresAt: now + 3_600_000,
      leaseMs,
      ...deliver,
    },
    ...rest,
  };
}
