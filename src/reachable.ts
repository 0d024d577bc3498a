import { createAddressList, isAddress } from './addresses.ts';

/** Whether a request may go to an address, under the name by which it was looked up. */
export type MayReach = (address: string, host: string) => boolean;

/**
 * Every address of the Internet, and of the rest those that are named: addresses and networks, `loopback`, `linklocal`, `uniquelocal`, and host
 * names, whatever these lead to. Throws a TypeError for what is none of these.
 */
export function createReach(allowed: readonly string[]): MayReach {
  const hosts = new Set(allowed.filter(isHostName).map((name) => name.toLowerCase()));
  const isAllowed = createAddressList(allowed.filter((entry) => !isHostName(entry)));
  return (address, host) => {
    const inner = embedded(address);
    return hosts.has(host.toLowerCase()) || isAllowed(inner) || isAllowed(address) || (isAddress(inner) && !isSpecial(inner));
  };
}

/** `localhost` is one: it is looked up like any other. */
function isHostName(entry: string): boolean {
  return (
    !isAddress(entry) &&
    !/^(?:loopback|linklocal|uniquelocal)$/.test(entry) &&
    /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62}(?:\.[a-z0-9_-]{1,63})*)?$/i.test(entry)
  );
}

/** What leads to no host of the Internet: IANA's registries of special-purpose addresses, with multicast and what was reserved. */
const isSpecial = createAddressList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96', // unspecified, loopback, and IPv4 in the form that was given up
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]);

/** A translator (RFC 6052, 64:ff9b::/96) passes on to an IPv4 address, and so may the system for ::ffff:0:0/96: that one counts. */
function embedded(address: string): string {
  if (!isAddress(address) || !address.includes(':')) return address;
  const plain = new URL(`http://[${address.split('%', 1)[0]}]`).hostname.slice(1, -1);
  const [, high, low] = /^(?:64:ff9b::|::ffff:)(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/.exec(plain) ?? [];
  if (low === undefined) return plain;
  const bits = Number.parseInt(high ?? '0', 16) * 65_536 + Number.parseInt(low, 16);
  return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join('.');
}
