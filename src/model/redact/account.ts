import type { Find } from './find.ts';
import { numberRuns, passesLuhn, placeOf, remainderOf, type NumberRun } from './numbers.ts';

const shortestCard = 13;
const longestCard = 19;

/** Payment cards: 13 to 19 digits that begin as cards do and pass their check, in groups or without. */
export const findCards: Find = function* findCards(text) {
  for (const run of numberRuns(text, shortestCard)) {
    let from = 0;
    for (const [group, start] of run.groups.entries()) {
      if (start < from) continue;
      const end = endOfCard(run, group);
      if (end === undefined) continue;
      from = end;
      yield placeOf(run, start, end);
    }
  }
};

function endOfCard({ digits, groups }: NumberRun, group: number): number | undefined {
  const start = groups[group] ?? 0;
  if (!/^(?:[2-6]|9792)/.test(digits.slice(start, start + 4))) return undefined;
  let found: number | undefined;
  for (let index = group + 1; index < groups.length; index += 1) {
    const end = groups[index] ?? 0;
    if (end - start > longestCard) break;
    if (end - start >= shortestCard && passesLuhn(digits.slice(start, end))) found = end;
  }
  return found;
}

/** The length of an IBAN by its country: the IBAN Registry of SWIFT. */
const lengths = new Map(
  (
    'AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28' +
    'IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24' +
    'SC31SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20'
  )
    .match(/[A-Z]{2}\d\d/g)
    ?.map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const beginning = /(?<![\p{L}\p{N}])(?:IBAN)?([A-Z]{2})[ .-]{0,2}\d[ .-]{0,2}\d/giu;

/** IBANs: a country, its length, and the check of ISO 7064 (mod 97), in groups or without. */
export const findIbans: Find = function* findIbans(text) {
  for (const match of text.matchAll(beginning)) {
    const country = match[1] ?? '';
    const start = match.index + match[0].search(new RegExp(`${country}[ .-]{0,2}\\d`));
    const length = lengths.get(country.toUpperCase());
    const read = length === undefined ? undefined : readCharacters(text, start, length);
    if (read && isChecked(read.characters)) yield { start, end: read.end };
  }
};

/** So many letters and digits, whatever stands between them. */
function readCharacters(text: string, start: number, length: number) {
  let characters = '';
  let gap = 0;
  for (let index = start; index < text.length && gap <= 2; index += 1) {
    const character = text[index] ?? '';
    if (/[A-Za-z0-9]/.test(character)) {
      characters += character;
      gap = 0;
      if (characters.length === length) return { characters, end: index + 1 };
    } else if (/[ .\-\t]/.test(character)) {
      gap += 1;
    } else {
      return undefined;
    }
  }
  return undefined;
}

function isChecked(iban: string): boolean {
  const moved = (iban.slice(4) + iban.slice(0, 4)).toUpperCase();
  return (
    remainderOf(
      moved.replaceAll(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55)),
      97,
    ) === 1
  );
}
