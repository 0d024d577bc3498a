import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryError, ModelError } from '../../../src/errors.ts';
import type { Model } from '../../../src/model/model.ts';
import { createFailureWatch } from '../../../src/metrics/watch-failures.ts';
import type { WebhookDelivery } from '../../../src/webhook-delivery.ts';
import { createAnswer, never } from '../../adapters/webhook/harness.ts';

function openWatch() {
  const seen: string[] = [];
  const watch = createFailureWatch({
    failed: ({ kind, name }) => seen.push(`${kind} ${name} failed`),
    worked: ({ kind, name }) => seen.push(`${kind} ${name} worked`),
  });
  return { watch, seen };
}

test('a source fails by what is refused, but not by too many requests, conflicts or a look at its address', () => {
  const { watch, seen } = openWatch();
  const note = watch.delivery(undefined);
  const common = { id: '1', source: 'desk', at: 0, durationMs: 1, genuine: true, address: '', bytes: 0, headers: {} };
  const told: Pick<WebhookDelivery, 'verdict' | 'status' | 'reason'>[] = [
    { verdict: 'refused', status: 422, reason: 'unmappable' },
    { verdict: 'refused', status: 429, reason: 'too-many' },
    { verdict: 'refused', status: 405, reason: 'method' },
    { verdict: 'conflict', status: 409, reason: 'conflict' },
    { verdict: 'duplicate', status: 202 },
  ];

  for (const each of told) note?.({ ...common, ...each });

  assert.deepEqual(seen, ['proof desk worked', 'source desk failed', 'proof desk worked', 'source desk worked']);
});

test('what strangers send is no failure of the source, and that nobody proves to be it any more is told apart', () => {
  const { watch, seen } = openWatch();
  const note = watch.delivery(undefined);
  const common = { id: '1', source: 'desk', at: 0, durationMs: 1, genuine: false, address: '', bytes: 0, headers: {} };
  const told: Pick<WebhookDelivery, 'verdict' | 'status' | 'reason'>[] = [
    { verdict: 'refused', status: 401, reason: 'signature-mismatch' },
    { verdict: 'refused', status: 415, reason: 'media-type' },
    { verdict: 'refused', status: 405, reason: 'method' },
    { verdict: 'ignored', status: 200, reason: 'handshake' },
  ];

  for (const each of told) note?.({ ...common, ...each });

  assert.deepEqual(seen, ['proof desk failed', 'proof desk failed']);
});

test('an adapter fails by what may be tried again, a callback by everything, and neither by a stop', async () => {
  const { watch, seen } = openWatch();
  const failing = (name: string, retryable: boolean) =>
    watch.adapter({
      name,
      start: async () => undefined,
      stop: async () => undefined,
      send: () => Promise.reject(new DeliveryError({ message: 'no', retryable, uncertain: false })),
    });

  for (const [name, retryable] of [
    ['webhook', false],
    ['slack', false],
    ['slack', true],
  ] as const)
    await assert.rejects(failing(name, retryable).send(createAnswer(), never));
  await assert.rejects(failing('slack', true).send(createAnswer(), AbortSignal.abort()));

  assert.deepEqual(seen, ['callback desk failed', 'adapter slack failed']);
});

test('a model fails by its errors, but not by those of one request', async () => {
  const { watch, seen } = openWatch();
  const ask = async (error?: ModelError) => {
    const model: Model = {
      name: 'gpt',
      check: () => Promise.resolve(''),
      async *generate() {
        if (error) throw error;
        yield { type: 'done', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1, estimated: false } };
      },
    };
    for await (const event of watch.model(model).generate({ system: '', messages: [] }, never)) assert.equal(event.type, 'done');
  };

  await assert.rejects(ask(new ModelError({ message: 'too long', retryable: false, ofRequest: true })));
  await assert.rejects(ask(new ModelError({ message: 'overloaded', retryable: true })));
  await ask();

  assert.deepEqual(seen, ['model gpt failed', 'model gpt worked']);
});
