import type { Citation } from '../agent/citations.ts';
import { detectLanguage, type Language } from '../knowledge/language.ts';
import { endHere } from '../split.ts';
import { mapProse, referenceNames } from './prose.ts';
import { toSourceLine } from './source-line.ts';

const titles: Readonly<Record<Language, string>> = {
  ...{ en: 'Sources', de: 'Quellen', fr: 'Sources', es: 'Fuentes', it: 'Fonti', pt: 'Fontes', nl: 'Bronnen' },
};

/**
 * An answer with its sources: the marks of what the model was shown (`[3]`) are numbered in the order in which they stand, the sources that they name
 * follow as a list, and marks that name nothing are taken out. What is code or a link stays as it is. An answer without marks has no list: what
 * was found and not used is no source.
 */
export function withSources(answer: string, citations: readonly Citation[]): string {
  if (citations.length === 0) return answer;
  const found = new Map(citations.map((citation) => [citation.number, citation]));
  const cited: Citation[] = [];
  const numberOf = (mark: string): string => {
    const citation = found.get(Number(mark));
    if (!citation) return '';
    if (!cited.includes(citation)) cited.push(citation);
    return `[${cited.indexOf(citation) + 1}]`;
  };
  const own = withoutOwnList(answer);
  const linked = referenceNames(own);
  let written = '';
  const text = mapProse(own, (prose) => {
    written += `${prose} `;
    return renumber(prose, { linked, numberOf, isFound: (number) => found.has(number) });
  });
  if (cited.length === 0) return text;
  const title = titles[detectLanguage(written) ?? 'en'];
  const lines = cited.map((citation, index) => `${index + 1}. ${toSourceLine(citation)}`);
  return endHere(text, `**${title}**\n${lines.join('\n')}`);
}

/** `[3]`, `[3, 4]`, `[3-5]`, `[^3]`, also escaped, and what models of OpenAI are used to: `【3†source】`. */
const marks = /([ \t]{0,9})(?:\\?\[\^?(\d{1,3}(?:[ \t]?[,;–-][ \t]?\d{1,3}){0,9})\\?\]|【(\d{1,3})(?:†[^】\n]{0,80})?】)/g;

interface Renumbering {
  /** The names of the links that the text keeps at its end: `[1]` and `[1][docs]` may be links. */
  readonly linked: ReadonlySet<string>;
  readonly numberOf: (mark: string) => string;
  readonly isFound: (number: number) => boolean;
}

function renumber(prose: string, { linked, numberOf, isFound }: Renumbering): string {
  return prose.replaceAll(marks, (...[whole, space, list, single, at]: [string, string, string?, string?, number?]) => {
    const end = (at ?? 0) + whole.length;
    const [, after = ''] = /^\[([^\]\n]{1,100})\]/.exec(prose.slice(end, end + 102)) ?? [];
    if (linked.has(list ?? '') || linked.has(after.trim().toLowerCase())) return whole;
    const parts = (list ?? single ?? '').split(/[,;]/).map((part) => toMarks(part, isFound));
    // Figures are written so as well: what is no range of what was found is none of marks.
    if (parts.includes(undefined)) return whole;
    const numbers = parts.flatMap((part) => part ?? []).map(numberOf);
    const known = [...new Set(numbers)].join('');
    return known === '' ? '' : space + known;
  });
}

/** The marks of a part: one, or all of a range. Undefined where it is a range of something else. */
function toMarks(part: string, isFound: (number: number) => boolean): readonly string[] | undefined {
  const [first = '', last, ...more] = part.split(/[–-]/).map((mark) => mark.trim());
  if (last === undefined) return [first];
  const length = Number(last) - Number(first) + 1;
  if (more.length > 0 || length < 2 || length > longestRange) return undefined;
  const numbers = Array.from({ length }, (_, index) => Number(first) + index);
  return numbers.every(isFound) ? numbers.map(String) : undefined;
}

const longestRange = 20;

const ownTitle = new RegExp(`^[#* ]*(?:${[...new Set(Object.values(titles)), 'References', 'Citations'].join('|')})[:* ]*$`, 'i');
const ownEntry = /^\s*(?:[-*+]|\d{1,3}[.)])?\s*(?:\[\^?\d{1,3}\]|【\d{1,3}[^】]*】)/;

/** Some models end with a list of their own, which would say everything twice, and perhaps otherwise. */
function withoutOwnList(answer: string): string {
  const lines = answer.trimEnd().split('\n');
  let last = lines.length - 1;
  while (last > 0 && (lines[last]?.trim() === '' || ownEntry.test(lines[last] ?? ''))) last -= 1;
  const isList = last > 0 && last < lines.length - 1 && ownTitle.test(lines[last] ?? '');
  return isList ? lines.slice(0, last).join('\n').trimEnd() : answer;
}
