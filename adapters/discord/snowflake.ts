/** Discord's ids: 64-bit numbers, written in decimal, whose upper 42 bits are ms since the start of 2015. */
const epoch = 1_420_070_400_000;

export function isSnowflake(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,20}$/.test(value);
}

/** When the thing with this id was made, in ms since 1970. */
export function snowflakeTime(id: string): number {
  return Number(BigInt(id) >> 22n) + epoch;
}

/** The smallest id of this moment: what was made later has a greater one. */
export function toSnowflake(ms: number): string {
  return (BigInt(Math.max(0, Math.floor(ms) - epoch)) << 22n).toString();
}

/** Negative, 0 or positive as `a` is older, equal or newer. */
export function compareSnowflakes(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
