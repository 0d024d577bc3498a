/** A fenced block, which may be open to the end. */
const fenced = String.raw`^ {0,3}(?<fence>${'`'}{3,}|~{3,})[^\n]*(?:\n(?! {0,3}\k<fence>)[^\n]*)*(?:\n {0,3}\k<fence>[^\n]*)?`;
/** One in a list or a quotation. It must be closed: it would end with what it stands in, and what follows is prose. */
const begin = String.raw`^[ \t>]{0,12}(?:(?:[-*+]|\d{1,3}[.)])[ \t]{1,4})?`;
const nested = String.raw`${begin}(?<inner>${'`'}{3,}|~{3,})[^\n]*(?:\n(?![ \t>]{0,12}\k<inner>)[^\n]*){0,200}\n[ \t>]{0,12}\k<inner>[^\n]*`;
/** Code in a line, which ends with its paragraph. */
const span = '(?<!`)(?<ticks>`+)(?!`)(?:(?!\\n[ \\t]*\\n)[\\s\\S])*?(?<!`)\\k<ticks>(?!`)';
const label = String.raw`\[(?:[^[\]\n]|\[[^[\]\n]{0,100}\]){0,300}\]`;
const link = String.raw`${label}\((?:<[^<>\n]{0,1000}>|[^()\n]{0,1000})(?:\([^()\n]{0,200}\)[^()\n]{0,1000})?\)`;
const address = String.raw`<https?:[^<>\s]{1,1000}>|https?:\/\/[^\s<>[\]]{1,500}(?:\[[^\s<>[\]]{0,60}\](?=[\w=&/%#?-])[^\s<>[\]]{0,500}){1,9}`;
const notProse = new RegExp([fenced, nested, span, link, address].join('|'), 'gm');

/** Maps what is neither code nor a link nor an address in a text of Markdown. */
export function mapProse(text: string, map: (prose: string) => string): string {
  let mapped = '';
  let from = 0;
  for (const found of text.matchAll(notProse)) {
    mapped += map(text.slice(from, found.index)) + found[0];
    from = found.index + found[0].length;
  }
  return mapped + map(text.slice(from));
}

/** The names under which a text keeps addresses (`[name]: https://...`), in lower case: `[name]` and `[text][name]` are links. */
export function referenceNames(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  mapProse(text, (prose) => {
    for (const [, name = ''] of prose.matchAll(/^ {0,3}\[([^\]\n]{1,100})\]:[ \t]{0,9}\S/gm))
      names.add(name.trim().toLowerCase());
    return prose;
  });
  return names;
}
