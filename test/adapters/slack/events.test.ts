import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createGate } from '../../support/gate.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { recordCalls, settled, startSlack } from './harness.ts';

for (const transport of ['http', 'socket'] as const) {
  describe(`events by ${transport}`, () => {
    test('an event is acknowledged once it is saved, and not before', async (t) => {
      const slack = await startSlack(t, { transport });
      const saved = createGate();
      slack.onAccept = () => saved.opened;

      const said = slack.emulator.say({ text: 'What is the plan?', direct: true });
      await slack.offeredMessages(1);
      const pendingBefore = slack.emulator.pending().length;
      saved.open();

      assert.equal(pendingBefore, 1);
      assert.equal(await said.acknowledged, true);
      assert.equal(slack.emulator.pending().length, 0);
    });

    test('an event that could not be saved is not acknowledged, and is taken when Slack brings it again', async (t) => {
      const slack = await startSlack(t, { transport, emulator: { ackTimeoutMs: 200 } });
      const failed = createGate();
      slack.emulator.onDelivery((_, phase) => phase === 'failed' && failed.open());
      slack.onAccept = () => Promise.reject(new Error('the disk is full'));

      const said = slack.emulator.say({ text: 'What is the plan?', direct: true });
      await failed.opened;
      slack.onAccept = async () => undefined;
      slack.emulator.retryPending();

      assert.equal(await said.acknowledged, true);
      assert.equal(said.deliveries[0]?.attempts, 2);
      const [first, second] = await slack.offeredMessages(2);
      assert.deepEqual(second, first);
      assert.equal(slack.log.find('slack event not accepted; it is not acknowledged').length, 1);
    });

    for (const order of ['app_mention', 'message'] as const) {
      test(`the two events of one mention converge when ${order} comes first`, async (t) => {
        const slack = await startSlack(t, { transport });

        const said = slack.emulator.say({ text: 'who are you?', mention: true, order });
        await Promise.all(said.deliveries.map(({ acknowledged }) => acknowledged));

        const [first, second, ...more] = slack.offered;
        assert.deepEqual(
          said.deliveries.map(({ type }) => type),
          order === 'message' ? ['message', 'app_mention'] : ['app_mention', 'message'],
        );
        assert.deepEqual({ ...second, audience: 0 }, { ...first, audience: 0 });
        assert.equal(more.length, 0);
        assert.equal(first?.eventId, `${said.channel}:${said.ts}`);
      });
    }

    test('copies of an event are the same event', async (t) => {
      const slack = await startSlack(t, { transport });
      const said = slack.emulator.say({ text: 'once', direct: true });

      const copies = slack.emulator.redeliver(said, 3);
      await Promise.all([said.acknowledged, ...copies.map(({ acknowledged }) => acknowledged)]);

      assert.equal(new Set(slack.offered.map((event) => JSON.stringify(event))).size, 1);
      assert.equal(slack.offered.length, 4);
    });

    test('the Stop button of a session becomes a stop of the conversation in that thread', async (t) => {
      const slack = await startSlack(t, { transport });
      const said = slack.emulator.say({ text: 'a long story, please', mention: true });
      await said.acknowledged;

      const pressed = slack.emulator.pressStop({ ...said, user: 'Bob' });

      assert.equal(await pressed.acknowledged, true);
      const [question] = slack.offered;
      const stop = slack.offered.find(({ type }) => type === 'stop');
      assert.ok(stop?.type === 'stop');
      assert.equal(stop.conversationId, question?.conversationId);
      assert.equal(stop.author.id, slack.emulator.user('Bob').id);
    });

    test('a slash command is acknowledged once it is saved', async (t) => {
      const slack = await startSlack(t, { transport });

      const command = slack.emulator.command({ command: '/parley', text: 'help' });

      assert.equal(await command.acknowledged, true);
      const [event] = slack.offered;
      assert.ok(event?.type === 'command');
      assert.deepEqual([event.name, event.author.name], ['help', 'Ada']);
    });

    test('edits, deletes and the removal of the app are handed over', async (t) => {
      const slack = await startSlack(t, { transport });
      const said = slack.emulator.say({ text: 'teh plan', direct: true });
      await said.acknowledged;

      const deliveries = [...slack.emulator.edit(said, 'the plan'), ...slack.emulator.remove(said), slack.emulator.uninstall()];
      await Promise.all(deliveries.map(({ acknowledged }) => acknowledged));

      assert.deepEqual(
        slack.offered.map(({ type }) => type),
        ['message', 'edit', 'delete', 'uninstall'],
      );
      const [message, edit, remove] = slack.offered;
      assert.equal(edit?.type === 'edit' && edit.text, 'the plan');
      assert.ok(message?.type === 'message' && remove?.type === 'delete');
      assert.equal(remove.messageId, message.messageId);
      assert.equal(remove.conversationId, message.conversationId);
    });

    test('what the bot does itself comes back to it and is let be', async (t) => {
      const slack = await startSlack(t, { transport, emulator: { echoes: true } });
      const said = slack.emulator.say({ text: 'hello', mention: true });
      await said.acknowledged;
      const echoed = createGate();
      slack.emulator.onDelivery(({ type }, phase) => type === 'message_changed' && phase === 'acknowledged' && echoed.open());
      const { destination } = (await slack.offeredMessages(2))[0] ?? {};

      await slack.adapter.send(
        {
          ...{
            id: 'answer000000000000000001',
            conversationId: 'c',
            tenant: slack.emulator.teamId,
            inReplyTo: `${said.channel}:${said.ts}`,
          },
          ...{ destination: destination ?? {}, text: 'Hi!', part: 0, parts: 1, attempt: 1, createdAt: slack.clock.now() },
        },
        new AbortController().signal,
      );
      await echoed.opened;

      assert.equal(slack.offered.length, 2);
    });
  });
}

test('with followThreads off only what addresses the bot is handed over', async (t) => {
  const slack = await startSlack(t, { options: { followThreads: false } });
  const root = slack.emulator.say({ text: 'hello', mention: true });

  const reply = slack.emulator.say({ text: 'and then?', threadTs: root.ts });
  await Promise.all([root.acknowledged, reply.acknowledged, ...root.deliveries.map(({ acknowledged }) => acknowledged)]);

  assert.deepEqual(
    slack.offered.map((event) => event.type === 'message' && event.text),
    ['hello', 'hello'],
  );
});

test('a follow-up in a thread is handed over as not addressed, for the core to decide', async (t) => {
  const slack = await startSlack(t);
  const root = slack.emulator.say({ text: 'hello', mention: true });

  const reply = slack.emulator.say({ text: 'and then?', threadTs: root.ts, user: 'Bob' });
  await reply.acknowledged;

  const message = (await slack.offeredMessages(3)).find(({ text }) => text === 'and then?');
  assert.equal(message?.addressed, false);
  assert.equal(message?.conversationId, (await slack.offeredMessages(1))[0]?.conversationId);
});

test('people are called by their names as soon as Slack has told them', async (t) => {
  const clock = createFakeClock();
  const slack = await startSlack(t, { clock });
  const calls = recordCalls(slack, ['users.info']);

  await slack.emulator.say({ text: 'one', direct: true, user: 'Grace' }).acknowledged;
  await clock.advance(1_000);
  await settled(() => calls.length === 1);
  const names: string[] = [];
  for (let turn = 0; turn < 50 && !names.includes('Grace'); turn += 1) {
    await slack.emulator.say({ text: 'two', direct: true, user: 'Grace' }).acknowledged;
    const message = slack.offered.at(-1);
    if (message?.type === 'message') names.push(message.author.name);
  }

  const [first] = await slack.offeredMessages(1);
  assert.equal(first?.author.name, first?.author.id);
  assert.equal(names.at(-1), 'Grace');
  assert.equal(calls.length, 1);
});

describe('the start', () => {
  test('a refused bot token fails it, and the error names the setting', async (t) => {
    const slack = await startSlack(t, { start: false, options: { botToken: 'xoxb-wrong' } });

    await assert.rejects(
      slack.start(),
      (error: Error) => error.name === 'AdapterError' && /SLACK_BOT_TOKEN.*invalid_auth/.test(error.message),
    );
  });

  test('a refused app token fails it, and the error names the setting', async (t) => {
    const slack = await startSlack(t, {
      transport: 'socket',
      emulator: { appToken: 'xapp-right' },
      start: false,
      options: { transport: { type: 'socket', appToken: 'xapp-wrong' } },
    });

    await assert.rejects(
      slack.start(),
      (error: Error) => error.name === 'AdapterError' && /SLACK_APP_TOKEN.*invalid_auth/.test(error.message),
    );
  });

  test('a Slack that cannot be reached does not: events are taken, and Slack is asked again', async (t) => {
    const clock = createFakeClock();
    const slack = await startSlack(t, { clock, start: false });
    slack.emulator.faults.add({ method: 'auth.test', kind: 'refuse', times: 2 });

    await slack.start();
    const before = slack.adapter.health();
    const said = slack.emulator.say({ text: 'hello', mention: true });
    await said.acknowledged;
    await settled(() => slack.log.find('slack cannot be reached; trying again').length === 1);
    await clock.advance(1_000);
    await settled(() => slack.log.find('slack cannot be reached; trying again').length === 2);
    await clock.advance(2_000);
    await settled(() => slack.adapter.health().connected);

    assert.equal(before.connected, false);
    assert.match(before.detail, /cannot be reached/);
    assert.equal(slack.offered[0]?.type === 'message' && slack.offered[0].addressed, true);
  });

  test('nothing is printed, and no timer is left when it has stopped', async (t) => {
    const clock = createFakeClock();
    const slack = await startSlack(t, { clock });
    await slack.emulator.say({ text: 'hello', direct: true }).acknowledged;

    await slack.adapter.stop();
    await slack.adapter.stop();
    await slack.emulator.stop();

    assert.equal(clock.pending(), 0);
  });
});
