import type { Clock } from '../../src/clock.ts';
import type { OutboundMessage } from '../../src/message.ts';
import { parseDestination, toMillis } from './conversation.ts';

/** What an earlier process may have been in the middle of. This one knows nothing of its streams and sessions. */
export interface Past {
  mayConcern(message: Pick<OutboundMessage, 'destination'> & { readonly createdAt?: number }): boolean;
}

/** Whatever was interrupted is answered within that time, or has become stale. */
const lastsMs = 60 * 60_000;

/** An answer can cover what was asked before and after the start: the thread, and not the question, tells its age. */
export function createPast(clock: Pick<Clock, 'now'>): Past {
  const startedAt = clock.now();
  return {
    mayConcern: ({ destination, createdAt = startedAt }) => {
      if (createdAt < startedAt) return true;
      if (clock.now() - startedAt > lastsMs) return false;
      const { threadTs } = parseDestination(destination) ?? {};
      return threadTs !== undefined && toMillis(threadTs) < startedAt;
    },
  };
}
