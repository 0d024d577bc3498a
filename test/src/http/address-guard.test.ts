import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressError, describeError } from '../../../src/errors.ts';
import { createAddressGuard } from '../../../src/http/address-guard.ts';
import type { LookupAll } from '../../../src/http/address-guard.ts';
import { echo, withFetch } from './loopback.ts';

const refused = [
  '127.0.0.1',
  '127.8.9.10',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '100.100.100.200',
  '169.254.169.254',
  '168.63.129.16',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b::808:808]',
  '[64:ff9b:1::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[ff02::1]',
  '[2001::1]',
  '[2001:db8::1]',
  '[2002:7f00:1::]',
  '[3fff::1]',
];
const permitted = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '[2606:4700:4700::1111]', '[::ffff:8.8.8.8]', 'example.com'];

/** What the host of this address reads like once it is parsed, as `fetch` sees it. */
function check(guard: ReturnType<typeof createAddressGuard>, host: string): void {
  guard.check(new URL(`http://${host}/`).hostname);
}

test('refuses every address that is none of the public internet, however it is written', () => {
  const guard = createAddressGuard({ allow: [] });

  for (const host of refused) assert.throws(() => check(guard, host), AddressError, host);
  for (const host of permitted) assert.doesNotThrow(() => check(guard, host), host);
});

test('permits what is allowed, and nothing beside it', () => {
  const guard = createAddressGuard({ allow: ['10.20.0.0/16', '::1', '127.0.0.1'] });

  for (const host of ['10.20.255.1', '[::1]', '127.0.0.1', '[::ffff:10.20.0.1]'])
    assert.doesNotThrow(() => check(guard, host), host);
  for (const host of ['10.21.0.1', '127.0.0.2', '169.254.169.254', '[::2]'])
    assert.throws(() => check(guard, host), AddressError, host);
});

/** A resolver in memory, and how often each name was asked for. */
function resolver(names: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const lookup: LookupAll = (host, _options, done) => {
    asked.push(host);
    done(
      null,
      (names[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { asked, lookup };
}

async function resolve(guard: ReturnType<typeof createAddressGuard>, host: string): Promise<unknown> {
  return new Promise((done, fail) => {
    guard.lookup(host, { all: true }, (error, addresses) => (error ? fail(error) : done(addresses)));
  });
}

test('judges each address of a name, and connects to those only that may be reached', async () => {
  const names = { mixed: ['10.0.0.1', '8.8.8.8', '::ffff:127.0.0.1'], inside: ['10.0.0.1', '::1'], nobody: [] };
  const guard = createAddressGuard({ allow: [], lookup: resolver(names).lookup });

  assert.deepEqual(await resolve(guard, 'mixed'), [{ address: '8.8.8.8', family: 4 }]);
  await assert.rejects(resolve(guard, 'inside'), /inside has the address 10\.0\.0\.1, which is private.*outbound\.allow/);
  await assert.rejects(resolve(guard, 'nobody'), /has no address/);
});

test('lets an allowed name lead to private networks, but not to the metadata of a cloud', async () => {
  const names = { 'Desk.Internal.': ['10.0.0.1'], 'desk.internal': ['169.254.169.254'], 'other.internal': ['10.0.0.1'] };
  const guard = createAddressGuard({ allow: ['desk.internal'], lookup: resolver(names).lookup });

  assert.deepEqual(await resolve(guard, 'Desk.Internal.'), [{ address: '10.0.0.1', family: 4 }]);
  await assert.rejects(resolve(guard, 'desk.internal'), /link-local/);
  await assert.rejects(resolve(guard, 'other.internal'), /private/);
});

test('a request reaches nothing on this machine by name or by address, and what is allowed after one look', async () => {
  const names = resolver({ 'rebound.example': ['127.0.0.1'], 'desk.internal': ['127.0.0.1'] });
  const guard = createAddressGuard({ allow: ['desk.internal'], lookup: names.lookup });
  await withFetch(
    echo,
    async (fetch_, server) => {
      const { port } = new URL(server.url);
      const fault = async (url: string, init?: RequestInit) => fetch_(url, init).then(() => 'none', describeError);

      for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', '0.0.0.0', 'rebound.example'])
        assert.match(await fault(`http://${host}:${port}/`), /outbound\.allow does not name it/, host);
      assert.match(await fault(`http://desk.internal:${port}/`, { redirect: 'follow' }), /without redirects/);
      assert.match(await fault('data:,x'), /Only http/);
      assert.equal(server.connections(), 0);

      assert.equal((await fetch_(`http://desk.internal:${port}/`)).status, 200);
      assert.deepEqual(names.asked, ['rebound.example', 'desk.internal']);
      assert.equal(server.connections(), 1);
    },
    { guard },
  );
});
