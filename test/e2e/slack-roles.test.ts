import assert from 'node:assert/strict';
import { test } from 'node:test';
import { letAsk } from './approvals-scene.ts';
import { onStage, until } from './stage.ts';

const oncall = 'S0ONCALL';
const leads = 'S0LEADS';
const looking = { tools: { allow: [{ tools: ['current_time'], roles: [oncall] }] } };

/** Whether the model was offered a tool for each question, by a word of it. */
function offersOf(calls: readonly { readonly request: object }[]) {
  return (word: string): boolean | undefined => {
    const request = calls.map((call) => call.request).findLast((each) => JSON.stringify(each).includes(word));
    return request && 'tools' in request;
  };
}

test('slack: who is in a user group may use the tools that a rule allows it, and who is not may not', () =>
  onStage(
    'slack',
    async ({ start, slack, model, store }) => {
      model.behaviour.answer = () => 'Yes.';
      slack.userGroup(oncall, ['Ada']);
      await start();

      slack.say({ user: 'Ada', text: 'first', mention: true });
      slack.say({ user: 'Grace', text: 'second', mention: true });

      const isOffered = offersOf(model.calls);
      await until(() => isOffered('first') !== undefined && isOffered('second') !== undefined, 'both questions');
      assert.deepEqual([isOffered('first'), isOffered('second')], [true, false]);
      await until(async () => (await store().stats()).undelivered === 0, 'the answers');
    },
    { yaml: looking },
  ));

for (const trouble of ['a scope is missing', 'Slack does not answer in time'] as const) {
  test(`slack: where ${trouble}, nobody is in a user group, and the question is answered all the same`, () =>
    onStage(
      'slack',
      async ({ start, slack, model, log }) => {
        model.behaviour.answer = () => 'Yes.';
        slack.userGroup(oncall, ['Ada']);
        const method = 'usergroups.users.list';
        slack.faults.add(
          trouble === 'a scope is missing'
            ? { method, kind: 'platform_error', error: 'missing_scope' }
            : { method, kind: 'hang', times: 100 },
        );
        await start();

        const said = slack.say({ user: 'Ada', text: 'first', mention: true });

        await until(() => slack.thread(said.channel, said.ts).some(({ isBot, text }) => isBot && text === 'Yes.'), 'the answer');
        assert.equal(offersOf(model.calls)('first'), false);
        assert.match(JSON.stringify(log.lines), /it counts for nobody.*usergroups:read/);
      },
      { yaml: looking },
    ));
}

test('slack: who is in a user group that may approve does, and others are told that they may not', () =>
  onStage(
    'slack',
    async (stage) => {
      const { start, slack, store } = stage;
      letAsk(stage.model);
      slack.userGroup(leads, ['Ada']);
      await start();
      const said = slack.say({ user: 'Grace', text: 'what time is it?', mention: true });
      const shown = () => slack.thread(said.channel, said.ts).filter(({ isBot, deleted }) => isBot && !deleted);
      await until(() => shown().some(({ blocks }) => JSON.stringify(blocks ?? []).includes('parley.approve')), 'the request');
      await until(async () => (await store().stats()).undelivered === 0, 'the request to stand');
      const button = { channel: said.channel, ts: shown()[0]?.ts ?? '', threadTs: said.ts, label: 'Approve' };

      await slack.press({ ...button, user: 'Grace' }).acknowledged;
      await until(() => slack.whispers('Grace').length === 1, 'the note');
      await slack.press({ ...button, user: 'Ada' }).acknowledged;

      await until(() => shown().length === 2, 'the answer');
      assert.match(slack.whispers('Grace')[0]?.text ?? '', /Only who the operator has named/);
      assert.match(shown()[1]?.text ?? '', /So: Approved by ada/i);
    },
    {
      yaml: {
        tools: { allow: [{ tools: ['current_time'] }], approve: ['current_time'], approvers: { slack: [`role:${leads}`] } },
      },
    },
  ));
