import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { signedHeaders, withWebhooks } from './harness.ts';

const payload = fc.oneof(
  fc.json({ maxDepth: 8 }),
  fc.string({ unit: 'binary' }),
  fc
    .record({
      ticket: fc.record({ id: fc.jsonValue(), subject: fc.jsonValue(), description: fc.jsonValue(), requester: fc.jsonValue() }),
    })
    .map((value) => JSON.stringify(value)),
  fc.nat(3000).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)),
  fc.constantFrom(
    '{"__proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"ticket":{"__proto__":{"id":1,"subject":"x"}}}',
  ),
);

const headerValue = fc.string({ unit: 'grapheme-ascii', maxLength: 200 });
const forgedHeaders = fc.dictionary(
  fc.constantFrom(
    'webhook-id',
    'webhook-timestamp',
    'webhook-signature',
    'prefer',
    'accept',
    'content-encoding',
    'content-type',
    'x-other',
  ),
  headerValue,
  { maxKeys: 4 },
);

test('survives any body and headers, signed or not, and refuses with problem details what it does not take', async () => {
  await withWebhooks({}, async ({ url, ledger }) => {
    let taken = 0;
    const send = async (body: string, headers: Record<string, string>, signed: boolean) => {
      const genuine = signed
        ? signedHeaders(body, { at: ledger.clock.now(), id: `evt_${taken}` })
        : { 'content-type': 'application/json' };
      const response = await fetch(`${url}/webhooks/desk`, { method: 'POST', body, headers: { ...genuine, ...headers } });
      const text = await response.text();
      if (response.status === 202) taken += 1;
      else assert.equal(response.headers.get('content-type'), 'application/problem+json', text);
      assert.ok([202, 400, 401, 409, 413, 415, 422].includes(response.status), `${response.status} ${text}`);
      assert.ok(signed || response.status !== 202);
    };

    await fc.assert(
      fc.asyncProperty(payload, fc.oneof(fc.constant({}), forgedHeaders), fc.boolean(), async (body, headers, signed) => {
        // A stream or a waiting reply would wait for ever: nobody answers here.
        await send(body, { ...headers, prefer: '', accept: '*/*' }, signed);
      }),
      { numRuns: 500 },
    );

    assert.ok(taken > 10, `${taken} were taken`);
    assert.equal(ledger.log.find('Request failed').length, 0);
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.ok(ledger.events.every(({ conversationId, text }) => conversationId.length < 2000 && text.isWellFormed()));
  });
});
