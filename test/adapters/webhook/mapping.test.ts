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

function map(change: Partial<WebhookSource>, payload: unknown, input: Partial<MappingInput> = {}): Mapped {
  const result = createMapping({ ...source, ...change })({
    payload,
    headers: {},
    body: Buffer.from(JSON.stringify(payload)),
    ...input,
  });
  assert.ok(result.ok);
  return result.event;
}

const order = { order: { id: 42, note: 'Where is it?', customer: { id: 'c-1', name: 'Ada\n Lovelace' } } };

test('takes conversation, text, author and id from where the source says', () => {
  const event = map(
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

test('fills in an author that is named in part, or not at all', () => {
  const { author: byName } = map({ author: '{{order.customer.name}}' }, order);
  const { author: byId } = map({ authorId: '{{order.customer.id}}' }, order);
  const { author: nobody } = map({ author: '{{order.absent}}' }, order);

  assert.deepEqual(
    [byName, byId, nobody].map(({ id, name }) => [id, name]),
    [
      ['Ada Lovelace', 'Ada Lovelace'],
      ['c-1', 'c-1'],
      ['shop', 'shop'],
    ],
  );
});

test('knows an event without an id by its body, whatever unsigned headers claim', () => {
  const ids = [{}, { headers: { 'webhook-id': 'forged' } }, { headers: { 'idempotency-key': 'forged' } }].map(
    (input) => map({}, order, input).eventId,
  );

  assert.match(ids[0] ?? '', /^sha256:/);
  assert.equal(new Set(ids).size, 1);
  assert.notEqual(map({}, { order: { ...order.order, note: 'Where is it now?' } }).eventId, ids[0]);
});

test('takes the id that a signature covers', () => {
  const event = map({ verify: { scheme: 'standard', secrets: ['whsec_QUJD'] } }, order, { signedId: 'evt_1' });

  assert.equal(event.eventId, 'evt_1');
});

test('keeps long keys apart by a digest, and cuts long texts', () => {
  const long = 'x'.repeat(5000);
  const first = map({}, { order: { id: `${long}1`, note: 'y'.repeat(200_000) } });
  const second = map({}, { order: { id: `${long}2`, note: 'y' } });

  assert.match(first.conversation, /^sha256:[\w-]{43}$/);
  assert.notEqual(first.conversation, second.conversation);
  assert.equal(first.text.length, 100_000);
});

test('takes out what a database could not keep', () => {
  const event = map({}, { order: { id: 'a\0b', note: ' half \ud83d and NUL \0. ' } });

  assert.deepEqual([event.conversation, event.text], ['ab', 'half \ufffd and NUL .']);
});
