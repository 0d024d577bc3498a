import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInteractions } from '../../../adapters/slack/interaction.ts';
import { answerTo, deliver, settled, startSlack } from './harness.ts';
import type { Slack } from './harness.ts';

/** An answer with its buttons, as the emulator shows it. */
async function showAnswer(slack: Slack): Promise<{ channel: string; ts: string; threadTs: string }> {
  const { channel, ts: threadTs } = slack.emulator.say({ text: 'What is our refund policy?', mention: true });
  const { id: ts } = await deliver(slack, answerTo(slack, { channel, ts: threadTs, threadTs }, 'Thirty days.'));
  return { channel, ts, threadTs };
}

const options = { buttons: ['feedback', 'regenerate'] } as const;

for (const transport of ['http', 'socket'] as const) {
  test(`a press is handed over before it is acknowledged, and once however often it comes, by ${transport}`, async (t) => {
    const slack = await startSlack(t, { transport, options });
    const answer = await showAnswer(slack);
    const saved = Promise.withResolvers<void>();
    slack.onAccept = async (events) => (events.some(({ type }) => type === 'action') ? saved.promise : undefined);

    const press = slack.emulator.press({ ...answer, user: 'Bea', label: 'Answer again' });
    await settled(() => slack.offered.some(({ type }) => type === 'action'));

    assert.equal(press.isAcknowledged, false);
    saved.resolve();
    assert.equal(await press.acknowledged, true);
    assert.equal(await slack.emulator.repeat(press).acknowledged, true);
    const [first, second] = slack.offered.filter((event) => event.type === 'action');
    assert.partialDeepStrictEqual(first, {
      name: 'regenerate',
      value: 'answer000000000000000001',
      messageId: answer.ts,
      conversationId: `slack:${slack.emulator.teamId}:${answer.channel}:${answer.threadTs}`,
      author: { id: slack.emulator.user('Bea').id, name: 'bea', isBot: false },
      destination: { channel: answer.channel, threadTs: answer.threadTs, userId: slack.emulator.user('Bea').id },
    });
    assert.equal(first?.eventId, second?.eventId);
  });

  test(`a bad rating is saved, then its reason is asked for and saved too, by ${transport}`, async (t) => {
    const slack = await startSlack(t, { transport, options });
    const answer = await showAnswer(slack);

    await slack.emulator.press({ ...answer, label: 'Bad answer' }).acknowledged;
    await settled(() => slack.emulator.views().length > 0);
    const [view] = slack.emulator.views();
    assert.ok(view);
    const refused = slack.emulator.submit({ view, values: { 'parley.kind': 'other' } });
    await refused.acknowledged;
    assert.partialDeepStrictEqual(refused.response, { response_action: 'errors' });
    const sent = slack.emulator.submit({ view, values: { 'parley.kind': 'wrong', 'parley.words': 'It is 14 days.' } });
    await sent.acknowledged;

    assert.deepEqual(sent.response, { response_action: 'clear' });
    assert.equal(slack.emulator.views().length, 0);
    const judgements = slack.offered.filter((event) => event.type === 'feedback');
    assert.deepEqual(
      judgements.map(({ rating, reason, messageId, outboundId }) => ({ rating, reason, messageId, outboundId })),
      [
        { rating: 'bad', reason: undefined, messageId: answer.ts, outboundId: 'answer000000000000000001' },
        {
          rating: 'bad',
          reason: 'It is wrong: It is 14 days.',
          messageId: answer.ts,
          outboundId: 'answer000000000000000001',
        },
      ],
    );
  });
}

test('a press that could not be saved is not acknowledged', async (t) => {
  const slack = await startSlack(t, { options });
  const answer = await showAnswer(slack);
  slack.onAccept = async () => {
    throw new Error('The disk is full.');
  };

  assert.equal(await slack.emulator.press({ ...answer, label: 'Good answer' }).acknowledged, false);
});

test('two presses are two, and two people are two', () => {
  const body = (userId: string, actionTs: string) => ({
    ...{ type: 'block_actions', team: { id: 'T1' }, user: { id: userId, username: 'ada' } },
    container: { type: 'message', message_ts: '1700000000.000100', channel_id: 'C1' },
    actions: [{ action_id: 'parley.regenerate', action_ts: actionTs, value: '' }],
  });
  const keyOf = (userId: string, actionTs: string) => parseInteractions(body(userId, actionTs), 0)[0]?.eventId;

  const keys = [keyOf('U1', '1.1'), keyOf('U1', '1.2'), keyOf('U2', '1.1'), keyOf('U1', '1.1')];

  assert.equal(new Set(keys).size, 3);
});

test('payloads that are not as documented, or of another app, mean nothing', () => {
  const press = { type: 'block_actions', team: { id: 'T1' }, user: { id: 'U1' }, channel: { id: 'C1' } };
  const payloads = [
    { type: 'block_actions' },
    { ...press, actions: 'x' },
    { ...press, actions: [null, 7, {}] },
    { ...press, actions: [{ action_id: 'parley.regenerate' }] },
    { ...press, actions: [{ action_id: 'another.app', action_ts: '1.1' }] },
    { ...press, user: { id: 'U'.repeat(300) }, actions: [{ action_id: 'parley.regenerate', action_ts: '1.1' }] },
    { type: 'view_submission', team: { id: 'T1' }, user: { id: 'U1' } },
    { type: 'shortcut', team: { id: 'T1' }, user: { id: 'U1' }, callback_id: 'parley.x' },
    { type: 'block_suggestion', team: { id: 'T1' }, user: { id: 'U1' } },
  ];

  assert.deepEqual(
    payloads.flatMap((payload) => parseInteractions(payload, 0)),
    [],
  );
});
