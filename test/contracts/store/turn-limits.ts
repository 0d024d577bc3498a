import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InboundMessage } from '../../../src/message.ts';
import { conversationIdOf, createMessage } from '../../support/inbound.ts';
import { openLedger, type OpenStore } from './ledger.ts';

const refusal = 'turnsPerHour: 2 events were answered within an hour';
const hourMs = 60 * 60_000;

export function describeTurnLimits(open: OpenStore): void {
  describe('limits on turns', () => {
    it('refuse what is one too many in its conversation within an hour, and say why', async (test) => {
      const { accept, clock, status } = await openLedger(test, open);
      const last = limited();

      const within = [...(await accept(limited())), ...(await accept(limited()))];
      const beyond = await accept(last);
      const elsewhere = await accept(limited('c2'));
      await clock.advance(hourMs + 1);
      const later = await accept(limited());

      assert.deepEqual(within, [{ status: 'accepted' }, { status: 'accepted' }]);
      assert.deepEqual(beyond, [{ status: 'ignored', reason: refusal }]);
      assert.deepEqual([...elsewhere, ...later], [{ status: 'accepted' }, { status: 'accepted' }]);
      const { state, reason } = (await status(last)) ?? {};
      assert.deepEqual({ state, reason }, { state: 'refused', reason: refusal });
    });

    it('count neither copies, nor what was refused, nor what has no limit', async (test) => {
      const { accept } = await openLedger(test, open);
      const first = limited();

      await accept(first);
      await accept({ ...first });
      await accept({ ...limited(), refusal: 'another rule' });
      await accept(createMessage('by a person'));

      assert.deepEqual(await accept(limited()), [{ status: 'accepted' }]);
      assert.deepEqual(await accept(limited()), [{ status: 'ignored', reason: refusal }]);
    });

    it('count what has been answered like what waits', async (test) => {
      const { accept, claimOne, commit } = await openLedger(test, open);

      await accept(limited());
      await accept(limited());
      await commit(await claimOne());

      assert.deepEqual(await accept(limited()), [{ status: 'ignored', reason: refusal }]);
    });

    it('are counted where the limit says, not where each event gets a conversation of its own', async (test) => {
      const { accept } = await openLedger(test, open);
      const inThread = (name: string): InboundMessage => ({ ...limited(), conversationId: conversationIdOf(name) });

      await accept(inThread('thread 1'));
      await accept(inThread('thread 2'));

      assert.deepEqual(await accept(inThread('thread 3')), [{ status: 'ignored', reason: refusal }]);
    });
  });
}

function limited(name = 'c1'): InboundMessage {
  return createMessage('hello', { in: name, limit: { perHour: 2, refusal, conversationId: conversationIdOf(name) } });
}
