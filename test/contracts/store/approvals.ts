import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { approvalVerdicts } from '../../../src/approval-verdicts.ts';
import type { ApprovalRequest } from '../../../src/store/approval-store.ts';
import { createDecision, createMessage } from '../../support/inbound.ts';
import { openLedger, type OpenStore } from './ledger.ts';

const minuteMs = 60_000;
const asker = { id: 'ann', name: 'Ann', isBot: false };

/** A ledger in which a turn of c1 has asked for approval, in a message that stands on the platform. */
async function openAsked(t: TestContext, open: OpenStore, data: Partial<ApprovalRequest> = {}) {
  const ledger = await openLedger(t, open);
  const { clock, store } = ledger;
  await ledger.accept(createMessage('refund it'));
  const turn = await ledger.claimOne();
  const request = { id: 'call', tool: 'refund', title: 'Refunding', arguments: '{"amount":5}', asker, untrusted: true };
  const approval = { ...request, expiresAt: clock.now() + 60 * minuteMs, part: 1, ...data };
  const answer = { text: 'I asked.', tokens: 1 };
  const committed = await ledger.commit(turn, { parts: ['Well.', 'May I?'], answer, approval });
  assert.ok(committed.status === 'committed' && committed.delivery);
  const next = await ledger.sent(committed.delivery, 'P0');
  assert.ok(next.status === 'settled' && next.next);
  const shown = next.next.message;
  await ledger.sent(next.next, 'P1');
  const decide = (...given: Parameters<typeof createDecision>) =>
    ledger.accept(createDecision(given[0], given[1], { authority: 'any', by: 'bob', ...given[2] }));
  const state = async () => (await store.findApproval('call'))?.state;
  return { ...ledger, turn, shown, decide, state, first: committed.delivery.message };
}

export function describeApprovals(open: OpenStore): void {
  describe('requests for approval', () => {
    test('are there with the answer that asks, whose last part says what it asks', async (t) => {
      const { store, turn, first, shown } = await openAsked(t, open);

      const approval = await store.findApproval('call');

      assert.equal(first.approval, undefined);
      assert.deepEqual(shown.approval, { id: 'call', isOpen: true });
      assert.deepEqual([approval?.state, approval?.arguments, approval?.turnId], ['pending', '{"amount":5}', turn.turnId]);
      assert.deepEqual([approval?.asker, approval?.untrusted, approval?.decision], [asker, true, undefined]);
      assert.deepEqual(
        (await store.listApprovals({ pending: true, limit: 9 })).map(({ id }) => id),
        ['call'],
      );
    });

    test('are not there where the lease was lost', async (t) => {
      const ledger = await openLedger(t, open);
      await ledger.accept(createMessage('refund it'));
      const turn = await ledger.claimOne();
      const approval = { id: 'c', tool: 'a', title: 'A', arguments: '{}', asker, untrusted: false, expiresAt: 1, part: 0 };

      await ledger.commit({ ...turn, token: turn.token + 1 }, { parts: ['May I?'], approval });

      assert.equal(await ledger.store.findApproval('c'), undefined);
    });

    test('are decided by a press, which is a turn of its own with the destination of what asked', async (t) => {
      const { decide, claimOne, accept, texts, commit, state } = await openAsked(t, open);

      const [result] = await decide('approve', 'call');
      await accept(createMessage('and another thing'));

      const turn = await claimOne();
      const [event] = turn.events;
      assert.equal(result?.status, 'accepted');
      assert.equal(await state(), 'approved');
      assert.ok(event?.event.type === 'action');
      assert.deepEqual(event.event.destination, { place: 'c1' });
      assert.equal(event.event.authority, undefined);
      await commit({ ...turn, events: [event] }, { parts: ['Done.'], answer: { text: 'Done.', tokens: 1 } });
      assert.deepEqual(await texts(), ['refund it', 'I asked.', '(Approved by bob: refund)', 'Done.']);
    });

    test('lose their buttons, and the message says who decided what and when', async (t) => {
      const { decide, claimDeliveries, clock } = await openAsked(t, open);

      await decide('decline', 'call', { author: { id: 'bob', name: '*Bob*\n[x](y)', isBot: false } });

      const [closing, ...others] = await claimDeliveries();
      assert.equal(others.length, 0);
      const when = new Date(clock.now()).toISOString().slice(0, 16).replace('T', ' ');
      assert.equal(closing?.message.text, `May I?\n\n**Declined by Bob x y**, ${when} UTC`);
      assert.deepEqual(closing.message.approval, { id: 'call', isOpen: false });
      assert.deepEqual(closing.message.replaces, { id: 'P1' });
    });

    for (const [first, second] of [
      ['approve', 'decline'],
      ['decline', 'approve'],
      ['approve', 'approve'],
    ] as const) {
      test(`are decided once: who comes with ${second} after ${first} is told`, async (t) => {
        const { decide, claimDeliveries, sent, state } = await openAsked(t, open);
        await decide(first, 'call');
        const before = await state();

        const [late] = await decide(second, 'call', { by: 'eve' });

        assert.deepEqual(late, { status: 'ignored', reason: approvalVerdicts.over });
        assert.equal(await state(), before);
        const [closing] = await claimDeliveries();
        assert.ok(closing);
        const told = await sent(closing);
        assert.ok(told.status === 'settled');
        assert.match(told.next?.message.text ?? '', /(Approved|Declined) by bob, .*Your press changes nothing/);
        assert.deepEqual(told.next?.message.destination, { place: 'c1', seenBy: 'eve' });
      });
    }

    test('are decided by one of two who press in the same batch', async (t) => {
      const { accept, state } = await openAsked(t, open);
      const press = (name: 'approve' | 'decline', by: string) => createDecision(name, 'call', { by, authority: 'any' });

      const results = await accept(press('decline', 'bob'), press('approve', 'eve'));

      assert.deepEqual(
        results.map(({ status }) => status),
        ['accepted', 'ignored'],
      );
      assert.equal(await state(), 'declined');
    });

    test('take a press that comes again for the one that it is', async (t) => {
      const { accept, claim, commit, claimOne, claimDeliveries } = await openAsked(t, open);
      const press = createDecision('approve', 'call', { authority: 'any', by: 'bob' });
      await accept(press);
      await commit(await claimOne());

      const [again] = await accept(press);

      assert.equal(again?.status, 'duplicate');
      assert.deepEqual(await claim(), []);
      assert.equal((await claimDeliveries()).length, 1); // the closing alone
    });

    for (const { who, press } of [
      { who: 'without authority', press: {} },
      { who: 'who may decide what they asked for themselves, and did not ask this', press: { authority: 'asker' as const } },
      {
        who: 'that is a bot',
        press: { authority: 'any' as const, author: { id: 'bob', name: 'bob', isBot: true } },
      },
    ]) {
      test(`are not decided by somebody ${who}`, async (t) => {
        const { accept, state, claim, claimDeliveries } = await openAsked(t, open);

        const [result] = await accept(createDecision('approve', 'call', { by: 'bob', ...press }));

        assert.deepEqual(result, { status: 'ignored', reason: approvalVerdicts.foreign });
        assert.equal(await state(), 'pending');
        assert.deepEqual(await claim(), []);
        assert.match((await claimDeliveries())[0]?.message.text ?? '', /Only who the operator has named/);
      });
    }

    test('are decided by who asked where the settings let them', async (t) => {
      const { accept, state } = await openAsked(t, open);

      await accept(createDecision('approve', 'call', { by: 'ann', authority: 'asker' }));

      assert.equal(await state(), 'approved');
    });

    for (const [where, data] of [
      ['another conversation', { in: 'c2' }],
      ['another tenant', { tenant: 'T2' }],
      ['another adapter', { adapter: 'other' }],
    ] as const) {
      test(`are not decided from ${where}`, async (t) => {
        const { decide, state } = await openAsked(t, open);

        const [result] = await decide('approve', 'call', data);

        assert.deepEqual(result, { status: 'ignored', reason: approvalVerdicts.unknown });
        assert.equal(await state(), 'pending');
      });
    }

    test('expire, once, and nobody can decide them then', async (t) => {
      const { store, clock, decide, claimOne, commit, claim, state } = await openAsked(t, open);
      await clock.advance(60 * minuteMs - 1);
      assert.equal(await store.expireApprovals({ limit: 10 }), 0);
      await clock.advance(1);

      const [late] = await decide('approve', 'call');
      const ended = [await store.expireApprovals({ limit: 10 }), await store.expireApprovals({ limit: 10 })];

      assert.deepEqual(late, { status: 'ignored', reason: approvalVerdicts.expired });
      assert.deepEqual(ended, [1, 0]);
      assert.equal(await state(), 'expired');
      const turn = await claimOne();
      assert.ok(turn.events[0]?.event.type === 'action' && turn.events[0].event.name === 'expire');
      await commit(turn);
      assert.deepEqual(await claim(), []);
    });

    test('cannot be made to expire before their time', async (t) => {
      const { accept, state } = await openAsked(t, open);

      const [result] = await accept({ ...createDecision('approve', 'call', { authority: 'any' }), name: 'expire' });

      assert.equal(result?.status, 'ignored');
      assert.equal(await state(), 'pending');
    });

    test('are withdrawn by a reset of their conversation, buttons and all', async (t) => {
      const { accept, claimOne, commit, sent, decide, state } = await openAsked(t, open);
      await accept(createMessage('/reset'));

      const reset = await commit(await claimOne(), { parts: ['Done.'], reset: true });

      assert.equal(await state(), 'withdrawn');
      assert.ok(reset.status === 'committed' && reset.delivery);
      const next = await sent(reset.delivery);
      assert.match((next.status === 'settled' && next.next?.message.text) || '', /^May I\?\n\n\*\*Not asked any more\*\*/);
      assert.deepEqual(await decide('approve', 'call'), [{ status: 'ignored', reason: approvalVerdicts.over }]);
    });

    test('are withdrawn when the app is removed', async (t) => {
      const { accept, state, shown } = await openAsked(t, open);

      const { tenant, conversationId } = shown;
      await accept({ type: 'uninstall', adapter: 'fake', tenant, eventId: 'gone', conversationId, sentAt: 0 });

      assert.equal(await state(), 'withdrawn');
    });

    test('go with the rest of the past, but not while they wait', async (t) => {
      const { store, clock, decide, claimOne, commit } = await openAsked(t, open);
      await clock.advance(minuteMs);
      await store.prune({ before: clock.now(), limit: 100 });
      assert.ok(await store.findApproval('call'));
      await decide('approve', 'call');
      await commit(await claimOne());
      await clock.advance(minuteMs);

      await store.prune({ before: clock.now(), limit: 100 });

      assert.equal(await store.findApproval('call'), undefined);
    });
  });
}
