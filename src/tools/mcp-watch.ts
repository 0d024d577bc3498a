import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describeError } from '../errors.ts';
import { isLoss } from './mcp-failure.ts';

const pingTimeoutMs = 5_000;

/**
 * Tells when the server is gone. Over HTTP one that dies closes nothing that the SDK would tell of: the stream of a call breaks off, and the call
 * would wait for its timeout. So after each error the server is asked whether it is still there.
 */
export function watchServer(client: Client, onLost: (why: string) => void): void {
  let isAsking = false;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way to be told
  client.onclose = () => onLost('it closed the connection');
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- as above
  client.onerror = () => {
    // What fails while it is asked comes here, too.
    if (isAsking) return;
    isAsking = true;
    client
      .ping({ timeout: pingTimeoutMs })
      .catch((error: unknown) => {
        if (isLoss(error)) onLost(describeError(error));
      })
      .finally(() => {
        isAsking = false;
      });
  };
}
