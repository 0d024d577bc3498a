import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMapping } from '../../../adapters/webhook/mapping.ts';
import type { Mapped, MappingInput } from '../../../adapters/webhook/mapping.ts';
import type { WebhookSource } from '../../../adapters/webhook/index.ts';

const source: WebhookSource = {
  name: 'shop',
  verify: { scheme: 'hmac', secrets: ['s3cret-s3cret'], header: 'X-Shop-Hmac', algorithm: 'sha256', encoding: 'base64' },
  conversation: '{{order.id}}',
  text: '{{order.note}}',
};

const noExpressions = { evaluate: () => assert.fail('templates need no evaluator') };

async function map(change: Partial<WebhookSource>, payload: unknown, input: Partial<MappingInput> = {}): Promise<Mapped> {
  const body = Buffer.from(JSON.stringify(payload));
  const result = await createMapping({ ...source, ...change })({ payload, headers: {}, body, ...input }, noExpressions);
  assert.ok(result.ok);
  return result.event;
}

const order = { order: { id: 42, note: 'Where is it?', customer: { id: 'c-1', name: 'Ada\n Lovelace' } } };

test('takes conversation, text, author and id from where the source says', async () => {
  const event = await map(
    { author: '{{order.customer.name}}', authorId: '{{order.customer.id}}', eventId: '{{$source}}/{{$headers.x-delivery}}' },
    order,
    {
      headers: { 'x-delivery': 'd-9' },
    },
  );

  assert.deepEqual(event, {
    eventId: 'shop/d-9',
    conversation: '42',
    text: 'Where is it?',
    author: { id: 'c-1', name: 'Ada Lovelace', isBot: false },
  });
});

test('fills in an author that is named in part, or not at all', async () => {
  const { author: byName } = await map({ author: '{{order.customer.name}}' }, order);
  const { author: byId } = await map({ authorId: '{{order.customer.id}}' }, order);
  const { author: nobody } = await map({ author: '{{order.absent}}' }, order);

  assert.deepEqual(
    [byName, byId, nobody].map(({ id, name }) => [id, name]),
    [
      ['Ada Lovelace', 'Ada Lovelace'],
      ['c-1', 'c-1'],
      ['shop', 'shop'],
    ],
  );
});

test('knows an event without an id by its body, whatever unsigned headers claim', async () => {
  const inputs = [{}, { headers: { 'webhook-id': 'forged' } }, { headers: { 'idempotency-key': 'forged' } }];
  const ids = (await Promise.all(inputs.map((input) => map({}, order, input)))).map(({ eventId }) => eventId);

  assert.match(ids[0] ?? '', /^sha256:/);
  assert.equal(new Set(ids).size, 1);
  assert.notEqual((await map({}, { order: { ...order.order, note: 'Where is it now?' } })).eventId, ids[0]);
});

test('takes the id that a signature covers', async () => {
  const event = await map({ verify: { scheme: 'standard', secrets: ['whsec_QUJD'] } }, order, { signedId: 'evt_1' });

  assert.equal(event.eventId, 'evt_1');
});

test('keeps long keys apart by a digest, and cuts long texts', async () => {
  const long = 'x'.repeat(5000);
  const first = await map({}, { order: { id: `${long}1`, note: 'y'.repeat(200_000) } });
  const second = await map({}, { order: { id: `${long}2`, note: 'y' } });

  assert.match(first.conversation, /^sha256:[\w-]{43}$/);
  assert.notEqual(first.conversation, second.conversation);
  assert.equal(first.text.length, 100_000);
});

test('takes out what a database could not keep', async () => {
  const event = await map({}, { order: { id: 'a\0b', note: ' half \ud83d and NUL \0. ' } });

  assert.deepEqual([event.conversation, event.text], ['ab', 'half \ufffd and NUL .']);
});
