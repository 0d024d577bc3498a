/**
 * Lives with a seed from here on are those of people who edit and delete what has been answered, and want other answers: the histories of the
 * seeds below stay what they are.
 */
export const revisingFrom = 3_000_000_000;

/** And from here on of people who press Stop. */
export const stoppingFrom = 4_000_000_000;

export function isRevising(seed: number): boolean {
  return seed >= revisingFrom && seed < stoppingFrom;
}

export function isStopping(seed: number): boolean {
  return seed >= stoppingFrom;
}

/** Where lives of the kind that this one is of begin. */
export function kindOf(seed: number): number {
  if (isStopping(seed)) return stoppingFrom;
  return isRevising(seed) ? revisingFrom : 0;
}

export const revisionRules = { reviseWithinMs: 3_600_000, withdrawDeleted: true };

/** Without what leaves second messages beyond repair, and what ends in dead letters by the clock alone: every message can be held to account. */
export const calm = { stall: 0, poison: false, staleAfterMs: 3_600_000, deliveryExpiryMs: 1_800_000 };
