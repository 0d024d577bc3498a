import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApi } from '../support/api-emulator.ts';
import { onStage, until } from './stage.ts';

for (const { what, answer, told } of [
  { what: 'that works', answer: { status: 201, body: { id: 'r1' } }, told: /r1/ },
  { what: 'whose response is lost', answer: { fault: 'break' } as const, told: /not known|nobody knows|may have/i },
]) {
  test(`slack: a call of an API ${what} is approved with the arguments that were shown, and made once`, async () => {
    await using api = await openApi(() => answer);
    const refund = {
      description: 'Pays an order back.',
      method: 'POST',
      url: `${api.url}/refunds`,
      parameters: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'], additionalProperties: false },
      json: { order: '{{args.order}}' },
    };
    const tools = { allow: [{ tools: ['refund'] }], approvers: { slack: ['asker'] }, http: { refund } };
    await onStage(
      'slack',
      async ({ start, stop, slack, model, store }) => {
        model.behaviour.answer = ({ messages }) => {
          const last = JSON.stringify(messages.at(-1)?.content);
          if (last.includes('A note of the program')) return `So: ${last}`;
          return { text: '', finishReason: 'tool_calls', calls: [{ name: 'refund', arguments: '{"order":"1001"}' }] };
        };
        await start();
        const said = slack.say({ text: 'Please pay order 1001 back.', mention: true });
        const shown = () => slack.thread(said.channel, said.ts).filter(({ isBot, deleted }) => isBot && !deleted);
        await until(() => shown().some(({ blocks }) => JSON.stringify(blocks ?? []).includes('parley.approve')), 'the request');
        await until(async () => (await store().stats()).undelivered === 0, 'the buttons');
        assert.match(shown()[0]?.text ?? '', /order: "1001"/);
        assert.equal(api.requests.length, 0, 'nothing is called before');
        await stop();
        await start();

        const press = slack.press({ channel: said.channel, ts: shown()[0]?.ts ?? '', label: 'Approve' });
        await slack.repeat(press).acknowledged;
        await until(() => shown().length === 2, 'the answer');
        await until(async () => (await store().stats()).undelivered === 0, 'the end');

        assert.deepEqual(
          api.requests.map(({ method, url, body }) => [method, url, body]),
          [['POST', '/refunds', '{"order":"1001"}']],
        );
        assert.match(String(api.requests[0]?.headers['idempotency-key']), /^[0-9a-z]{24}$/);
        assert.match(shown()[1]?.text ?? '', told);
      },
      { yaml: { tools, outbound: { allow: ['127.0.0.1'] }, slack: { streaming: false, transport: 'http' } } },
    );
  });
}
