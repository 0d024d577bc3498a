import { noUsage } from '../../src/usage.ts';
import type { Overview } from '../../src/usage.ts';

/** Of a Parley that nobody has asked anything. */
export const emptyOverview: Overview = {
  model: { name: 'test-model', newest: undefined },
  waiting: 0,
  oldestWaitingAt: undefined,
  month: noUsage,
  total: noUsage,
};
