import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Installation } from '../../../src/message.ts';
import { conversationIdOf, createMessage, testTenant } from '../../support/inbound.ts';
import { createTestModel } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

test('the bot is taken out of a tenant: its turns stop at once and say nothing, those of others go on', async (t) => {
  const signals: AbortSignal[] = [];
  const answer = Promise.withResolvers<string>();
  const model = createTestModel((_request, _call, signal) => {
    signals.push(signal);
    return answer.promise;
  });
  const parley = createTestParley(t, { model });
  await parley.start();
  const asked = createMessage('in mid-turn');
  await parley.receive(asked, createMessage('elsewhere', { in: 'c2', tenant: 'T2' }));
  assert.equal(signals.length, 2);

  await parley.receive(uninstall(parley.clock.now()));

  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  answer.resolve('an answer');
  await parley.clock.advance(60_000);
  assert.deepEqual([parley.shown('c1'), parley.shown('c2')], [[], ['an answer']]);
  const status = await parley.status(asked);
  assert.deepEqual([status?.state, status?.reason], ['refused', 'the app was uninstalled']);
  await parley.stop();
});

function uninstall(sentAt: number): Installation {
  const conversationId = conversationIdOf('app');
  return { type: 'uninstall', adapter: 'fake', tenant: testTenant, eventId: 'U1', conversationId, sentAt };
}
