import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { startParleyProcess } from '../../support/running-parley.ts';

const secret = 'a-shared-secret';
const sign = (body: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

const written = (text: string) => `
webhooks:
  shop:
    verify: { scheme: hmac, secret: ${secret}, header: x-signature, prefix: 'sha256=' }
    when: { jsonata: 'order.kind = "question"' }
    conversation: { jsonata: 'order.id' }
    text: ${text}
    eventId: { jsonata: 'order.event' }
`;
const body = (order: object) => JSON.stringify({ order: { id: 7, kind: 'question', ...order } });

test('try shows what each gives, and why one fails', async (t) => {
  const cwd = createWorkFolder(t);
  writeFileSync(join(cwd, 'parley.yaml'), written(`{ jsonata: '$uppercase(order.note)' }`));
  const attempt = (order: object, ...options: string[]) => {
    writeFileSync(join(cwd, 'order.json'), body(order));
    return callParley(['webhook', 'try', 'shop', join(cwd, 'order.json'), ...options], { cwd });
  };

  const asked = await attempt({ event: 'e1', note: 'why?' });
  const ignored = await attempt({ event: 'e2', kind: 'note' });
  const failing = await attempt({ event: 'e3', note: 5 });
  const asJson = await attempt({ event: 'e3', note: 5 }, '--json');

  assert.equal(
    asked.stdout,
    [
      'proof         passed',
      'when          true (boolean)',
      'eventId       "e1" (text)',
      'conversation  7 (number)',
      'text          "WHY?" (text)',
      'event         e1',
      'conversation  webhook:shop:7',
      'author        shop (shop)',
      'asked',
      '  WHY?',
      '',
    ].join('\n'),
  );
  assert.match(ignored.stdout, /when +false \(boolean\)[^]*ignored +webhooks\.shop\.when is not true\n$/);
  assert.match(
    failing.stdout,
    /text +fails: Argument 1 [^]*refused +webhooks\.shop\.text cannot be evaluated for this body\. Argument 1/,
  );
  assert.deepEqual([asked.exitCode, ignored.exitCode, failing.exitCode], [0, 0, 1]);
  assert.deepEqual(
    JSON.parse(asJson.stdout).expressions.map(({ key, ok }: { key: string; ok: boolean }) => [key, ok]),
    [
      ['when', true],
      ['eventId', true],
      ['conversation', true],
      ['text', false],
    ],
  );
});

test('what could not be mapped is replayed when the source has been mended, and what is no question is not', async (t) => {
  const cwd = createWorkFolder(t);
  writeFileSync(join(cwd, 'parley.yaml'), written(`{ jsonata: '$uppercase(order.note)' }`));
  const parley = await startParleyProcess(t, { cwd });
  const post = async (order: object) => {
    const sent = body(order);
    const headers = { 'content-type': 'application/json', 'x-signature': sign(sent) };
    const response = await fetch(`${parley.url}/webhooks/shop`, { method: 'POST', body: sent, headers });
    return {
      status: response.status,
      id: response.headers.get('x-request-id') ?? '',
      said: (await response.json()) as Record<string, string>,
    };
  };
  const call = (...args: string[]) => callParley(['webhook', ...args], { cwd });
  const listening = call('listen', '--count', '2', '--json');

  const refused = await post({ event: 'e1', note: 5 });
  const ignored = await post({ event: 'e2', kind: 'note' });
  const heard = (await listening).stdout.trim().split('\n');
  const tooEarly = await call('replay', refused.id);
  writeFileSync(join(cwd, 'parley.yaml'), written(`{ liquid: 'Note {{ order.note }}' }`));
  const mended = await call('replay', refused.id);
  const noQuestion = await call('replay', ignored.id);

  assert.deepEqual([refused.status, ignored.status], [422, 202]);
  assert.match(
    refused.said['detail'] ?? '',
    /webhooks\.shop\.text cannot be evaluated for this body\. Argument 1 .*parley webhook try/,
  );
  assert.deepEqual([ignored.said['status'], ignored.said['reason']], ['ignored', 'webhooks.shop.when is not true']);
  assert.deepEqual(
    heard.map((line) => JSON.parse(line)).map(({ verdict, reason }) => [verdict, reason]),
    [
      ['refused', 'unmappable'],
      ['ignored', 'webhooks.shop.when is not true'],
    ],
  );
  assert.match(tooEarly.stderr, /webhooks\.shop\.text cannot be evaluated/);
  assert.match(mended.stdout, /replayed as event e1\n/);
  assert.match(noQuestion.stderr, /it is no question: webhooks\.shop\.when is not true/);
});
