import type { Find, Found } from './find.ts';
import { numberRuns, placeOf, type NumberRun } from './numbers.ts';

const inLocalPart = /[\p{L}\p{N}._%+'~-]/u;
/** RFC 5321 allows 64; what is longer than any address is none. */
const longestLocalPart = 256;
const signs = /@|%40/g;
const domain = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z\d-]{2,40}|\p{L}{2,24})/iuy;

/** E-mail addresses, also where they stand percent-encoded in a link. From each `@` to both sides: a long word costs nothing. */
export const findEmails: Find = function* findEmails(text) {
  let last = 0;
  for (const { index, 0: sign } of text.matchAll(signs)) {
    domain.lastIndex = index + sign.length;
    if (!domain.test(text)) continue;
    const end = domain.lastIndex;
    let start = index;
    while (start > last && index - start < longestLocalPart && inLocalPart.test(text[start - 1] ?? '')) start -= 1;
    while (start < index && /['._~%]/.test(text[start] ?? '')) start += 1;
    if (start === index) continue;
    last = end;
    yield { start, end };
  }
};

/** Phone numbers: with a country code, in the national forms that are written with separators, and any number that is announced as one. */
export const findPhones: Find = function* findPhones(text) {
  for (const run of numberRuns(text, 7)) {
    let from = 0;
    for (const [group, start] of run.groups.entries()) {
      if (start < from || start === run.digits.length) continue;
      if (isDate(text, placeOf(run, start, start + 1).start)) {
        from = run.groups[group + 3] ?? 0;
        continue;
      }
      const end = endOfPhone(text, run, group);
      if (end === undefined) continue;
      from = end;
      yield toPlace(text, run, { start, end });
    }
  }
};

/** With the plus or the bracket that it begins with. */
function toPlace(text: string, run: NumberRun, { start, end }: Found): Found {
  const place = placeOf(run, start, end);
  const before = /\+?\(?\+?$/.exec(text.slice(Math.max(0, place.start - 3), place.start))?.[0].length ?? 0;
  return { start: place.start - before, end: place.end };
}

function endOfPhone(text: string, run: NumberRun, group: number): number | undefined {
  const { digits, groups } = run;
  const start = groups[group] ?? 0;
  const next = digits.slice(start, start + longest);
  const place = placeOf(run, start, start + 1).start;
  const before = text.slice(Math.max(0, place - 40), place);
  if (/(?:^|[^\p{L}\p{N}])\+\(?$/u.test(before)) return endOf(run, group, { least: 7, most: 15 });
  if (/[\p{L}\p{N}_]$/u.test(before)) return undefined;
  if (announced.test(before)) return endOf(run, group, { least: 5, most: 15 });
  if (/^00[1-9]/.test(next)) {
    const end = endOf(run, group, { least: 9, most: 17 });
    return end !== undefined && (end - start >= 12 || isGrouped(run, group, end)) ? end : undefined;
  }
  return endOfNorthAmerican(text, run, group) ?? endOfNational(run, group, next);
}

const longest = 20;
const announced =
  /(?:^|[^\p{L}])(?:tel(?:efone?|éfono|éphone|efon)?|phone|mobile?|mobil|handy|cell|fax|call|whatsapp|sms|rufnummer)(?:\s?(?:nr|no|number|nummer|num))?(?:\s(?:is|ist))?[^\p{L}\p{N}]{1,12}$/iu;

/** Of the groups from here on, as many as have so many digits together. */
function endOf({ groups }: NumberRun, group: number, { least, most }: { readonly least: number; readonly most: number }) {
  const start = groups[group] ?? 0;
  let found: number | undefined;
  for (let index = group + 1; index < groups.length; index += 1) {
    const end = groups[index] ?? 0;
    if (end - start > most) break;
    if (end - start >= least) found = end;
  }
  return found;
}

function isGrouped({ groups }: NumberRun, group: number, end: number): boolean {
  return groups[group + 1] !== end;
}

/** As in (212) 555-0123, 212.555.0123 and 1-212-555-0123. */
function endOfNorthAmerican(text: string, { at: places, groups, digits }: NumberRun, group: number): number | undefined {
  const [start = 0, ...rest] = groups.slice(group, group + 5);
  const hasCode = digits[start] === '1' && rest[0] === start + 1;
  const [first = 0, second = 0, third = 0] = hasCode ? rest.slice(1) : rest;
  const area = hasCode ? start + 1 : start;
  const isShaped = first - area === 3 && second - first === 3 && third - second === 4;
  if (!isShaped || !/^[2-9]\d\d[2-9]/.test(digits.slice(area, area + 4))) return undefined;
  // A decimal fraction or an amount goes on after its last digit.
  return /^,\d/.test(text.slice((places[third - 1] ?? 0) + 1)) ? undefined : third;
}

/** As in 030 1234567, 0171/1234567, 020 7946 0958 and 01 23 45 67 89; without separators only where mobile numbers look so. */
function endOfNational(run: NumberRun, group: number, next: string): number | undefined {
  if (!/^0[1-9]/.test(next)) return undefined;
  const start = run.groups[group] ?? 0;
  const first = (run.groups[group + 1] ?? 0) - start;
  const end = endOf(run, group, { least: 9, most: 13 });
  if (end === undefined || first < 2) return undefined;
  if (isGrouped(run, group, end)) return first <= 6 ? end : undefined;
  return /^(?:01[5-7]\d{8,9}|07\d{9}|0[67]\d{8})$/.test(next.slice(0, end - start)) ? end : undefined;
}

/** As in 24.12.2026, 12/24/26 and 2026-12-24: three groups that are no number of a phone. */
function isDate(text: string, place: number): boolean {
  const written = text.slice(place, place + 14);
  if (/^(?:19|20)\d\d([./-])\d{1,2}\1\d{1,2}(?!\d)/.test(written)) return true;
  const [, day = '', separator = '', month = ''] = /^(\d{1,2})([./-])(\d{1,2})\2(?:\d{4}|\d{2})(?![./-]?\d)/.exec(written) ?? [];
  return separator !== '' && Number(day) <= 31 && Number(month) <= 31 && Math.min(Number(day), Number(month)) <= 12;
}
