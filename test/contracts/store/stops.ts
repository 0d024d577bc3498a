import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toChunkId } from '../../../src/ids.ts';
import type { ClaimedTurn } from '../../../src/store/store.ts';
import { stopVerdicts } from '../../../src/stop-verdicts.ts';
import { createCommand, createDelete, createMessage, createStop, createStopOf } from '../../support/inbound.ts';
import { leaseMs, openLedger, type OpenStore } from './ledger.ts';

const ignored = (reason: string) => [{ status: 'ignored', reason }];
const stopped = ignored(stopVerdicts.stopped);
const over = ignored(stopVerdicts.over);
const foreign = ignored(stopVerdicts.foreign);

/** What a Stop button under the answer of this turn names. */
function under({ turnId }: ClaimedTurn) {
  return { outboundId: toChunkId(turnId, 0) };
}

function textsAndMarks({ events }: ClaimedTurn) {
  return events.map(({ event, stopped: isStopped }) => ['text' in event && event.text, isStopped]);
}

export function describeStops(open: OpenStore): void {
  describe('stopping one answer', () => {
    it('marks what its turn has taken up, and nothing that came since', async (test) => {
      const { accept, claimOne, store } = await openLedger(test, open);
      await accept(createMessage('one'), createMessage('two'));
      const turn = await claimOne();
      await accept(createMessage('three'));

      assert.deepEqual(await accept(createStopOf(under(turn))), stopped);

      await store.takeOver();
      assert.deepEqual(textsAndMarks(await claimOne()), [
        ['one', true],
        ['two', true],
        ['three', false],
      ]);
    });

    it('leaves the next turn alone once that answer has ended', async (test) => {
      const { accept, claimOne, commit, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const first = await claimOne();
      await accept(createMessage('two'));
      await commit(first);
      await claimOne();

      assert.deepEqual(await accept(createStopOf(under(first))), over);

      await store.takeOver();
      assert.deepEqual(textsAndMarks(await claimOne()), [['two', false]]);
    });

    it('means nothing where the answer is unknown, in another conversation, or not begun', async (test) => {
      const { accept, claimOne, commit } = await openLedger(test, open);
      await accept(createMessage('one'));
      const turn = await claimOne();

      assert.deepEqual(await accept(createStopOf({ outboundId: 'unknown' })), over);
      assert.deepEqual(await accept(createStopOf({ ...under(turn), in: 'c2' })), over);

      await accept(createMessage('two'));
      await commit(turn);
      assert.deepEqual(await accept(createStopOf({})), over);
      assert.deepEqual(textsAndMarks(await claimOne()), [['two', false]]);
    });

    it('holds for whoever takes the turn over, and for no more than was in it, however often it is pressed', async (test) => {
      const { accept, claimOne, commit, clock } = await openLedger(test, open);
      await accept(createMessage('one'));
      const lost = await claimOne();
      const press = createStopOf(under(lost));
      await accept(press);
      await accept(createMessage('two'));
      await clock.advance(leaseMs);
      const turn = await claimOne({ owner: 'p2' });

      assert.equal(turn.turnId, lost.turnId);
      assert.deepEqual(await accept(press), [{ status: 'duplicate' }]);
      assert.deepEqual(await accept(createStopOf(under(turn))), stopped);

      await clock.advance(leaseMs);
      const again = await claimOne({ owner: 'p3' });
      assert.deepEqual(textsAndMarks(again), [
        ['one', true],
        ['two', false],
      ]);
      assert.equal((await commit(lost)).status, 'stale');
      await commit({ ...again, events: again.events.filter((event) => event.stopped) });
      assert.deepEqual(textsAndMarks(await claimOne()), [['two', false]]);
    });

    it('takes in what a turn has taken up with its next attempt', async (test) => {
      const { accept, claimOne, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const turn = await claimOne();
      await accept(createMessage('two'));
      await store.takeOver();
      await claimOne();

      await accept(createStopOf(under(turn)));

      await store.takeOver();
      assert.deepEqual(textsAndMarks(await claimOne()), [
        ['one', true],
        ['two', true],
      ]);
    });

    it('wakes a turn that was put off', async (test) => {
      const { accept, claim, claimOne, store, clock } = await openLedger(test, open);
      await accept(createMessage('one'));
      const turn = await claimOne();
      const { owner, conversationId, token } = turn;
      const retryAt = clock.now() + 30_000;
      await store.postponeTurn({ owner, conversationId, token, retryAt, error: '503', counts: true, stream: { id: 'm1' } });
      assert.deepEqual(await claim(), []);

      await accept(createStopOf(under(turn)));

      assert.deepEqual(textsAndMarks(await claimOne()), [['one', true]]);
    });

    it('spares commands that were claimed with it: each is a turn of its own', async (test) => {
      const { accept, claimOne, commit } = await openLedger(test, open);
      await accept(createMessage('one'), createCommand('ask', 'two', { by: 'ben' }), createMessage('three'));
      const turn = await claimOne();

      assert.deepEqual(await accept(createStopOf({ ...under(turn), by: 'ben' })), foreign);
      assert.deepEqual(await accept(createStopOf(under(turn))), stopped);

      await commit({ ...turn, events: turn.events.slice(0, 1) });
      assert.deepEqual(textsAndMarks(await claimOne()), [
        ['two', false],
        ['three', false],
      ]);
    });

    it('is for those who asked, and for moderators', async (test) => {
      const { accept, claimOne, store } = await openLedger(test, open);
      await accept(createMessage('one', { by: 'ann' }), createMessage('two', { by: 'ben' }));
      const turn = await claimOne();
      await accept(createMessage('three', { by: 'cleo' }));
      const marks = async () => {
        await store.takeOver();
        return (await claimOne({ historyLimit: 0 })).events.map((event) => event.stopped);
      };

      assert.deepEqual(await accept(createStopOf({ ...under(turn), by: 'cleo' })), foreign);
      assert.deepEqual(await accept(createStopOf({ ...under(turn), by: 'ben' })), stopped);
      assert.deepEqual(await marks(), [true, true, false]);

      await accept(createMessage('four', { in: 'c2' }));
      const other = await claimOne();
      assert.deepEqual(await accept(createStopOf({ ...under(other), in: 'c2', by: 'mo', isModerator: true })), stopped);
    });

    it('knows the answer by its message, too, while that grows', async (test) => {
      const { accept, claimOne, commit, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const turn = await claimOne();
      await store.noteStream({ ...turn, receipt: { id: 'shown' } });

      assert.deepEqual(await accept(createStopOf({ messageId: 'another' })), over);
      assert.deepEqual(await accept(createStopOf({ messageId: 'shown' })), stopped);

      await accept(createMessage('two'));
      await commit(turn);
      const next = await claimOne();
      assert.deepEqual(await accept(createStopOf({ messageId: 'shown' })), over);
      assert.deepEqual(textsAndMarks(next), [['two', false]]);
    });

    it('still knows the turn whose first question was deleted', async (test) => {
      const { accept, claimOne, store } = await openLedger(test, open);
      const one = createMessage('one', { by: 'ann' });
      await accept(one, createMessage('two', { by: 'ben' }));
      const turn = await claimOne();
      await store.noteStream({ ...turn, receipt: { id: 'shown' } });
      await accept(createDelete(one));

      assert.deepEqual(await accept(createStopOf({ ...under(turn), by: 'ann' })), stopped);

      await store.takeOver();
      assert.deepEqual(textsAndMarks(await claimOne()), [['two', true]]);
    });

    it('comes late for a turn that has ended without its first question, which was deleted', async (test) => {
      const { accept, claimOne, commit, store } = await openLedger(test, open);
      const one = createMessage('one');
      await accept(one, createMessage('two'));
      const turn = await claimOne();
      await store.noteStream({ ...turn, receipt: { id: 'shown' } });
      await accept(createDelete(one));
      await store.takeOver();
      await commit(await claimOne());
      await accept(createMessage('three'));

      assert.deepEqual(await accept(createStopOf(under(turn))), over);
      assert.deepEqual(textsAndMarks(await claimOne()), [['three', false]]);
    });

    it('may mean what nobody is asking any more, while that is under way', async (test) => {
      const { accept, claimOne, claim, commit, status } = await openLedger(test, open);
      const one = createMessage('one');
      await accept(one);
      const turn = await claimOne();
      await accept(createDelete(one));

      assert.deepEqual(await accept(createStopOf(under(turn))), stopped);
      assert.deepEqual(await accept(createStop()), stopped);

      await commit(turn);
      assert.deepEqual(await claim(), []);
      assert.equal((await status(one))?.state, 'answered');
      assert.deepEqual(await accept(createStop()), ignored(stopVerdicts.nothing));
    });

    it('does not mean another answer to the same question', async (test) => {
      const { accept, claimOne, fail, store } = await openLedger(test, open);
      const { turnId } = await fail('one');
      await store.replayDeadLetter(turnId);
      await claimOne();

      assert.deepEqual(await accept(createStopOf({ outboundId: toChunkId(turnId, 0) })), over);
    });
  });
}
