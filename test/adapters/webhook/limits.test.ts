import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { createAddressList } from '../../../src/addresses.ts';
import { createOriginReader } from '../../../adapters/webhook/origin.ts';
import type { TrustProxy } from '../../../adapters/webhook/origin.ts';
import { desk, ticket, withWebhooks } from './harness.ts';

async function codeOf(response: Response): Promise<string> {
  const { type } = (await response.json()) as { type: string }; // Problem details.
  return `${response.status} ${type.split(':').at(-1)}`;
}

/** A request as node:http hands it over, from this peer. */
function requestFrom(peer: string, headers: Record<string, string> = {}): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const request = new IncomingMessage(socket);
  Object.assign(request.headers, headers);
  return request;
}

describe('where a request comes from', () => {
  const cases: [string, TrustProxy, string, Record<string, string>, string, boolean][] = [
    ['a call from this machine is as good as HTTPS', false, '127.0.0.1', {}, '127.0.0.1', true],
    ['so is one over IPv6', false, '::1', {}, '::1', true],
    ['and one in the clothes of IPv6', false, '::ffff:127.0.0.1', {}, '127.0.0.1', true],
    ['what comes over the network in clear is not', false, '203.0.113.9', {}, '203.0.113.9', false],
    [
      'nobody is believed who is not trusted',
      false,
      '203.0.113.9',
      { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' },
      '203.0.113.9',
      false,
    ],
    [
      'what the sender wrote stands left of what the proxy wrote',
      1,
      '10.0.0.5',
      { 'x-forwarded-for': '127.0.0.1, 198.51.100.7', 'x-forwarded-proto': 'https' },
      '198.51.100.7',
      true,
    ],
    [
      'two proxies, by number',
      2,
      '10.0.0.5',
      { 'x-forwarded-for': '1.1.1.1, 198.51.100.7, 10.0.0.6', 'x-forwarded-proto': 'https, http' },
      '198.51.100.7',
      true,
    ],
    [
      'two proxies, by address; a word that the sender slipped in does not count',
      ['10.0.0.0/8'],
      '10.0.0.5',
      { 'x-forwarded-for': '198.51.100.7, 10.0.0.6', 'x-forwarded-proto': 'https, http, http' },
      '198.51.100.7',
      false,
    ],
    [
      'addresses that are not in the list are not believed',
      ['10.0.0.0/8'],
      '192.0.2.1',
      { 'x-forwarded-for': '127.0.0.1' },
      '192.0.2.1',
      false,
    ],
    [
      'a proxy that adds ports',
      ['loopback'],
      '127.0.0.1',
      { 'x-forwarded-for': '[2001:db8::7]:4711', 'x-forwarded-proto': 'https' },
      '2001:db8::7',
      true,
    ],
    [
      'a proxy that took it in clear, on this machine too',
      ['loopback'],
      '127.0.0.1',
      { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'http' },
      '198.51.100.7',
      false,
    ],
    ['a proxy that does not say', ['loopback'], '127.0.0.1', { 'x-forwarded-for': '198.51.100.7' }, '198.51.100.7', false],
    ['what is no address is nobody', 1, '10.0.0.5', { 'x-forwarded-for': 'localhost', 'x-forwarded-proto': 'https' }, '', true],
    ['past a proxy on this machine', ['loopback'], '127.0.0.1', {}, '127.0.0.1', true],
  ];
  for (const [name, trustProxy, peer, headers, address, secure] of cases) {
    test(name, () => {
      const origin = createOriginReader(trustProxy)(requestFrom(peer, headers));

      assert.deepEqual([origin.address, origin.secure], [address, secure]);
    });
  }

  test('a thousand entries of the sender push nothing of the proxy out', () => {
    const made = Array.from({ length: 1000 }, () => '127.0.0.1').join(',');
    const headers = { 'x-forwarded-for': `${made},198.51.100.7`, 'x-forwarded-proto': 'https' };

    assert.equal(createOriginReader(1)(requestFrom('10.0.0.5', headers)).address, '198.51.100.7');
  });
});

describe('addresses', () => {
  test('belong to networks of both kinds, however they are written', () => {
    const contains = createAddressList(['203.0.113.0/24', '2001:db8::/32', '198.51.100.7']);

    for (const address of ['203.0.113.255', '::ffff:203.0.113.1', '2001:DB8:0:0::1', '198.51.100.7'])
      assert.ok(contains(address));
    for (const address of ['203.0.114.0', '2001:db9::1', '198.51.100.8', '', 'localhost', '203.0.113.1.evil']) {
      assert.ok(!contains(address), address);
    }
  });

  test('that are none are refused, and so are networks that are too large or too small to be', () => {
    for (const entry of ['', 'localhost', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0', '::1/129', '10.0.0.0/-1']) {
      assert.throws(() => createAddressList([entry]), /no address and no network/, entry);
    }
  });
});

test('what comes in clear by a proxy is refused, unless the source allows it', async () => {
  const lax = { ...desk, name: 'lax', requireHttps: false };
  await withWebhooks({ sources: [desk, lax], trustProxy: ['loopback'] }, async ({ deliver, url, ledger }) => {
    const headers = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'http' };

    const clear = await deliver(ticket, { headers });
    const secure = await deliver(ticket, { headers: { ...headers, 'x-forwarded-proto': 'https' } });
    const allowed = await fetch(`${url}/webhooks/lax`, {
      method: 'POST',
      body: '{}',
      headers: { ...headers, 'content-type': 'application/json' },
    });

    assert.equal(await codeOf(clear), '403 https-required');
    assert.equal(secure.status, 202);
    assert.equal(allowed.status, 401);
    assert.equal(ledger.events.length, 1);
  });
});

test('an address that is not allowed is refused before anything is read, and told nothing', async () => {
  const source = { ...desk, allowFrom: ['198.51.100.0/24', '2001:db8::/32'] };
  await withWebhooks({ sources: [source], trustProxy: 1 }, async ({ deliver, ledger }) => {
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' } });

    const refused = await deliver(ticket, from('198.51.100.1, 203.0.113.1'));
    const direct = await deliver(ticket);
    const taken = await deliver(ticket, from('203.0.113.1, 198.51.100.1'));

    assert.equal(await codeOf(refused), '403 address-not-allowed');
    assert.equal(await codeOf(direct), '403 address-not-allowed');
    assert.equal(taken.status, 202);
    assert.equal(ledger.events.length, 1);
  });
});

test('a source that sends too much is told when to come again, and a stranger cannot use its allowance up', async () => {
  const source = { ...desk, rateLimit: { requests: 2, perSeconds: 60 } };
  await withWebhooks({ sources: [source] }, async ({ deliver, ledger }) => {
    for (let forged = 0; forged < 5; forged += 1) await deliver(ticket, { headers: { 'webhook-signature': 'v1,AAAA' } });
    const taken = [await deliver(ticket, { id: 'a' }), await deliver(ticket, { id: 'b' })];
    const refused = await deliver(ticket, { id: 'c' });
    await ledger.clock.advance(29_000);
    const early = await deliver(ticket, { id: 'c' });
    await ledger.clock.advance(1_000);
    const again = await deliver(ticket, { id: 'c' });

    assert.deepEqual(
      taken.map(({ status }) => status),
      [202, 202],
    );
    assert.equal(refused.headers.get('retry-after'), '30');
    assert.equal(await codeOf(refused), '429 too-many');
    assert.equal(early.headers.get('retry-after'), '1');
    assert.equal(again.status, 202);
    assert.equal(ledger.events.length, 3);
  });
});

test('a source may have limits of its own for the length and the depth of bodies', async () => {
  await withWebhooks({ sources: [{ ...desk, maxBodyBytes: 1024, maxDepth: 3 }] }, async ({ deliver }) => {
    const long = await deliver({ ...ticket, more: 'x'.repeat(1024) });
    const deep = await deliver({ ...ticket, more: [[[1]]] });
    const right = await deliver({ ...ticket, more: [[1]] });

    assert.equal(await codeOf(long), '413 too-large');
    assert.equal(await codeOf(deep), '400 malformed');
    assert.equal(right.status, 202);
  });
});

test('the ledger is told how many events of one conversation may be answered in an hour', async () => {
  await withWebhooks({ sources: [{ ...desk, turnsPerHour: 2 }] }, async ({ deliver, ledger }) => {
    await deliver({ ticket: { ...ticket.ticket, id: 7 } });

    const refusal = 'webhooks.desk.turnsPerHour: 2 events of this conversation were answered within an hour';
    assert.deepEqual(
      ledger.events.map(({ limit }) => limit),
      [{ perHour: 2, refusal, conversationId: 'webhook:desk:7' }],
    );
  });
});
