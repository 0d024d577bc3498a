import { BlockList, isIP } from 'node:net';

/** Whether an address belongs to a list. */
export type Contains = (address: string) => boolean;

/**
 * Addresses and networks (`203.0.113.7`, `10.0.0.0/8`, `2001:db8::/32`) and the names that Express has for them (`loopback`, `linklocal`,
 * `uniquelocal`). Throws a TypeError for what is neither.
 */
export function createAddressList(entries: readonly string[]): Contains {
  const list = new BlockList();
  for (const entry of entries.flatMap((name) => named[name.trim()] ?? [name])) add(list, entry.trim());
  return (address) => {
    const plain = withoutZone(address);
    const family = isIP(plain);
    // IPv4 in the clothes of IPv6 (::ffff:10.0.0.1) is held against the rules for IPv4, too.
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  };
}

const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

function add(list: BlockList, entry: string): void {
  if (!isNetwork(entry))
    throw new TypeError(`"${entry.slice(0, 60)}" is no address and no network. Write it like 203.0.113.7 or 203.0.113.0/24`);
  const [address = '', bits] = entry.split('/');
  const family = isIP(address);
  list.addSubnet(address, Number(bits ?? bitsOf[family]), family === 4 ? 'ipv4' : 'ipv6');
}

/** Whether a text is an address or a network, like 203.0.113.7 or 203.0.113.0/24. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const most = bitsOf[isIP(address)];
  if (most === undefined || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
}

/** By the family, as `isIP` names it. */
const bitsOf: Readonly<Partial<Record<number, number>>> = { 4: 32, 6: 128 };

export const isLoopback = createAddressList(['loopback']);

/** As people write it: without the zone of a link, and IPv4 as IPv4. */
export function toPlainAddress(address: string): string {
  const plain = withoutZone(address);
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(plain) ? plain.slice('::ffff:'.length) : plain;
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone === -1 ? address : address.slice(0, zone);
}
