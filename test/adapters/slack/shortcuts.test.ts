import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSlackEmulator } from '../../../adapters/slack/emulator.ts';
import { DeliveryError } from '../../../src/errors.ts';
import type { Command, InboundEvent } from '../../../src/message.ts';
import { answerTo, deliver, noAbort, recordCalls, settled, startSlack } from './harness.ts';
import type { Slack } from './harness.ts';

const answerThis = 'parley.answer';
const summarise = 'parley.summarise';

/** Ada and Bea talk to each other, in a thread that the bot takes no part in. */
async function talk({ emulator }: Slack): Promise<{ channel: string; ts: string; root: string }> {
  const root = emulator.say({ text: 'Shall we ship on Friday?', user: 'Ada' });
  const reply = emulator.say({ text: 'Only if the *tests* pass & Cy agrees.', user: 'Bea', threadTs: root.ts });
  await Promise.all([...root.deliveries, ...reply.deliveries].map(({ acknowledged }) => acknowledged));
  return { channel: root.channel, ts: reply.ts, root: root.ts };
}

const whispersTo = ({ emulator }: Slack, user: string): string[] => emulator.whispers(user).map(({ text }) => text);

for (const transport of ['http', 'socket'] as const) {
  describe(`shortcuts of a message, by ${transport}`, () => {
    test('"Answer this" hands the message over as one that speaks to the bot, for whoever chose it', async (t) => {
      const slack = await startSlack(t, { transport });
      const { emulator } = slack;
      const { channel, ts, root } = await talk(slack);
      const overheard = slack.offered.find((event) => event.eventId === `${channel}:${ts}`);

      const chosen = emulator.shortcut({ callbackId: answerThis, user: 'Cy', message: { channel, ts } });
      assert.equal(await chosen.acknowledged, true);

      const message = slack.offered.at(-1);
      assert.ok(message?.type === 'message' && overheard?.type === 'message');
      assert.equal(overheard.addressed, false);
      const { audience, ...same } = overheard;
      assert.equal(audience, 'public');
      assert.deepEqual({ ...message, sentAt: 0, destination: {} }, { ...same, addressed: true, sentAt: 0, destination: {} });
      assert.equal(message.author.id, emulator.user('Bea').id);
      assert.deepEqual(message.destination, { channel, threadTs: root, teamId: emulator.teamId, userId: emulator.user('Cy').id });
    });

    test('"Summarise thread" is a command of who chose it, answered for their eyes, with the thread as Slack has it', async (t) => {
      const slack = await startSlack(t, { transport });
      const { emulator } = slack;
      const { channel, ts, root } = await talk(slack);

      await emulator.shortcut({ callbackId: summarise, user: 'Cy', message: { channel, ts } }).acknowledged;
      const command = slack.offered.at(-1);
      assert.ok(command?.type === 'command');
      const said = await slack.adapter.readThread(command, noAbort);
      const { destination, conversationId } = command;
      const answer = answerTo(slack, { channel, ts, threadTs: root }, 'They ship on Friday.');
      await deliver(slack, { ...answer, destination, conversationId });

      assert.equal(command.name, 'summarise');
      assert.equal(conversationId, `slack:${emulator.teamId}:${channel}:${root}:${emulator.user('Cy').id}:private`);
      assert.deepEqual(
        said.map(({ text }) => text),
        ['Shall we ship on Friday?', 'Only if the *tests* pass & Cy agrees.'],
      );
      assert.deepEqual(whispersTo(slack, 'Cy'), ['They ship on Friday.']);
      assert.equal(emulator.thread(channel, root).length, 2);
    });
  });
}

describe('"Answer this"', () => {
  test('goes by the rules for who chose it, and keeps the message open for those who may', async (t) => {
    const slack = await startSlack(t, {
      options: { channels: { general: { reply: 'thread', allow: { users: ['U000000001'] } } } },
    });
    const { emulator } = slack;
    assert.equal(emulator.user('Ada').id, 'U000000001');
    const { channel, ts } = await talk(slack);

    await emulator.shortcut({ callbackId: answerThis, user: 'Bea', message: { channel, ts } }).acknowledged;
    const refused = slack.offered.at(-1);
    await emulator.shortcut({ callbackId: answerThis, user: 'Ada', message: { channel, ts } }).acknowledged;
    const allowed = slack.offered.at(-1);

    assert.ok(refused?.type === 'message' && allowed?.type === 'message');
    assert.match(refused.refusal ?? '', /allow does not name/);
    assert.equal(refused.author.id, emulator.user('Bea').id);
    assert.notEqual(refused.eventId, `${channel}:${ts}`);
    assert.equal(allowed.refusal, undefined);
    assert.equal(allowed.eventId, `${channel}:${ts}`);
    assert.equal(allowed.author.id, emulator.user('Bea').id);
  });

  test('on a message of the bot says that it cannot; on one of another bot it works', async (t) => {
    const slack = await startSlack(t);
    const { emulator } = slack;
    const said = emulator.say({ text: 'Why?', mention: true });
    const { id: own } = await deliver(slack, answerTo(slack, said, 'Because.'));
    emulator.otherBot({ name: 'Jira', text: 'Ticket 7 was opened' });
    const { ts: other = '' } = emulator.messages('general').at(-1) ?? {};

    await emulator.shortcut({ callbackId: answerThis, message: { channel: said.channel, ts: own } }).acknowledged;
    await settled(() => whispersTo(slack, 'Ada').length > 0);
    await emulator.shortcut({ callbackId: answerThis, message: { channel: said.channel, ts: other } }).acknowledged;

    assert.match(whispersTo(slack, 'Ada')[0] ?? '', /^I cannot answer that/);
    const message = slack.offered.at(-1);
    assert.ok(message?.type === 'message');
    assert.deepEqual([message.author.isBot, message.text, message.addressed], [true, 'Ticket 7 was opened', true]);
  });

  test('says so where it is switched off', async (t) => {
    const slack = await startSlack(t, { options: { shortcuts: [] } });
    const { channel, ts } = await talk(slack);
    const before = slack.offered.length;

    await slack.emulator.shortcut({ callbackId: answerThis, message: { channel, ts } }).acknowledged;
    await settled(() => whispersTo(slack, 'Ada').length > 0);

    assert.deepEqual(whispersTo(slack, 'Ada'), ['This shortcut is switched off.']);
    assert.equal(slack.offered.length, before);
  });
});

describe('reading a thread', () => {
  const commandFor = (slack: Slack, channel: string, threadTs: string): Command => ({
    type: 'command',
    ...{ adapter: 'slack', tenant: slack.emulator.teamId, eventId: 'shortcut:1', conversationId: 'x', sentAt: 0 },
    ...{ name: 'summarise', text: '', author: { id: 'U1', name: 'ada', isBot: false }, destination: { channel, threadTs } },
  });

  test('takes page by page, and what there is where Slack asks to wait in between', async (t) => {
    const slack = await startSlack(t, { emulator: { pageSize: 15 } });
    const { emulator } = slack;
    const root = emulator.say({ text: 'Message 0' });
    for (let number = 1; number < 40; number += 1) emulator.say({ text: `Message ${number}`, threadTs: root.ts });
    const calls = recordCalls(slack, ['conversations.replies']);

    const all = await slack.adapter.readThread(commandFor(slack, root.channel, root.ts), noAbort);
    emulator.faults.add({ method: 'conversations.replies', kind: 'rate_limit', after: 1 });
    const some = await slack.adapter.readThread(commandFor(slack, root.channel, root.ts), noAbort);

    assert.deepEqual(
      all.map(({ text }) => text),
      Array.from({ length: 40 }, (_, number) => `Message ${number}`),
    );
    assert.equal(some.length, 16);
    assert.match(some.at(-1)?.text ?? '', /could not be read/);
    assert.equal(calls.length, 5);
  });

  test('that is not possible says whether another attempt may help', async (t) => {
    const slack = await startSlack(t);
    const { channel, ts } = slack.emulator.say({ text: 'Hello' });
    const read = () => slack.adapter.readThread(commandFor(slack, channel, ts), noAbort);

    slack.emulator.faults.add({ method: 'conversations.replies', kind: 'rate_limit', retryAfterSeconds: 60 });
    await assert.rejects(read, (error) => error instanceof DeliveryError && error.retryable && error.retryAfterMs === 60_000);
    slack.emulator.channel(channel).hasBot = false;
    await assert.rejects(read, (error) => error instanceof DeliveryError && !error.retryable);
  });
});

test('the emulator opens a form once, within three seconds of what was pressed', async (t) => {
  let now = 1_000_000;
  const emulator = createSlackEmulator({ clock: { ...(await startSlack(t)).clock, now: () => now } });
  await emulator.start();
  t.after(() => emulator.stop());
  const view = { type: 'modal', title: { type: 'plain_text', text: 'Hello' }, blocks: [] };
  const { channel, ts } = emulator.say({ text: 'Hello' });
  const press = (): unknown => emulator.shortcut({ callbackId: 'x', message: { channel, ts } }).body['trigger_id'];
  const open = async (trigger: unknown, given: InboundEvent | object = view): Promise<unknown> => {
    const headers = { authorization: `Bearer ${emulator.botToken}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ trigger_id: trigger, view: given });
    const answer: unknown = await (await fetch(new URL('views.open', emulator.apiUrl), { method: 'POST', headers, body })).json();
    return typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : 'opened';
  };
  const [first, second] = [press(), press()];

  const answers = [await open(first), await open(first), await open('1.2.3')];
  now += 3_001;
  answers.push(await open(second), await open(press(), { ...view, title: { type: 'plain_text', text: 'x'.repeat(25) } }));

  assert.deepEqual(answers, ['opened', 'exchanged_trigger_id', 'invalid_trigger_id', 'expired_trigger_id', 'invalid_arguments']);
});
