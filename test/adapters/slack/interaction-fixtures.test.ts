import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import type { InboundEvent } from '../../../src/message.ts';
import { readFixture } from './fixtures.ts';
import { startSlack } from './harness.ts';

/** What a payload in the shape of Slack's reference, signed and posted as a form, is handed on as. */
async function post(t: TestContext, name: string): Promise<{ readonly events: InboundEvent[]; readonly answer: string }> {
  const slack = await startSlack(t);
  const timestamp = String(Math.floor(slack.clock.now() / 1_000));
  const body = `payload=${encodeURIComponent(JSON.stringify(readFixture(name)))}`;
  const signature = createHmac('sha256', slack.emulator.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  const response = await fetch(slack.eventsUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    },
    body,
  });
  assert.equal(response.status, 200);
  return { events: slack.offered, answer: await response.text() };
}

const conversationId = 'slack:T024BE7LD:C123ABC456:1355517500.000001';
const steve = { id: 'U2147483697', name: 'steve', isBot: false };

test('block_actions: a button under an answer asks for another one', async (t) => {
  const { events, answer } = await post(t, 'block-actions');

  const [event, ...more] = events;
  assert.equal(more.length, 0);
  assert.ok(event?.type === 'action');
  assert.deepEqual([event.name, event.value, event.messageId], ['regenerate', 'answer000000000000000001', '1355517523.000005']);
  assert.deepEqual([event.tenant, event.conversationId, event.author], ['T024BE7LD', conversationId, steve]);
  assert.equal(event.eventId, 'action:C123ABC456:1355517523.000005:U2147483697:1355517600.840180:parley.regenerate');
  assert.equal(answer, '');
});

test('message_action: a message that was chosen is a question, of who wrote it, under its own id', async (t) => {
  const { events } = await post(t, 'message-action');

  const [event] = events;
  assert.ok(event?.type === 'message');
  assert.deepEqual([event.text, event.addressed, event.author.id], ['Where is the manual?', true, 'U061F7AUR']);
  assert.deepEqual([event.eventId, event.destination['userId']], ['C123ABC456:1355517523.000005', steve.id]);
});

test('view_submission: the form under a bad answer says why it was bad, and is closed', async (t) => {
  const { events, answer } = await post(t, 'view-submission');

  const [event] = events;
  assert.ok(event?.type === 'feedback');
  assert.deepEqual([event.rating, event.reason], ['bad', 'It is out of date: The manual has moved.']);
  assert.deepEqual([event.conversationId, event.messageId], [conversationId, '1355517523.000005']);
  assert.deepEqual(JSON.parse(answer), { response_action: 'clear' });
});
