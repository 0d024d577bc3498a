import { randomBytes } from 'node:crypto';
import type { AdapterContext } from '../../src/adapter.ts';

const stateKey = 'job key';

/**
 * Makes the addresses of jobs unguessable for sources that share no secret with us. It opens nothing but answers, which stand in the same
 * ledger, and stays the same over restarts, so that addresses that were given out stay good.
 */
export async function loadJobKey({ loadState, accept }: Pick<AdapterContext, 'loadState' | 'accept'>): Promise<string> {
  const saved = await loadState(stateKey);
  if (typeof saved === 'string') return saved;
  const key = randomBytes(32).toString('base64url');
  await accept([], { key: stateKey, value: key });
  return key;
}
