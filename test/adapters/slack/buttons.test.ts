import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseJudged, takesButtons, toButtonBlocks } from '../../../adapters/slack/buttons.ts';
import { toDestination } from '../../../adapters/slack/conversation.ts';
import { elementsOf } from '../../../adapters/slack/emulator/blocks.ts';
import type { SeenMessage } from '../../../adapters/slack/emulator/people.ts';
import { answerTo, deliver, noAbort, recordCalls, shownIn, startSlack } from './harness.ts';
import { beginning, startStream, text } from './stream-scene.ts';

const options = { buttons: ['feedback', 'regenerate'] } as const;

const typesUnder = ({ blocks }: SeenMessage): unknown[] => elementsOf(blocks).map(({ element }) => element['type']);
const both = ['feedback_buttons', 'button'];

describe('the buttons under an answer', () => {
  test('stand under a posted message, whose text is what it would be without them', async (t) => {
    const slack = await startSlack(t, { options });
    const said = slack.emulator.say({ text: 'Why?', mention: true });
    const answer = answerTo(slack, said, '**Because.** <!channel>\n\n| a | b |\n| - | - |\n| 1 | 2 |');

    await deliver(slack, answer);

    const [shown] = shownIn(slack, said);
    assert.ok(shown);
    assert.deepEqual(typesUnder(shown), both);
    assert.match(shown.text, /^\*\*Because\.\*\* <\u200b!channel>/);
    assert.equal((await slack.adapter.find({ ...answer, attempt: 2 }, noAbort))?.complete, true);
  });

  test('stand under the last part alone, and under no private answer and no notice', async (t) => {
    const slack = await startSlack(t, { options });
    const said = slack.emulator.say({ text: 'Why?', mention: true });
    const answer = answerTo(slack, said, 'One.');
    const userId = slack.emulator.user('Ada').id;

    await deliver(slack, { ...answer, parts: 2 });
    await deliver(slack, { ...answer, id: 'answer000000000000000002', text: 'Two.', part: 1, parts: 2 });
    await deliver(slack, {
      ...answer,
      id: 'answer000000000000000003',
      destination: toDestination({ channel: userId, userId, direct: true }),
    });
    const calls = recordCalls(slack);
    await deliver(slack, {
      ...answer,
      id: 'answer000000000000000004',
      destination: toDestination({ channel: said.channel, userId, ephemeral: true }),
    });

    assert.deepEqual(shownIn(slack, said).map(typesUnder), [[], both]);
    assert.deepEqual(slack.emulator.messages(slack.emulator.direct('Ada').id).map(typesUnder), [[]]);
    assert.equal(calls[0]?.args['blocks'], undefined);
  });

  test('come with the end of a native stream', async (t) => {
    const { slack, said, answer, stream, begin, drive, calls } = await startStream(t, { options });
    await begin(beginning);

    stream.append(text.slice(beginning.length));
    await drive(stream.close());
    await drive(slack.adapter.send(answer, noAbort));

    const [shown] = shownIn(slack, said);
    assert.ok(shown);
    assert.equal(shown.text, text);
    assert.deepEqual(typesUnder(shown), both);
    assert.equal(calls.at(-1)?.method, 'chat.stopStream');
  });

  test('stand there also where the message is written over, and written over again', async (t) => {
    const { slack, said, answer, begin, drive, stream } = await startStream(t, { options });
    await begin(beginning);
    await drive(stream.close());

    const receipt = await drive(slack.adapter.send({ ...answer, text: 'Another answer.' }, noAbort));
    const again = await drive(slack.adapter.send({ ...answer, text: 'A third one.', opened: receipt }, noAbort));

    assert.deepEqual(again, receipt);
    const [shown, ...others] = shownIn(slack, said);
    assert.ok(shown);
    assert.equal(others.length, 0);
    assert.equal(shown.text, 'A third one.');
    assert.deepEqual(typesUnder(shown), both);
  });

  test('are left out where Slack does not take them: the answer arrives', async (t) => {
    const slack = await startSlack(t, { options });
    const said = slack.emulator.say({ text: 'Why?', mention: true });
    slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'platform_error', error: 'invalid_blocks' });

    await deliver(slack, answerTo(slack, said, 'Because.'));

    assert.deepEqual(
      shownIn(slack, said).map((shown) => [shown.text, typesUnder(shown)]),
      [['Because.', []]],
    );
  });

  test('are those that are switched on', async (t) => {
    const slack = await startSlack(t, { options: { buttons: ['regenerate'] } });
    const said = slack.emulator.say({ text: 'Why?', mention: true });

    await deliver(slack, answerTo(slack, said, 'Because.'));

    assert.deepEqual(shownIn(slack, said).map(typesUnder), [['button']]);
  });

  test('say which answer they belong to, in its channel only', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'Why?', mention: true });
    const answer = answerTo(slack, said, 'Because.');
    const [block] = toButtonBlocks(answer, ['regenerate']);
    const value = String(elementsOf(block ? [block] : [])[0]?.element['value']);

    assert.deepEqual(parseJudged(value, said.channel), {
      outboundId: answer.id,
      conversationId: answer.conversationId,
      tenant: answer.tenant,
    });
    assert.equal(parseJudged(value, 'C0ANOTHER1'), undefined);
    for (const other of [
      '',
      'x',
      `${answer.id} `,
      `${answer.id} discord:T1:${said.channel}:1`,
      `short slack:T1:${said.channel}:1`,
    ]) {
      assert.equal(parseJudged(other, said.channel), undefined);
    }
  });
});

describe('the buttons under a request for approval', () => {
  const answer = {
    ...{ id: 'a'.repeat(24), conversationId: 'slack:T1:C1:1.1', tenant: 'T1', inReplyTo: 'C1:1.1', text: 'May I?' },
    ...{ destination: toDestination({ channel: 'C1' }), part: 0, parts: 1, attempt: 1, createdAt: 0 },
  };
  const request = (isOpen: boolean) =>
    toButtonBlocks({ ...answer, approval: { id: 'c'.repeat(24), isOpen } }, ['feedback', 'regenerate']);

  test('decide about that request in that conversation, whatever stands under answers, and go with it', () => {
    const [block, ...others] = request(true);

    assert.equal(others.length, 0);
    const elements = (block?.['elements'] ?? []) as readonly { action_id: string; value: string }[];
    assert.deepEqual(
      elements.map(({ action_id: id, value }) => [id, value]),
      [
        ['parley.approve', `${'c'.repeat(24)} ${answer.conversationId}`],
        ['parley.decline', `${'c'.repeat(24)} ${answer.conversationId}`],
      ],
    );
    assert.deepEqual(request(false), []);
  });

  test('are for places where the message can be found again', () => {
    const here = { channel: 'C1', userId: 'U1' };

    const taken = [here, { ...here, ephemeral: true }, { ...here, direct: true }].map((each) =>
      takesButtons(toDestination(each)),
    );

    assert.deepEqual(taken, [true, false, false]);
  });
});
