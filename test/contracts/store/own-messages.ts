import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { OwnSigns } from '../../../src/own-message.ts';
import { createMessage } from '../../support/inbound.ts';
import { openLedger, type OpenStore } from './ledger.ts';

const adapter = 'webhook';
const answer = 'Please screw the new bulb in **clockwise**, and then switch it on.';
const dayMs = 24 * 60 * 60_000;

export function describeOwnMessages(open: OpenStore): void {
  describe('messages of the bot that come back', () => {
    it('are known by the id that they were sent under, before it is confirmed that they arrived', async (test) => {
      const { hear, part } = await openAnswered(test, open);

      assert.deepEqual(await hear('short', { ids: [part.id] }), ignored(`own message: its id is that of ${part.id}`));
      assert.deepEqual(await hear('short', { ids: ['another'] }), accepted);
    });

    it('are known by the id that the platform gave them', async (test) => {
      const { hear, part, sent } = await openAnswered(test, open);
      const before = await hear('short', { ids: ['comment-9'] });

      await sent(part, 'comment-9');

      assert.deepEqual(before, accepted);
      assert.deepEqual(await hear('short', { ids: ['comment-9'] }), ignored(`own message: its id is that of ${part.id}`));
    });

    it('are known by what they say, in whichever conversation and however it is set', async (test) => {
      const { hear, part } = await openAnswered(test, open);
      const reason = `own message: it says what ${part.id} says`;

      const same = await hear(answer, { texts: [answer] }, 'another conversation');
      const set = '<p>Please screw the new bulb in **clockwise**, and then switch it on.</p>';

      assert.deepEqual(same, ignored(reason));
      assert.deepEqual(await hear(set, { texts: ['A lamp', set] }), ignored(reason));
    });

    it('are not taken for what quotes them, for short texts, or for what is said a day later', async (test) => {
      const { hear, clock } = await openAnswered(test, open);
      const quoting = `${answer}\n\nI did, and it is still dark.`;

      assert.deepEqual(await hear(quoting, { texts: [quoting] }), accepted);
      assert.deepEqual(await hear('Yes.', { texts: ['Yes.'] }), accepted);
      await clock.advance(dayMs + 1);
      assert.deepEqual(await hear(answer, { texts: [answer] }), accepted);
    });

    it('are known by their mark, but not where it is quoted or stands for nothing', async (test) => {
      const { hear, part } = await openAnswered(test, open, 'Yes.');
      const marked = `Yes.\n\n[parley:${part.id}]`;
      const quoting = `> ${marked}\n\nWhy?`;
      const forged = 'Yes.\n\n[parley:000000000000000000000000]';

      const reason = ignored(`own message: it bears the mark of ${part.id}`);
      assert.deepEqual(await hear(marked, { marks: [part.id], texts: [`A lamp: ${marked}`, marked] }), reason);
      assert.deepEqual(await hear(quoting, { marks: [part.id], texts: [quoting] }), accepted);
      assert.deepEqual(await hear(forged, { marks: ['0'.repeat(24)], texts: [forged] }), accepted);
    });

    it('are known by what the sender says of their author, and count against no limit', async (test) => {
      const { hear, accept, store } = await openAnswered(test, open);
      const limit = { perHour: 1, refusal: 'too many', conversationId: 'c' };
      const own = { sure: 'own message: by its author', ids: [], marks: [], texts: [] };
      const event = createMessage('hi', { adapter, own, limit });

      await accept(event);

      assert.deepEqual(await hear('hello', {}, 'c9'), accepted);
      assert.deepEqual(await accept(createMessage('first', { adapter, limit })), [accepted]);
      assert.deepEqual(await accept(createMessage('second', { adapter, limit })), [ignored('too many')]);
      const { state, reason } = (await store.status(event)) ?? {};
      assert.deepEqual({ state, reason }, { state: 'ignored', reason: own.sure });
    });
  });
}

const accepted = { status: 'accepted' };
const ignored = (reason: string) => ({ status: 'ignored', reason });

/** A webhook has been answered with this; its one part is about to be sent. */
async function openAnswered(test: TestContext, open: OpenStore, text = answer) {
  const ledger = await openLedger(test, open);
  await ledger.accept(createMessage('My lamp is broken.', { adapter }));
  const turn = await ledger.claimOne();
  const result = await ledger.commit(turn, { parts: [text], answer: { text, tokens: 1 }, deliver: { adapter } });
  assert.ok(result.status === 'committed' && result.delivery);
  async function hear(said: string, signs: Partial<OwnSigns>, name = 'c1') {
    const own = { ids: [], marks: [], texts: [], ...signs };
    return (await ledger.accept(createMessage(said, { adapter, in: name, own })))[0];
  }
  return { ...ledger, part: result.delivery, hear };
}
