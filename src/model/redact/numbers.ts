/** A number as people write it: digits in groups, with spaces, dots, dashes, slashes or brackets between them. */
export interface NumberRun {
  /** The digits alone. */
  readonly digits: string;
  /** Where each digit stands in the text. */
  readonly at: readonly number[];
  /** Of the digits, those that begin a group; the number of digits at the end. */
  readonly groups: readonly number[];
}

const zero = 48;
const nine = 57;
const separators = ' .-/()';
/** As in `) ` or ` (0) `. */
const longestGap = 3;

/** All numbers of at least `least` digits, in one pass. */
export function* numberRuns(text: string, least: number): Generator<NumberRun> {
  let at: number[] = [];
  let groups: number[] = [];
  for (let index = 0; index <= text.length; index += 1) {
    const isDigit = isDigitAt(text, index);
    const last = at.at(-1);
    const isOver = index === text.length || (!isDigit && (last === undefined || !separators.includes(text[index] ?? '')));
    if (isOver || (last !== undefined && index - last > longestGap + 1)) {
      if (at.length >= least) yield toRun(text, at, groups);
      if (at.length > 0) [at, groups] = [[], []];
    }
    if (!isDigit) continue;
    if (at.at(-1) !== index - 1) groups.push(at.length);
    at.push(index);
  }
}

function isDigitAt(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= zero && code <= nine;
}

function toRun(text: string, at: readonly number[], groups: readonly number[]): NumberRun {
  const digits = groups.map((start, index) => {
    const end = groups[index + 1] ?? at.length;
    return text.slice(at[start], (at[end - 1] ?? 0) + 1);
  });
  return { digits: digits.join(''), at, groups: [...groups, at.length] };
}

/** Where the number from the digit `from` up to the digit `to` stands in the text. */
export function placeOf({ at }: NumberRun, from: number, to: number): { readonly start: number; readonly end: number } {
  return { start: at[from] ?? 0, end: (at[to - 1] ?? 0) + 1 };
}

/** The check of payment cards: every second digit from the right counts twice. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - zero;
    const value = index % 2 === 0 ? digit : 2 * digit;
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

/** The remainder of a number that may be longer than numbers are. */
export function remainderOf(digits: string, by: number): number {
  let rest = 0;
  for (let index = 0; index < digits.length; index += 1) rest = (rest * 10 + digits.charCodeAt(index) - zero) % by;
  return rest;
}
