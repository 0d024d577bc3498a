import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

for (const slackOver of ['http', 'socket'] as const) {
  for (const error of [
    ...['is_archived', 'not_in_channel', 'channel_not_found', 'missing_scope', 'msg_too_long', 'restricted_action'],
    ...['restricted_action_thread_locked', 'thread_not_found', 'account_inactive'],
  ]) {
    test(`slack by ${slackOver}, ${error}: who asked learns it once in private, the ledger says why, and the model is told`, () =>
      onStage(
        'slack',
        async ({ start, slack, model, store }) => {
          model.behaviour.answer = () => 'The launch code is plum-cake.';
          await start();
          if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
          slack.faults.add({ method: 'chat.postMessage', kind: 'platform_error', error });

          const said = slack.say({ text: 'what is the code?', mention: true });
          await until(async () => (await store().listDeadLetters({ limit: 9 })).length === 1, 'the dead letter');
          await until(async () => (await store().stats()).undelivered === 0, 'the notice');

          const notices = slack.messages(slack.direct('Ada').id);
          assert.deepEqual(
            notices.map(({ isBot }) => isBot),
            error === 'account_inactive' ? [] : [true],
          );
          assert.doesNotMatch(JSON.stringify([notices, slack.messages('general')]), /plum-cake/);
          assert.match((await store().listDeadLetters({ limit: 9 }))[0]?.error ?? '', new RegExp(error));

          slack.say({ text: 'well?', mention: true, threadTs: said.threadTs });
          await until(() => slack.messages('general').filter(({ isBot }) => isBot).length === 1, 'the next answer');
          assert.match(JSON.stringify(model.calls.at(-1)?.request), /did not reach them and will not/);
        },
        { slackOver, yaml: { slack: { streaming: false, transport: slackOver } } },
      ));
  }
}

for (const kind of ['lost_response', 'server_error', 'rate_limit'] as const) {
  test(`slack: the notice arrives once, although its sending meets ${kind}`, () =>
    onStage(
      'slack',
      async ({ start, slack, store }) => {
        await start();
        slack.faults.add({ method: 'chat.postMessage', kind: 'platform_error', error: 'is_archived' });
        slack.faults.add({ method: 'chat.postMessage', kind, times: 2 });

        slack.say({ text: 'hello', mention: true });

        await until(async () => (await store().listDeadLetters({ limit: 9 })).length === 1, 'the dead letter');
        await until(async () => (await store().stats()).undelivered === 0, 'the notice');
        assert.equal(slack.messages(slack.direct('Ada').id).length, 1);
      },
      { yaml: { slack: { streaming: false }, delivery: { baseDelayMs: 200, maxDelaySeconds: 2, timeoutSeconds: 4 } } },
    ));
}

test('slack: who takes no direct messages is not told, and that leaves one dead letter and no loop', () =>
  onStage(
    'slack',
    async ({ start, slack, store }) => {
      await start();
      slack.faults.add({ method: 'chat.postMessage', kind: 'platform_error', error: 'is_archived' });
      slack.faults.add({ method: 'conversations.open', kind: 'platform_error', error: 'user_disabled' });

      slack.say({ text: 'hello', mention: true });

      await until(async () => (await store().listDeadLetters({ limit: 9 })).length === 1, 'the dead letter');
      await until(async () => (await store().stats()).undelivered === 0, 'the end of the notice');
      assert.equal((await store().listDeadLetters({ limit: 9 })).length, 1);
      assert.equal(slack.messages(slack.direct('Ada').id).length, 0);
    },
    { yaml: { slack: { streaming: false } } },
  ));
