import { createReach } from '../reachable.ts';
import { createFetch } from './fetch.ts';

export interface FetchesOptions {
  /** To one host. */
  readonly connections?: number | undefined;
  /** What webhooks may call beside the public Internet. */
  readonly allowPrivate: readonly string[];
}

/** The ways out, each with connections of its own. */
export interface Fetches {
  /** For what the operator runs or has an account with: platforms, models, tools. They may well be on this machine. */
  readonly fetch: typeof fetch;
  /** For addresses that are meant to be outside: it does not reach into the networks that this machine stands in. */
  readonly fetchOutside: typeof fetch;
  close(): Promise<void>;
}

export function createFetches({ connections, allowPrivate }: FetchesOptions): Fetches {
  const anywhere = createFetch({ connections });
  const outside = createFetch({ connections, mayReach: createReach(allowPrivate) });
  return {
    fetch: anywhere.fetch,
    fetchOutside: outside.fetch,
    close: async () => void (await Promise.all([anywhere.close(), outside.close()])),
  };
}
