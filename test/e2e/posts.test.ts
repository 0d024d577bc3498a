import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

const text = 'The shop is down. @everyone <!channel>';

const settings: { post: Record<string, unknown>; allow: unknown } = { post: {}, allow: [{ tools: ['post_message'] }] };
const yaml = { delivery: { baseDelayMs: 200, maxDelaySeconds: 2, timeoutSeconds: 4 }, tools: settings };

test('a message that the model posts to another channel stands once on Slack and once on Discord, and calls for nobody', () =>
  onStage(
    'slack',
    async ({ start, model, people, slack, discord, failSends, store }) => {
      settings.post = {
        oncall: { slack: { channel: slack.channel('oncall').id }, title: 'outages', approve: false },
        staff: { discord: { channel: discord.home.channelId }, title: 'news for the staff', approve: false },
      };
      model.behaviour.answer = ({ messages }) => {
        if (messages.some(({ role }) => role === 'tool')) return 'Posted.';
        const calls = ['oncall', 'staff'].map((to) => ({ name: 'post_message', arguments: JSON.stringify({ to, text }) }));
        return { text: '', finishReason: 'tool_calls', calls };
      };
      await start();
      failSends({ kind: 'lost_response', takesEffect: true }, 1);

      people.ask(1);

      const inSlack = () => slack.messages(slack.channel('oncall').id).map((message) => message.text);
      const inDiscord = () => discord.messages(discord.home.channelId).map(({ content }) => content);
      await until(async () => (await store().stats()).undelivered === 0 && inDiscord().length > 0, 'all to be sent');
      assert.deepEqual([inSlack().length, inDiscord().length], [1, 1]);
      assert.match(inSlack()[0] ?? '', /The shop is down\./);
      assert.doesNotMatch(inSlack()[0] ?? '', /<!channel>/);
      assert.match(inDiscord()[0] ?? '', /The shop is down\./);
      assert.equal(people.conversations[0]?.talk.visible().at(-1)?.text, 'Posted.');
    },
    { yaml, beside: ['discord'] },
  ));
