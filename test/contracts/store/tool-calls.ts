import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openLedger, type OpenStore } from './ledger.ts';

const owner = { conversationId: 'fake:T1:c1', turnId: 'turn' };
const call = { ...owner, id: 'call', tool: 'act', arguments: '{"q":1}' };
const over = { id: 'call', tool: 'act', arguments: '{"q":1}', state: 'done', outcome: 'ok', ms: 5 } as const;

export function describeToolCalls(open: OpenStore): void {
  describe('calls of tools', () => {
    test('one that acts begins once, and whoever comes again learns how it stands', async (t) => {
      const { store } = await openLedger(t, open);

      const first = await store.beginToolCall(call);
      const second = await store.beginToolCall(call);
      await store.recordToolCalls({ ...owner, calls: [over] });
      const third = await store.beginToolCall(call);

      assert.equal(first, undefined);
      assert.deepEqual([second?.state, second?.outcome], ['begun', undefined]);
      assert.deepEqual([third?.state, third?.outcome, third?.ms], ['done', 'ok', 5]);
    });

    test('what is recorded stays as it is', async (t) => {
      const { store } = await openLedger(t, open);
      await store.recordToolCalls({ ...owner, calls: [over] });

      await store.recordToolCalls({ ...owner, calls: [{ ...over, state: 'failed', outcome: 'no' }] });

      const [listed] = await store.listToolCalls({ limit: 10 });
      assert.deepEqual([listed?.state, listed?.outcome, listed?.acting], ['done', 'ok', false]);
    });

    test('are listed newest first, of a turn, of a conversation, or those that act', async (t) => {
      const { store, clock } = await openLedger(t, open);
      await store.beginToolCall(call);
      await clock.advance(1);
      await store.recordToolCalls({ ...owner, calls: [{ ...over, id: 'look' }] });
      await store.recordToolCalls({ conversationId: 'fake:T1:c2', turnId: 'other', calls: [{ ...over, id: 'far' }] });
      const ids = async (query: Partial<Parameters<typeof store.listToolCalls>[0]>) =>
        (await store.listToolCalls({ limit: 10, ...query })).map(({ id }) => id);

      assert.deepEqual(await ids({}), ['far', 'look', 'call']);
      assert.deepEqual(await ids({ limit: 1 }), ['far']);
      assert.deepEqual(await ids({ turnId: 'turn' }), ['look', 'call']);
      assert.deepEqual(await ids({ conversationId: 'fake:T1:c2' }), ['far']);
      assert.deepEqual(await ids({ turnId: 'turn', acting: true }), ['call']);
    });

    test('go with the rest of the past', async (t) => {
      const { store, clock } = await openLedger(t, open);
      await store.recordToolCalls({ ...owner, calls: [over] });
      await clock.advance(1_000);

      const pruned = await store.prune({ before: clock.now(), limit: 10 });

      assert.equal(pruned, 1);
      assert.deepEqual(await store.listToolCalls({ limit: 10 }), []);
    });
  });
}
