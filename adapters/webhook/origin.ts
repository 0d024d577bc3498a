import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { createAddressList, isLoopback, toPlainAddress } from '../../src/addresses.ts';
import type { Contains } from '../../src/addresses.ts';

/** Whose X-Forwarded-For is believed: nobody's, that of so many proxies in front, or that of these addresses. As `server.trustProxy`. */
export type TrustProxy = false | number | readonly string[];

export interface Origin {
  /** Of the sender, as far as trusted proxies tell. */
  readonly address: string;
  /** Whether the request came by HTTPS, or never left this machine. */
  readonly secure: boolean;
  /** Whether a trusted proxy has handed it on. */
  readonly fromProxy: boolean;
}

export type ReadOrigin = (request: IncomingMessage) => Origin;

export function createOriginReader(trustProxy: TrustProxy): ReadOrigin {
  const trusts = createTrust(trustProxy);
  return (request) => {
    const peer = toPlainAddress(request.socket.remoteAddress ?? '');
    const encrypted = 'encrypted' in request.socket && request.socket.encrypted === true;
    const fromProxy = trusts(peer, 0);
    const forwarded = fromProxy ? readList(request.headers['x-forwarded-for']) : [];
    const protocols = fromProxy ? readList(request.headers['x-forwarded-proto']) : [];
    // A call from this machine itself, past the proxy, brings neither.
    if (forwarded.length + protocols.length === 0) return { address: peer, secure: encrypted || isLoopback(peer), fromProxy };
    const { address, hops } = findClient(peer, forwarded, trusts);
    // Each proxy appends how it was called, or the last one overwrites it: what counts is the word of the outermost one that is trusted.
    return { address, secure: protocols.at(-Math.min(hops, protocols.length))?.toLowerCase() === 'https', fromProxy };
  };
}

/** Whether the hop `distance` before us is one of ours. */
type Trust = (address: string, distance: number) => boolean;

function createTrust(trustProxy: TrustProxy): Trust {
  if (trustProxy === false) return () => false;
  if (typeof trustProxy === 'number') return (_, distance) => distance < trustProxy;
  const contains: Contains = createAddressList(trustProxy.flatMap((entry) => entry.split(',')));
  return (address) => contains(address);
}

/** From the right: each proxy appends who it was called by, and what stands further to the left is only what the sender says. */
function findClient(peer: string, forwarded: readonly string[], trusts: Trust): { address: string; hops: number } {
  let address = peer;
  let hops = 0;
  for (const hop of forwarded.toReversed()) {
    if (!trusts(address, hops)) break;
    hops += 1;
    const next = toAddress(hop);
    // What a trusted proxy would not write ends the search: nobody is at this address.
    if (next === undefined) return { address: '', hops };
    address = next;
  }
  return { address, hops: Math.max(hops, 1) };
}

function readList(value: string | string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return String(value)
    .split(',')
    .map((entry) => entry.trim());
}

/** With the port that some proxies add, or without. */
function toAddress(hop: string): string | undefined {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? [];
  const [, withPort] = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop) ?? [];
  const address = bracketed ?? withPort ?? hop;
  return isIP(address) === 0 ? undefined : toPlainAddress(address);
}
