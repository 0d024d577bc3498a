import { AddressError, DeliveryError } from './errors.ts';

/** PEM. `ca` stands in place of the system's authorities. */
export interface TlsIdentity {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}

export interface OpenedFetch {
  readonly fetch: typeof fetch;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * Opens connections of their own for who shows this identity. Its fetch judges each address before it connects to it, rejecting with an
 * AddressError as the error or its cause, and follows no redirect.
 */
export type OpenFetch = (tls?: TlsIdentity) => OpenedFetch;

/** All that this adapter asks of other hosts: callbacks, replies, tokens and keys of issuers. */
export interface Outbound {
  /** By an identity of its own, or by the common connections. */
  fetchBy(tls?: TlsIdentity): typeof fetch;
  /** Ends every connection; who sends after that opens new ones. */
  close(): Promise<void>;
}

export function createOutbound(openFetch: OpenFetch): Outbound {
  const opened = new Map<TlsIdentity | undefined, OpenedFetch>();
  return {
    fetchBy: (tls) => {
      const known = opened.get(tls) ?? openFetch(tls);
      opened.set(tls, known);
      return known.fetch;
    },
    close: async () => {
      const open = [...opened.values()];
      opened.clear();
      await Promise.all(open.map((each) => each.close()));
    },
  };
}

/** The refusal of an address as a failure for good, if that is what the error comes of. `key` is the setting that names the address. */
export function toAddressRefusal(error: unknown, key: string): DeliveryError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AddressError) {
      const { host, message } = cause;
      const advice = `If Parley is meant to reach it, add it: outbound: { allow: ["${host}"] }`;
      return new DeliveryError({ message: `${key}: ${message} ${advice}`, retryable: false, uncertain: false, cause });
    }
  }
  return undefined;
}
