import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { createAddressList, isNetwork } from '../addresses.ts';
import { AddressError } from '../errors.ts';

/** Asks for all addresses of a name, as `dns.lookup` does. */
export type LookupAll = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface AddressGuardOptions {
  /**
   * What may be reached beside the public internet: networks (`10.0.0.0/8`, `::1`), and names of hosts (`desk.internal`). A name opens the
   * private networks that it leads to, but not those in which a machine finds its cloud's secrets: these must be named as a network.
   */
  readonly allow: readonly string[];
  /** Default: the system's resolver. */
  readonly lookup?: LookupAll | undefined;
}

export interface AddressGuard {
  /** Throws an AddressError for a host that is an address, if that may not be reached. A name is judged by `lookup`. */
  check(host: string): void;
  /** For `net.connect`: finds the permitted addresses of a name. What is connected to is what was judged: nobody is asked twice. */
  readonly lookup: LookupFunction;
}

/** Keeps requests whose address comes from outside away from what only this machine and its network can reach. */
export function createAddressGuard({ allow, lookup = systemLookup }: AddressGuardOptions): AddressGuard {
  const isAllowed = createAddressList(allow.filter(isNetwork));
  const names = new Set(allow.filter((entry) => !isNetwork(entry)).map(toPlainName));

  /** Why the address may not be reached; undefined where it may. */
  function refuse(host: string, address: string): string | undefined {
    const kind = kindOf(address);
    if (kind === undefined || isAllowed(address)) return undefined;
    return names.has(toPlainName(host)) && kind === 'private' ? undefined : kind;
  }

  function choose(host: string, addresses: readonly LookupAddress[]): LookupAddress[] {
    const refused = addresses.map(({ address }) => ({ address, kind: refuse(host, address) }));
    const permitted = addresses.filter((_, index) => refused[index]?.kind === undefined);
    const [first] = refused;
    if (permitted.length === 0 && first) throw toError(host, first.address, first.kind);
    return permitted;
  }

  return {
    check: (host) => {
      const address = host.replace(/^\[|\]$/g, '');
      const kind = isIP(address) === 0 ? undefined : refuse(address, address);
      if (kind !== undefined) throw toError(address, address, kind);
    },
    lookup: (host, options, done) => {
      lookup(host, { ...options, all: true }, (error, addresses) => {
        try {
          if (error) throw error;
          const [first, ...others] = choose(host, addresses);
          if (!first) throw new Error(`${host} has no address.`);
          if (options.all) done(null, [first, ...others]);
          else done(null, first.address, first.family);
        } catch (failure) {
          done(failure as NodeJS.ErrnoException, '', 0); // What is thrown here is an Error.
        }
      });
    },
  };
}

function toError(host: string, address: string, kind: string | undefined): AddressError {
  return new AddressError({ host, address, kind: kind ?? 'unknown' });
}

function toPlainName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

/** What an address is, where it is none of the public internet. */
function kindOf(address: string): 'private' | 'link-local' | 'special' | undefined {
  if (isPrivate(address)) return 'private';
  if (isLinkLocal(address)) return 'link-local';
  const isMapped = isMappedAddress(address);
  if (isIP(address) === 6 && !isMapped && !isGlobalUnicast(address)) return 'special';
  return isSpecial(address) ? 'special' : undefined;
}

// The registries of special addresses of IANA (RFC 6890): iana-ipv4-special-registry, iana-ipv6-special-registry.

/** Loopback, private (RFC 1918), shared by a provider's customers (RFC 6598), unique local (RFC 4193). */
const isPrivate = createAddressList([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '::1',
  'fc00::/7',
]);
const isLinkLocal = createAddressList(['169.254.0.0/16', 'fe80::/10']);
const isMappedAddress = createAddressList(['::ffff:0:0/96']);
/** Of IPv6 nothing else is in public use: multicast, NAT64 (64:ff9b::/96), discard, unspecified are outside. */
const isGlobalUnicast = createAddressList(['2000::/3']);
const isSpecial = createAddressList([
  '0.0.0.0/8',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Where each machine in Azure finds its platform's services; public by its number only.
  '168.63.129.16',
  // Protocol assignments (Teredo among them), documentation, 6to4, documentation.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]);
