import { isExactNumber, parseJson } from '../json.ts';

/** What is wrong with a text of JSON that has gaps for values; undefined where nothing is. */
export function judgeJsonText(text: string): string | undefined {
  if (parseJson(text) === undefined) return 'must be JSON: put each {{gap}} inside the quotes of a text';
  const number = findInexactNumber(text);
  return number && `holds ${number}, which no number of JSON holds exactly: put it in quotes, and it is sent as a text`;
}

/** As it is written: what it is parsed to is another number. */
function findInexactNumber(text: string): string | undefined {
  let found: string | undefined;
  JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value === 'number' && !isExactNumber(value)) found ??= context?.source ?? String(value);
    return value;
  });
  return found;
}
