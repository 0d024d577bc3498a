import { matchesOf, type Find } from './find.ts';
import { numberRuns, placeOf, remainderOf, type NumberRun } from './numbers.ts';

/** Numbers of persons by form: of the United States (SSN, never 000, 666 or 9xx) and of the United Kingdom (National Insurance). */
const byForm: readonly RegExp[] = [
  /(?<![\p{L}\p{N}-])(?!000|666|9)\d{3}(?:-(?!00)\d{2}-| (?!00)\d{2} )(?!0000)\d{4}(?![\p{L}\p{N}-])/gu,
  /(?<![\p{L}\p{N}])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\p{L}\p{N}])/gu,
];

/** Of Spain (DNI and NIE): the letter at the end is the check. */
const spanish = /(?<![\p{L}\p{N}])[XYZ]?\d{7,8}[ -]?[A-Z](?![\p{L}\p{N}])/gu;

/** Numbers of persons by their check digits, by how many digits they have. */
const checks: ReadonlyMap<number, readonly ((digits: string) => boolean)[]> = new Map([
  [11, [isGermanTaxId, isPesel, isCpf]],
  [13, [isAhv]],
  [15, [isNir]],
]);

const longest = 15;

export const findNationalIds: Find = function* findNationalIds(text) {
  for (const form of byForm) yield* matchesOf(form, text);
  for (const place of matchesOf(spanish, text)) if (isSpanish(text.slice(place.start, place.end))) yield place;
  for (const run of numberRuns(text, 11)) yield* checkedIn(run);
};

function* checkedIn(run: NumberRun) {
  let from = 0;
  for (const [group, start] of run.groups.entries()) {
    if (start < from) continue;
    for (let index = group + 1; index < run.groups.length; index += 1) {
      const end = run.groups[index] ?? 0;
      if (end - start > longest) break;
      if (!checks.get(end - start)?.some((isValid) => isValid(run.digits.slice(start, end)))) continue;
      from = end;
      yield placeOf(run, start, end);
      break;
    }
  }
}

/** Germany: ISO 7064 (mod 11, 10), and of the first ten digits exactly one stands there twice or thrice. */
function isGermanTaxId(digits: string): boolean {
  if (digits.startsWith('0')) return false;
  const first = digits.slice(0, 10);
  let product = 10;
  for (const digit of first) {
    const sum = (Number(digit) + product) % 10 || 10;
    product = (2 * sum) % 11;
  }
  if ((11 - product) % 10 !== Number(digits[10])) return false;
  const kinds = new Set(first).size;
  return kinds === 8 || kinds === 9;
}

/** Poland: year, month (with the century) and day of birth, and a weighted sum. */
function isPesel(digits: string): boolean {
  const [month, day] = [Number(digits.slice(2, 4)) % 20, Number(digits.slice(4, 6))];
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  return (10 - (weigh(digits.slice(0, 10), [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(digits[10]);
}

/** Brazil: two check digits, each a weighted sum modulo 11. */
function isCpf(digits: string): boolean {
  if (/^(\d)\1+$/.test(digits)) return false;
  return [9, 10].every((length) => {
    const weights = Array.from({ length }, (_, index) => length + 1 - index);
    return ((weigh(digits.slice(0, length), weights) * 10) % 11) % 10 === Number(digits[length]);
  });
}

/** Switzerland: 756, and the check digit of an EAN. */
function isAhv(digits: string): boolean {
  const weights = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? 1 : 3));
  return digits.startsWith('756') && (10 - (weigh(digits.slice(0, 12), weights) % 10)) % 10 === Number(digits[12]);
}

/** France: sex, year and month of birth, and 97 less the remainder. */
function isNir(digits: string): boolean {
  const month = Number(digits.slice(3, 5));
  const isMonth = (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
  return /^[12]/.test(digits) && isMonth && 97 - remainderOf(digits.slice(0, 13), 97) === Number(digits.slice(13));
}

function isSpanish(written: string): boolean {
  const number = written.slice(0, -1).replaceAll(/[ -]/g, '');
  const digits = number.replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)));
  return digits.length === 8 && 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(digits) % 23] === written.at(-1);
}

function weigh(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * Number(digits[index]), 0);
}
