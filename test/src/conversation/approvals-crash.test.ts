import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { Store } from '../../../src/store/store.ts';
import { createDecision, createMessage } from '../../support/inbound.ts';
import { createScene, given } from './approvals-scene.ts';

type Around = <Result>(method: keyof Store, call: () => Promise<Result>) => Promise<Result>;

/** Dies before, or right after, the first commit of a kind once it is armed. */
function createDeath(method: keyof Store, when: 'before' | 'after') {
  let kill: (() => void) | undefined;
  const around: Around = async (called, call) => {
    if (!kill || called !== method) return call();
    if (when === 'after') await call();
    kill();
    return new Promise<never>(() => undefined);
  };
  return { around, arm: (death: () => void) => void (kill = death) };
}

const points = [
  {
    where: 'after the commit of the request, before that is sent',
    method: 'commitTurn',
    when: 'after',
    armed: 'asking',
    makes: 1,
    says: /refunded/,
  },
  {
    where: 'before the commit of the request',
    method: 'commitTurn',
    when: 'before',
    armed: 'asking',
    makes: 1,
    says: /refunded/,
  },
  { where: 'after the commit of the press', method: 'accept', when: 'after', armed: 'deciding', makes: 1, says: /refunded/ },
  {
    where: 'before it is on disk that the call begins',
    method: 'beginToolCall',
    when: 'before',
    armed: 'deciding',
    makes: 1,
    says: /refunded/,
  },
  {
    where: 'after it is on disk that the call begins',
    method: 'beginToolCall',
    when: 'after',
    armed: 'deciding',
    makes: 0,
    says: /not known what came of it/,
  },
  {
    where: 'after the call, before its result is on disk',
    method: 'recordToolCalls',
    when: 'before',
    armed: 'deciding',
    makes: 1,
    says: /not known what came of it/,
  },
  {
    where: 'after its result is on disk',
    method: 'recordToolCalls',
    when: 'after',
    armed: 'deciding',
    makes: 1,
    says: /refunded/,
  },
  {
    where: 'before the commit of the answer',
    method: 'commitTurn',
    when: 'before',
    armed: 'deciding',
    makes: 1,
    says: /refunded/,
  },
  { where: 'after the commit of the answer', method: 'commitTurn', when: 'after', armed: 'deciding', makes: 1, says: /refunded/ },
] as const;

/** Asks for a refund, has it approved, and lets another process go on wherever the first one dies. */
async function runWithDeath(t: TestContext, { method, when, armed }: (typeof points)[number]) {
  const death = createDeath(method, when);
  const first = createScene(t, { aroundStore: death.around });
  const { clock, database, adapter, model } = first.parley;
  await first.parley.start();
  if (armed === 'asking') death.arm(first.parley.kill);
  await first.parley.receive(createMessage('please refund A-1'));
  const next = createScene(t, { clock, database, adapter, model, owner: 'p2' });
  if (armed === 'asking') {
    await next.parley.start();
    await clock.advance(90_000);
  }
  const { id = '' } = (await next.pending()) ?? {};
  const press = createDecision('approve', id, { by: 'bob', sentAt: clock.now() });
  if (armed === 'deciding') {
    death.arm(first.parley.kill);
    void first.parley.context.accept([press]);
    await clock.advance(1_000);
    await next.parley.start();
  }
  // As every platform does where nobody has acknowledged it.
  await next.parley.context.accept([press]);
  await clock.advance(90_000);
  return { ...next, made: [...first.made, ...next.made], id };
}

/** Asks for a refund, and dies while that waits for a person; the next process has not started yet. */
async function askAndDie(t: TestContext) {
  const first = createScene(t);
  const { clock, database, adapter, model } = first.parley;
  await first.parley.start();
  await first.parley.receive(createMessage('please refund A-1'));
  const { id = '' } = (await first.pending()) ?? {};
  first.parley.kill();
  return { first, next: createScene(t, { clock, database, adapter, model, owner: 'p2' }), id };
}

describe('a call that a person has to approve, when the process is killed', () => {
  for (const point of points) {
    test(`${point.where}, is asked for once and made once at most`, async (t) => {
      const { parley, made, id } = await runWithDeath(t, point);

      assert.deepEqual(
        made,
        Array.from({ length: point.makes }, () => JSON.stringify(given)),
      );
      const shown = parley.shown();
      assert.equal(shown.length, 2, shown.join('\n---\n'));
      assert.match(shown[0] ?? '', /^\*\*A person has to approve.*\*\*Approved by bob\*\*/s);
      assert.match(shown[1] ?? '', point.says);
      const calls = await parley.store.listToolCalls({ acting: true, limit: 9 });
      assert.deepEqual(
        calls.map((call) => call.id),
        [id],
      );
      await parley.stop();
    });
  }

  test('while it waits, waits on, and is made once when it is approved in the next process', async (t) => {
    const { first, next, id } = await askAndDie(t);
    const { clock } = next.parley;

    await next.parley.start();
    const before = [...next.made];
    await next.parley.receive(createDecision('approve', id, { by: 'bob', sentAt: clock.now() }));
    await clock.advance(2_000);

    assert.deepEqual([before, first.made, next.made], [[], [], [JSON.stringify(given)]]);
    assert.match(next.parley.shown()[1] ?? '', /refunded/);
    await next.parley.stop();
  });

  for (const order of ['a question, then the decision', 'the decision, then a question']) {
    test(`with ${order} waiting, takes them up one after the other`, async (t) => {
      const { next, id } = await askAndDie(t);
      const { clock } = next.parley;
      const events = [createMessage('hello'), createDecision('approve', id, { by: 'bob', sentAt: clock.now() })];
      await next.parley.context.accept(order.startsWith('a question') ? events : events.toReversed());

      await next.parley.start();
      await clock.advance(5_000);

      assert.deepEqual(next.made, [JSON.stringify(given)]);
      const shown = next.parley.shown().slice(1);
      const said = shown.map((text) => text.slice(0, 2));
      assert.deepEqual(said, order.startsWith('a question') ? ['He', 'So'] : ['So', 'He']);
      await next.parley.stop();
    });
  }
});
