import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DeliveryError } from '../../../src/errors.ts';
import { createFetch } from '../../../src/http/fetch.ts';
import type { OutboundMessage } from '../../../src/message.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { answerTo, deliver, noAbort, recordCalls, settled, shownIn, startSlack } from './harness.ts';

/** The error that a send ends with. */
async function failureOf(work: Promise<unknown>): Promise<DeliveryError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DeliveryError, String(error));
  return error;
}

describe('a message', () => {
  test('stands in the thread as Markdown, with its id for other processes and none of its links unfurled', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'hello', mention: true });
    const calls = recordCalls(slack);
    const answer = answerTo(slack, said, '**Hi** & <welcome>');

    const receipt = await slack.adapter.send(answer, noAbort);

    const [message, ...more] = shownIn(slack, said);
    assert.equal(more.length, 0);
    assert.deepEqual([message?.text, message?.threadTs, message?.streaming], ['**Hi** & <welcome>', said.ts, false]);
    assert.deepEqual(message?.metadata, { event_type: 'parley_reply', event_payload: { oid: answer.id } });
    assert.deepEqual(receipt, { id: message?.ts, channel: said.channel });
    assert.deepEqual(
      calls.map(({ method, args }) => [method, args['unfurl_links'], args['unfurl_media']]),
      [['chat.postMessage', 'false', 'false']],
    );
  });

  test('calls nobody by what a model wrote', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'call everyone', mention: true });

    await slack.adapter.send(answerTo(slack, said, '<!channel> <@U012AB3CD> @here'), noAbort);

    const [message] = shownIn(slack, said);
    assert.equal(message?.text, '<\u200b!channel> <\u200b@U012AB3CD> @\u200bhere');
  });

  test('arrives through the fetch that Parley uses', async (t) => {
    const { fetch, close } = createFetch();
    t.after(close);
    const slack = await startSlack(t, { options: { fetch } });
    const said = slack.emulator.say({ text: 'hello', direct: true });
    slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'lost_response' });

    await deliver(slack, answerTo(slack, said, 'Hi!'));

    assert.deepEqual(
      shownIn(slack, said).map(({ text }) => text),
      ['Hi!'],
    );
  });

  test('that answers a slash command stands in the channel, and is found there', async (t) => {
    const slack = await startSlack(t);
    const channel = slack.emulator.channel('general').id;
    slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'lost_response' });
    const answer: OutboundMessage = {
      ...answerTo(slack, { channel, ts: '1.000001', threadTs: '1.000001' }, 'I am here to help.'),
      inReplyTo: 'command:1.2.3',
      destination: { channel, teamId: slack.emulator.teamId, userId: 'U1' },
    };

    await deliver(slack, answer);

    assert.deepEqual(
      slack.emulator.messages(channel).map(({ text, threadTs }) => [text, threadTs]),
      [['I am here to help.', undefined]],
    );
  });
});

describe('what goes wrong', () => {
  test('too many requests: again after the time that Slack asks for, and nothing has arrived', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'hello', direct: true });
    slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'rate_limit', retryAfterSeconds: 7 });

    const error = await failureOf(slack.adapter.send(answerTo(slack, said, 'Hi!'), noAbort));

    assert.deepEqual([error.retryable, error.uncertain, error.retryAfterMs], [true, false, 7_000]);
    assert.equal(shownIn(slack, said).length, 0);
  });

  for (const kind of ['lost_response', 'refuse', 'server_error'] as const) {
    test(`${kind}: sent once and no more by the SDK, again by the outbox, and whether it arrived is not known`, async (t) => {
      const slack = await startSlack(t);
      const said = slack.emulator.say({ text: 'hello', direct: true });
      const calls = recordCalls(slack);
      slack.emulator.faults.add({ method: 'chat.postMessage', kind });

      const error = await failureOf(slack.adapter.send(answerTo(slack, said, 'Hi!'), noAbort));

      assert.deepEqual([error.retryable, error.uncertain], [true, true]);
      assert.equal(calls.length, 1);
    });
  }

  for (const fault of [
    { kind: 'lost_response' },
    { kind: 'refuse' },
    { kind: 'server_error' },
    { kind: 'server_error', takesEffect: true },
  ] as const) {
    test(`${JSON.stringify(fault)}: the message stands there once in the end`, async (t) => {
      const slack = await startSlack(t);
      const said = slack.emulator.say({ text: 'hello', direct: true });
      slack.emulator.faults.add({ method: 'chat.postMessage', ...fault });

      await deliver(slack, answerTo(slack, said, 'Hi!'));

      assert.deepEqual(
        shownIn(slack, said).map(({ text }) => text),
        ['Hi!'],
      );
    });
  }

  test('no answer at all: the signal ends the request itself', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'hello', direct: true });
    slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'hang' });
    const calls = recordCalls(slack);
    const ended = createGate();
    const fetched: RequestInit[] = [];
    const again = await startSlack(t, {
      options: {
        apiUrl: slack.emulator.apiUrl,
        fetch: (input, init) => {
          if (init) fetched.push(init);
          return fetch(input, init);
        },
      },
    });
    const controller = new AbortController();

    const failure = failureOf(again.adapter.send(answerTo(slack, said, 'Hi!'), controller.signal));
    await settled(() => calls.length === 1);
    fetched.at(-1)?.signal?.addEventListener('abort', () => ended.open());
    controller.abort(new Error('timed out'));

    await ended.opened;
    const error = await failure;
    assert.deepEqual([error.retryable, error.uncertain], [true, true]);
  });

  for (const [code, advice] of Object.entries({
    channel_not_found: /invite the bot/,
    not_in_channel: /invite it/,
    is_archived: /archived/,
    msg_too_long: /longer than Slack takes/,
    invalid_auth: /SLACK_BOT_TOKEN/,
    some_new_refusal: /refuses the message/,
  })) {
    test(`${code} is final, and the error says what to do`, async (t) => {
      const slack = await startSlack(t);
      const said = slack.emulator.say({ text: 'hello', direct: true });
      slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'platform_error', error: code });

      const error = await failureOf(slack.adapter.send(answerTo(slack, said, 'Hi!'), noAbort));

      assert.deepEqual([error.retryable, error.uncertain], [false, false]);
      assert.match(error.message, advice);
      assert.match(error.message, new RegExp(code));
    });
  }

  test('ratelimited as an error of the platform is a limit like the other', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'hello', direct: true });
    slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'platform_error', error: 'ratelimited' });

    const error = await failureOf(slack.adapter.send(answerTo(slack, said, 'Hi!'), noAbort));

    assert.deepEqual([error.retryable, error.uncertain, error.retryAfterMs], [true, false, 1_000]);
  });

  test('a token that is revoked later shows in the health, until a call succeeds', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'hello', direct: true });
    slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'platform_error', error: 'token_revoked' });

    await failureOf(slack.adapter.send(answerTo(slack, said, 'Hi!'), noAbort));
    const refused = slack.adapter.health();
    await slack.adapter.send(answerTo(slack, said, 'Hi!'), noAbort);

    assert.equal(refused.connected, false);
    assert.match(refused.detail, /SLACK_BOT_TOKEN/);
    assert.equal(slack.adapter.health().connected, true);
  });

  test('a message for no channel is final', async (t) => {
    const slack = await startSlack(t);

    const error = await failureOf(
      slack.adapter.send({ ...answerTo(slack, { channel: 'C1', ts: '1.2', threadTs: '1.2' }, 'Hi!'), destination: {} }, noAbort),
    );

    assert.equal(error.retryable, false);
  });

  test('no token appears in an error or in the log', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'hello', direct: true });
    slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'lost_response' });

    const error = await failureOf(slack.adapter.send(answerTo(slack, said, 'Hi!'), noAbort));

    assert.doesNotMatch(JSON.stringify([error.message, slack.log.lines]), /xoxb-|emulated-signing/);
  });
});

describe('looking for an earlier send', () => {
  test('finds it among many replies, page by page', async (t) => {
    const slack = await startSlack(t, { emulator: { pageSize: 3 } });
    const said = slack.emulator.say({ text: 'hello', mention: true });
    for (let count = 0; count < 10; count += 1) slack.emulator.say({ text: `noise ${count}`, threadTs: said.ts });
    const answer = answerTo(slack, said, 'Hi!');
    const receipt = await slack.adapter.send(answer, noAbort);
    const calls = recordCalls(slack);

    const found = await slack.adapter.find(answer, noAbort);

    assert.deepEqual(found, { receipt, complete: true });
    assert.ok(calls.length > 2);
  });

  test('finds nothing where another part or another answer stands', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'hello', mention: true });
    await slack.adapter.send(answerTo(slack, said, 'Hi!'), noAbort);

    const found = await slack.adapter.find({ ...answerTo(slack, said, 'Ho!'), id: 'answer000000000000000002' }, noAbort);

    assert.equal(found, undefined);
  });

  test('finds nothing in a thread that is gone', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'hello', mention: true });
    slack.emulator.remove(said);

    assert.equal(await slack.adapter.find(answerTo(slack, said, 'Hi!'), noAbort), undefined);
  });

  test('leaves it open whether the message arrived when Slack does not let it look', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'hello', mention: true });
    slack.emulator.faults.add({ method: 'conversations.replies', kind: 'rate_limit', retryAfterSeconds: 60 });

    const error = await failureOf(slack.adapter.find(answerTo(slack, said, 'Hi!'), noAbort));

    assert.deepEqual([error.retryable, error.uncertain, error.retryAfterMs], [true, true, 60_000]);
  });
});

describe('the rest', () => {
  test('a superfluous message is taken away, and it is no error when it is gone already', async (t) => {
    const slack = await startSlack(t);
    const said = slack.emulator.say({ text: 'hello', mention: true });
    const answer = answerTo(slack, said, 'Hi!');
    const receipt = await slack.adapter.send(answer, noAbort);

    await slack.adapter.remove(answer, receipt, noAbort);
    await slack.adapter.remove(answer, receipt, noAbort);

    assert.equal(shownIn(slack, said).length, 0);
  });

  test('that an answer is on its way is shown in the thread', async (t) => {
    const clock = createFakeClock();
    const slack = await startSlack(t, { clock });
    const said = slack.emulator.say({ text: 'hello', mention: true });
    const statuses: string[] = [];
    slack.emulator.onStatus(({ threadTs, status }) => statuses.push(`${threadTs} ${status}`));

    await slack.adapter.typing(answerTo(slack, said, '').destination, noAbort);

    assert.deepEqual(statuses, [`${said.ts} is thinking…`]);
  });
});
