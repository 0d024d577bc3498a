import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReach } from '../../src/reachable.ts';

const publicAddresses = [
  '93.184.215.14',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '64:ff9b::101:101',
  '2620:4f:8000::1',
];

const privateAddresses = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:a9fe:a9fe',
  '64:ff9b::7f00:1',
  '64:ff9b::10.0.0.1',
  '64:ff9b::1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
];

test('reaches the public Internet, and nothing that is private, in whatever form it is written', () => {
  const mayReach = createReach([]);

  assert.deepEqual(
    publicAddresses.filter((address) => !mayReach(address, 'a.example')),
    [],
  );
  assert.deepEqual(
    privateAddresses.filter((address) => mayReach(address, 'a.example')),
    [],
  );
});

test('reaches what is named: addresses, networks, this machine, hosts', () => {
  const mayReach = createReach(['10.1.0.0/16', '192.168.7.9', 'fd00::/8', 'loopback', 'Desk.internal']);

  assert.equal(mayReach('10.1.2.3', 'a.example'), true);
  assert.equal(mayReach('::ffff:10.1.2.3', 'a.example'), true);
  assert.equal(mayReach('10.2.0.1', 'a.example'), false);
  assert.equal(mayReach('192.168.7.9', 'a.example'), true);
  assert.equal(mayReach('192.168.7.8', 'a.example'), false);
  assert.equal(mayReach('fd00::5', 'a.example'), true);
  assert.equal(mayReach('127.0.0.2', 'a.example'), true);
  assert.equal(mayReach('::1', 'a.example'), true);
  assert.equal(mayReach('172.16.0.9', 'desk.INTERNAL'), true);
  assert.equal(mayReach('172.16.0.9', 'desk.internal.a.example'), false);
});

test('refuses what is no address, and an entry that is neither a host nor a network', () => {
  assert.equal(createReach([])('', 'a.example'), false);
  assert.equal(createReach([])('nonsense', 'a.example'), false);
  for (const entry of ['', '10.0.0.0/33', 'https://a.example', 'a b', '*', '10.0.0.0/8/8', 'a..b']) {
    assert.throws(() => createReach([entry]), TypeError, entry);
  }
});
