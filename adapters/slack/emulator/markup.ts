/**
 * What of a message takes effect beyond being read, by Slack's reference on formatting: text in angle brackets that begins with `!`, `@` or `#`
 * is a special mention, a user or a channel wherever it stands; `@here` and its like call everybody in clients; links lead to their target.
 * `&lt;`, `&gt;` and `&amp;` are the only entities.
 */
export interface Effects {
  /** As in `!channel`, `@U012AB3CD`, `#C012AB3CD`, `!subteam^S012`, `@here`. */
  readonly mentions: readonly string[];
  readonly links: readonly { readonly label: string; readonly target: string }[];
}

const invisible = /(?!\u200b)\p{Default_Ignorable_Code_Point}/gu;

export function effectsOf(markdown: string): Effects {
  // A zero-width space keeps a mention apart; that of other invisible characters nobody promises.
  const text = markdown.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll(invisible, '');
  const special = [...text.matchAll(/<(![a-z]+(?:\^[^<>|\s]*)?|@[A-Z0-9]+|#[A-Z0-9]+)(?:\|[^<>]*)?>/gi)].map(
    ([, inner = '']) => inner,
  );
  const typed = [...text.matchAll(/(?<![A-Za-z0-9<])@(?:channel|here|everyone)(?![A-Za-z0-9])/gi)].map(([call]) => call);
  const own = [...text.matchAll(/<([a-z][a-z0-9+.-]*:[^<>|\s]+)\|([^<>]+)>/gi)].map(([, target = '', label = '']) => ({
    label,
    target,
  }));
  return { mentions: [...special, ...typed], links: [...own, ...linksIn(text), ...referencesIn(text)] };
}

/** `[label](target "title")`; of a nested label the outermost brackets. */
function linksIn(text: string): { label: string; target: string }[] {
  const links: { label: string; target: string }[] = [];
  for (const { index } of text.matchAll(/\]\(/g)) {
    const [, inAngles, bare = ''] =
      /^\(\s*(?:<([^<>\n]*)>|((?:[^\s()]|\([^\s()]*\))*))(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/.exec(text.slice(index + 1)) ?? [];
    const label = labelEndingAt(text, index);
    const target = inAngles ?? bare;
    if (label !== undefined && target !== '') links.push({ label, target });
  }
  return links;
}

function labelEndingAt(text: string, end: number): string | undefined {
  let depth = 0;
  for (let index = end - 1; index >= 0; index -= 1) {
    if (text.charAt(index) === ']') depth += 1;
    if (text.charAt(index) === '[' && depth === 0) return text.slice(index + 1, end);
    if (text.charAt(index) === '[') depth -= 1;
  }
  return undefined;
}

/** `[label][name]`, with `[name]: target` on a line of its own. */
function referencesIn(text: string): { label: string; target: string }[] {
  const definitions = [...text.matchAll(/^[\s>]*\[([^\]]+)\]:\s*<?([^\s<>]+)>?/gm)];
  return definitions.flatMap(([, name = '', target = '']) => {
    const uses = [...text.matchAll(/\[([^[\]]+)\](?:\[([^[\]]*)\])?(?![(:])/g)];
    return uses.filter(([, label, used]) => (used || label) === name).map(([, label = '']) => ({ label, target }));
  });
}
