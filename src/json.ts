import type { Json } from './message.ts';

/** The value as it is after a trip through JSON. Only for what JSON can hold. */
export function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json; // what JSON.parse gives is Json
}

/** What a text of JSON says, without keys that would change an object's prototype; undefined where it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text, function dropPrototype(key: string, value: Json) {
      return key === '__proto__' ? undefined : value;
    }) as Json; // what JSON.parse gives is Json
  } catch {
    return undefined;
  }
}

/** Whether the number is what was written: beyond 2^53 whole numbers are rounded, and what is larger still is infinite. */
export function isExactNumber(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

/** The same text for the same value, in whatever order its keys came. */
export function toCanonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => toCanonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value as Readonly<Record<string, Json>>).toSorted(([one], [other]) => (one < other ? -1 : 1)); // no array and not null
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${toCanonicalJson(item)}`).join(',')}}`;
}
