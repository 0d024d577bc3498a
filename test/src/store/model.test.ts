import assert from 'node:assert/strict';
import { it } from 'node:test';
import { array, assert as assertProperty, asyncProperty } from 'fast-check';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import type { ClaimedDelivery, ClaimedTurn } from '../../../src/store/store.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { conversationIdOf, createMessage } from '../../support/inbound.ts';
import { openLedger, type Ledger } from '../../contracts/store/ledger.ts';
import {
  step,
  type Accept,
  type Commit,
  type Decide,
  type Failed,
  type Free,
  type Postpone,
  type Renew,
  type Sent,
  type Step,
} from './ledger-steps.ts';
import { createLedgerModel, leaseMs, type LedgerModel, type PartHeld, type TurnHeld } from './ledger-model.ts';

it('the ledger does what its description says, whatever happens in whatever order', async (test) => {
  await assertProperty(
    asyncProperty(array(step, { minLength: 10, maxLength: 80, size: 'max' }), async (steps) => {
      const clock = createFakeClock();
      const ledger = await openLedger(test, async () => ({ store: createInProcessStore(openMemoryDatabase(), clock), clock }));
      const run = createRun(ledger, clock);
      try {
        for (const each of steps) {
          await run.play(each);
          await run.compareFigures();
        }
        await run.comeToRest();
      } finally {
        await ledger.store.close();
      }
    }),
    { numRuns: 200 },
  );
});

interface Held {
  readonly turns: { readonly real: ClaimedTurn; readonly model: TurnHeld }[];
  readonly parts: { readonly real: ClaimedDelivery; readonly model: PartHeld }[];
}

function createRun(ledger: Ledger, clock: FakeClock) {
  const model = createLedgerModel(() => clock.now());
  const held: Held = { turns: [], parts: [] };
  const { store } = ledger;

  /** The newest ones are picked most easily: those are likely to be still held. */
  const pick = <Item>(items: readonly Item[], index: number): Item | undefined =>
    items.at(-1 - (index % Math.max(items.length, 1)));

  function holdPart(real: ClaimedDelivery | undefined, expected: PartHeld | undefined): void {
    assert.deepEqual(real && toPartHeld(real), expected);
    if (real && expected) held.parts.push({ real, model: expected });
  }

  async function accept({ in: conversation, again, addressed, lateMs }: Accept): Promise<void> {
    const known = again ? pick(model.events, model.events.length >> 1) : undefined;
    const said = known ?? { id: `E${model.events.length}`, conversation, addressed, sentAt: clock.now() - lateMs };
    const { id: eventId, conversation: place, addressed: isAddressed, sentAt } = said;
    const [result] = await ledger.accept(
      createMessage(eventId, { eventId, in: place, addressed: isAddressed, sentAt, replyTo: 'somebody' }),
    );
    assert.equal(result?.status, model.accept(said));
  }

  async function claimTurns(by: string, limit: number): Promise<void> {
    const { turns } = await store.claimTurns({ owner: by, limit, leaseMs, historyLimit: 1_000 });
    const expected = model.claimTurns(by, limit);
    assert.deepEqual(turns.map(toTurnHeld), expected.map(simplify));
    for (const [index, real] of turns.entries()) {
      const turn = expected[index];
      assert.ok(turn);
      assert.equal(real.history.length, model.transcriptOf(turn.conversation));
      held.turns.push({ real, model: turn });
    }
  }

  async function commit({ which: index, parts, failed }: Commit): Promise<void> {
    const turn = pick(held.turns, index);
    if (!turn) return;
    const texts = Array.from({ length: parts }, (_, part) => `part ${part}`);
    const result = await ledger.commit(turn.real, {
      ...{ parts: texts, deliver: { leaseMs } },
      ...(failed ? { verdict: 'failed', failure: { errorId: 'e1', message: 'x' } } : {}),
    });
    const expected = model.commit(turn.model, { count: parts, failed });
    assert.equal(result.status, expected ? 'committed' : 'stale');
    if (result.status !== 'committed' || !expected) return;
    assert.equal(result.moreWaiting, expected.more);
    holdPart(result.delivery, expected.first);
  }

  async function sent(part: Held['parts'][number], receipt: string): Promise<void> {
    const { id, token } = part.real;
    const result = await store.settleSent({ id, owner: part.real.owner, token, receipt: { id: receipt }, leaseMs });
    const expected = model.settleSent(part.model, receipt);
    assert.equal(result.status, expected.stale ? 'stale' : 'settled');
    if (result.status === 'stale' || expected.stale) {
      assert.deepEqual(result.status === 'stale' && result.receipt?.id, expected.stale && expected.receipt);
      return;
    }
    holdPart(result.next, expected.next);
  }

  async function playHeldTurn(each: Postpone | Renew): Promise<void> {
    const turn = pick(held.turns, each.which);
    if (!turn) return;
    const { owner: by, conversationId, token } = turn.real;
    if (each.do === 'renew') {
      const lost = await store.renewTurns({ owner: by, leaseMs, turns: [{ conversationId, token }] });
      assert.equal(lost.length === 0, model.renew(turn.model));
      return;
    }
    const retryAt = clock.now() + each.ms;
    const { counts } = each;
    const hold = { owner: by, conversationId, token, retryAt, error: 'x', counts, stream: undefined };
    assert.equal(await store.postponeTurn(hold), model.postpone(turn.model, { retryAt, counts }));
  }

  async function playHeldPart(each: Sent | Failed): Promise<void> {
    const part = pick(held.parts, each.which);
    if (!part) return;
    if (each.do === 'sent') return sent(part, `R${held.parts.length}`);
    const { uncertain } = each;
    const retryAt = each.ms === undefined ? undefined : clock.now() + each.ms;
    const real = await ledger.failed(part.real, { ...(retryAt === undefined ? {} : { retryAt }), uncertain });
    assert.equal(real, model.settleFailed(part.model, { retryAt, uncertain }));
  }

  async function playLetter(each: Decide): Promise<void> {
    const letter = pick(model.letters, each.which);
    if (!letter) return;
    const real = each.do === 'replay' ? store.replayDeadLetter(letter.id) : store.discardDeadLetter(letter.id);
    assert.equal(await real, each.do === 'replay' ? model.replay(letter) : model.discard(letter));
  }

  async function claimDeliveries(by: string, limit: number): Promise<void> {
    const { deliveries } = await store.claimDeliveries({ owner: by, limit, leaseMs });
    const expected = model.claimDeliveries(by, limit);
    assert.equal(deliveries.length, expected.length);
    for (const [index, real] of deliveries.entries()) holdPart(real, expected[index]);
  }

  async function free({ do: how, owner: by }: Free): Promise<void> {
    if (how === 'takeOver') return assert.deepEqual(await store.takeOver(), model.takeOver());
    model.handBack(by);
    return store.handBack(by);
  }

  function play(each: Step): Promise<void> {
    switch (each.do) {
      case 'accept':
        return accept(each);
      case 'advance':
        return clock.advance(each.ms);
      case 'claimTurns':
        return claimTurns(each.owner, each.limit);
      case 'claimDeliveries':
        return claimDeliveries(each.owner, each.limit);
      case 'commit':
        return commit(each);
      case 'postpone':
      case 'renew':
        return playHeldTurn(each);
      case 'sent':
      case 'failed':
        return playHeldPart(each);
      case 'replay':
      case 'discard':
        return playLetter(each);
      default:
        return free(each);
    }
  }

  async function compareFigures(): Promise<void> {
    const { waiting, undelivered, deadLetters } = await store.stats();
    const open = model.letters.filter(({ state }) => state === 'open').length;
    assert.deepEqual({ waiting, undelivered, deadLetters }, expectedFigures(model, open));
  }

  /** However it stands: with time and a worker that does its work, everything ends. */
  async function comeToRest(): Promise<void> {
    for (let round = 0; model.waiting() + model.undelivered() > 0; round += 1) {
      assert.ok(round < 200, 'it never comes to rest');
      await clock.advance(leaseMs);
      await claimTurns('p3', 10);
      for (const turn of held.turns.splice(0)) {
        held.turns.unshift(turn);
        await commit({ do: 'commit', which: held.turns.length - 1, parts: 1, failed: false });
        held.turns.shift();
      }
      await claimDeliveries('p3', 10);
      for (let part = held.parts.pop(); part; part = held.parts.pop()) await sent(part, 'R');
    }
    await compareFigures();
    for (const { id, verdict } of model.events) assert.equal((await ledger.status({ eventId: id }))?.state, verdict);
  }

  return { play, compareFigures, comeToRest };
}

function expectedFigures(model: LedgerModel, deadLetters: number) {
  return { waiting: model.waiting(), undelivered: model.undelivered(), deadLetters };
}

function toTurnHeld({ owner: by, token, attempt, crashes, conversationId, turnId, events }: ClaimedTurn) {
  return { owner: by, token, attempt, crashes, conversationId, turnId, events: events.map(({ event }) => event.eventId) };
}

function simplify({ conversation, events, ...hold }: TurnHeld) {
  return { ...hold, conversationId: conversationIdOf(conversation), events: events.map(({ id }) => id) };
}

function toPartHeld({ id, owner: by, token, message, uncertain }: ClaimedDelivery): PartHeld {
  return { id, owner: by, token, attempt: message.attempt, uncertain };
}
