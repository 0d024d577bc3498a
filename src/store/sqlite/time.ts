import { StoreError } from '../../errors.ts';

/** A whole number of ms. SQLite would save NaN as null, and what is never due is never looked at again. */
export function toTime(at: number): number {
  if (!Number.isFinite(at)) throw new StoreError(`${at} is no point in time.`);
  return Math.ceil(at);
}
