import assert from 'node:assert/strict';
import { test } from 'node:test';
import twilio from 'twilio';
import type { WebhookSource } from '../../../adapters/webhook/index.ts';
import { toSortedForm } from '../../../src/form.ts';
import { withWebhooks } from './harness.ts';

const authToken = 'f3a1c0ffee5eed0f3a1c0ffee5eed0aa';
const publicUrl = 'https://bot.example.com';
const sms: WebhookSource = {
  name: 'sms',
  verify: {
    scheme: 'hmac',
    secrets: [authToken],
    header: 'x-twilio-signature',
    algorithm: 'sha1',
    encoding: 'base64',
    signed: '{url}{form}',
  },
  body: 'form',
  eventId: '{{MessageSid}}',
  conversation: '{{From}}',
  text: '{{Body}}',
};

const message = {
  MessageSid: 'SM1',
  From: '+15550100',
  To: '+15550199',
  Body: 'Öffnet ihr am 1. Mai? 50% + "x" & mehr',
  Zeta: 'z',
};

interface Sent {
  readonly url: string;
  readonly fields?: Record<string, string | string[]>;
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

/** Signed by Twilio's own library. */
function post({ url, fields = message, token = authToken, headers = {} }: Sent): Promise<Response> {
  const body = new URLSearchParams();
  for (const [name, values] of Object.entries(fields)) for (const value of [values].flat()) body.append(name, value);
  const signature = twilio.getExpectedTwilioSignature(token, `${publicUrl}/webhooks/sms`, fields);
  return fetch(`${url}/webhooks/sms`, { method: 'POST', body, headers: { 'x-twilio-signature': signature, ...headers } });
}

test('a form is mapped field by field, and signed as Twilio signs it', async () => {
  await withWebhooks({ sources: [sms], publicUrl }, async ({ url, ledger }) => {
    assert.equal((await post({ url })).status, 202);
    assert.equal((await post({ url })).status, 202, 'a second delivery of the same event');
    const repeated = { ...message, MessageSid: 'SM2', Media: ['b', 'a', 'b'] };
    assert.equal((await post({ url, fields: repeated })).status, 202);

    const [event] = ledger.events;
    assert.ok(event?.type === 'message');
    assert.equal(event.eventId, 'SM1');
    assert.equal(event.text, message.Body);
    assert.equal(event.conversationId, 'webhook:sms:+15550100');
    assert.deepEqual(
      ledger.events.map(({ eventId }) => eventId),
      ['SM1', 'SM2'],
    );
  });
});

test('a form with another field, value, name or secret than was signed is refused', async () => {
  await withWebhooks({ sources: [sms], publicUrl }, async ({ url, ledger }) => {
    const signature = twilio.getExpectedTwilioSignature(authToken, `${publicUrl}/webhooks/sms`, message);
    const forged = [
      { ...message, Body: 'Send money' },
      { ...message, Extra: 'x' },
      { MessageSid: 'SM1', From: '+15550100', To: '+15550199', Body: message.Body },
    ];
    for (const fields of forged)
      assert.equal((await post({ url, fields, headers: { 'x-twilio-signature': signature } })).status, 401);
    assert.equal((await post({ url, token: 'another token of the same length' })).status, 401);
    assert.deepEqual(ledger.events, []);
  });
});

test('what is no form gets 415 with a way to mend it, and an empty or endless one 400', async () => {
  await withWebhooks({ sources: [sms], publicUrl }, async ({ url }) => {
    const json = await post({ url, headers: { 'content-type': 'application/json' } });
    assert.equal(json.status, 415);
    assert.match(await json.text(), /takes forms.*body: form/);
    assert.equal((await post({ url, fields: {} })).status, 400);
    const endless = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`f${index}`, '']));
    const refused = await post({ url, fields: endless });
    assert.equal(refused.status, 401, 'nobody sorts so many to check a signature');
  });
});

test('expressions see the fields of a form, a field that is called __proto__ among them', async () => {
  const source: WebhookSource = {
    ...sms,
    text: { jsonata: 'Body & " / " & $join(Media, ",")' },
    author: { jsonata: '$lookup($, "__proto__")' },
  };
  await withWebhooks({ sources: [source], publicUrl }, async ({ url, ledger }) => {
    const fields = JSON.parse('{"MessageSid":"SM3","From":"1","Body":"Hello","Media":["b","a"],"__proto__":"odd"}');
    assert.equal((await post({ url, fields })).status, 202);
    const [event] = ledger.events;
    assert.ok(event?.type === 'message');
    assert.equal(event.text, 'Hello / b,a');
  });
});

test('sorts by name, and each value of a field counts once', () => {
  assert.equal(toSortedForm('b=2&a=1&B=0&a=0&a=1&%C3%A9=+'), 'B0a0a1b2é ');
});
