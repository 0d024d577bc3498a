import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { LimitScope, MessageLimit } from '../../../src/limits.ts';
import type { ClaimedTurn } from '../../../src/store/store.ts';
import { createMessage, testTenant } from '../../support/inbound.ts';
import { leaseMs, openLedger, type OpenStore } from './ledger.ts';

const minuteMs = 60_000;
const twoAMinute = limit('person', 'minute', 2);

export function describeMessageLimits(open: OpenStore): void {
  describe('limits on messages', () => {
    it('let so many in within any time of their length, and say when there is room again', async (test) => {
      const { ledger, ask, admit } = await openMessages(test, open);
      const { clock } = ledger;
      const start = clock.now();
      const first = await admit(await ask('c1'));
      await clock.advance(40_000);
      const second = await admit(await ask('c2'));
      const third = await admit(await ask('c3'));
      await clock.advance(20_000);
      const fourth = await admit(await ask('c4'));
      const fifth = await admit(await ask('c5'));

      const refused = { status: 'refused', count: 1, limit: twoAMinute.name, told: false };
      assert.deepEqual(
        [first, second, fourth],
        Array.from({ length: 3 }, () => ({ status: 'admitted', count: 1 })),
      );
      assert.deepEqual(third, { ...refused, resetsAt: start + minuteMs });
      assert.deepEqual(fifth, { ...refused, resetsAt: start + 40_000 + minuteMs });
    });

    it('count a message once, however often its turn is tried, and what was refused for nothing', async (test) => {
      const { ledger, ask, admit } = await openMessages(test, open);
      const single = [{ ...twoAMinute, most: 1 }];
      const turn = await ask('c1');
      const results = [await admit(turn, single), await admit(turn, single)];
      await ledger.clock.advance(leaseMs + 1);
      const again = await ledger.claimOne({ owner: 'p2' });

      results.push(await admit(again, single), await admit(turn, single));
      const use = await ledger.store.limitUse({ messages: [limit('person', 'hour', 2)], budgets: [], limit: 5 });

      assert.deepEqual(
        results.map(({ status }) => status),
        ['admitted', 'admitted', 'admitted', 'stale'],
      );
      assert.deepEqual(use, [
        {
          name: 'limits.messages.person.hour',
          scope: 'person',
          adapter: 'fake',
          tenant: testTenant,
          subject: 'ann',
          used: 1,
          reserved: 0,
        },
      ]);
    });

    it('tell of a turn with several messages how many of the first are admitted, or refused by the same limit', async (test) => {
      const { ledger, admit } = await openMessages(test, open);
      for (const by of ['ann', 'ann', 'ann', 'ann', 'bob']) await ledger.accept(createMessage('question', { by }));
      const turn = await ledger.claimOne();

      const all = await admit(turn);
      const rest = await admit({ ...turn, events: turn.events.slice(2) });
      const last = await admit({ ...turn, events: turn.events.slice(4) });

      assert.deepEqual(all, { status: 'admitted', count: 2 });
      assert.deepEqual([rest.status, rest.status === 'refused' && rest.count], ['refused', 2]);
      assert.deepEqual(last, { status: 'admitted', count: 1 });
    });

    it('count channels and tenants over all their people', async (test) => {
      const { ledger, ask, admit } = await openMessages(test, open);
      const limits = [limit('channel', 'hour', 1), limit('tenant', 'hour', 2)];

      const results = [];
      for (const [place, by] of [
        ['c1', 'ann'],
        ['c1', 'bob'],
        ['c2', 'bob'],
        ['c3', 'cy'],
      ] as const) {
        const turn = await ask(place, by);
        results.push(await admit(turn, limits));
        await ledger.commit(turn);
      }

      assert.deepEqual(
        results.map((result) => (result.status === 'refused' ? result.limit : result.status)),
        ['admitted', 'limits.messages.channel.hour', 'admitted', 'limits.messages.tenant.hour'],
      );
    });

    it('are not begun anew when old things are removed, within a day', async (test) => {
      const { ledger, ask, admit } = await openMessages(test, open);
      const daily = [limit('person', 'day', 1)];
      await admit(await ask('c1'), daily);
      await ledger.clock.advance(24 * 60 * minuteMs - 1);

      await ledger.store.prune({ before: ledger.clock.now(), limit: 100 });

      assert.equal((await admit(await ask('c2'), daily)).status, 'refused');
    });
  });
}

async function openMessages(test: TestContext, open: OpenStore) {
  const ledger = await openLedger(test, open);
  return {
    ledger,
    /** Somebody asks in a place where nothing else waits. */
    ask: async (place: string, by = 'ann'): Promise<ClaimedTurn> => {
      await ledger.accept(createMessage('question', { in: place, by }));
      const turns = await ledger.claim();
      const turn = turns.at(-1);
      assert.ok(turn);
      return turn;
    },
    admit: ({ owner, conversationId, token, events }: ClaimedTurn, limits: readonly MessageLimit[] = [twoAMinute]) => {
      const messages = events.map(({ seq, event, acceptedAt }) => {
        assert.ok(event.type === 'message');
        const { adapter, tenant, author, destination } = event;
        return { seq, at: acceptedAt, party: { adapter, tenant, channel: String(destination['place']), person: author.id } };
      });
      return ledger.store.admitMessages({ owner, conversationId, token, limits, messages });
    },
  };
}

function limit(scope: LimitScope, per: MessageLimit['per'], most: number): MessageLimit {
  return { name: `limits.messages.${scope}.${per}`, scope, per, most };
}
