import type { Destination } from '../message.ts';

/** A message to another place, which is sent when the answer is committed. */
export interface Post {
  readonly adapter: string;
  /** Empty: the adapter's only one. */
  readonly tenant: string;
  readonly destination: Destination;
  /** Markdown. Untrusted. */
  readonly text: string;
}
