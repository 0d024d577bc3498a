/**
 * Slack's message text as Markdown. Slack escapes `&`, `<` and `>` and puts everything that is a link in angle brackets:
 * `<@U1>`, `<#C1|name>`, `<!here>`, `<https://example.com|label>`.
 */
export function toMarkdown(text: string, botUserId: string | undefined, nameOf: NameOf = unknown): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  if (!whole.includes('<') && !whole.includes('&')) return whole.trim();
  let mentioned = false;
  const linked = whole.replaceAll(/<([^<>|]*)(?:\|([^<>]*))?> ?/g, (link, target: string, label: string | undefined) => {
    if (target !== `@${botUserId}`) return toLink(target, label ?? '', nameOf) + (link.endsWith(' ') ? ' ' : '');
    mentioned = true;
    return '';
  });
  const addressed = mentioned ? linked.trim().replace(/^[,:]\s*/, '') : linked.trim();
  return addressed.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** The name of a user or channel, where it is known by now. */
export type NameOf = (id: string) => string | undefined;

const unknown: NameOf = () => undefined;

/** Whether the text calls the user, in whatever form Slack writes that. */
export function mentions(text: string, userId: string | undefined): boolean {
  return userId !== undefined && (text.includes(`<@${userId}>`) || text.includes(`<@${userId}|`));
}

/** The people whom a text names, by id, each with the name that stands for it in the Markdown. */
export function namedIn(text: string, nameOf: NameOf = unknown): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  if (!text.includes('<@')) return named;
  for (const [, id = '', label = ''] of text.matchAll(/<@([UW][A-Z0-9]{1,20})(?:\|([^<>]*))?>/g))
    named.set(id, nameFor(id, label, nameOf));
  return named;
}

/** A name goes into the text that a model reads: it is one line, and nothing in it is markup. */
function toPlainName(name: string): string {
  return name
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s<>[\]()`*|@#]+/gu, ' ')
    .trim()
    .slice(0, 80)
    .toWellFormed();
}

function nameFor(id: string, label: string, nameOf: NameOf): string {
  return toPlainName(label) || toPlainName(nameOf(id) ?? '') || id;
}

function toLink(target: string, label: string, nameOf: NameOf): string {
  const kind = target.charAt(0);
  if (kind === '@' || kind === '#') return kind + nameFor(target.slice(1), label, nameOf);
  if (kind === '!') return label || `@${target.slice(1).split('^', 1)[0]}`;
  if (!/^[a-z][a-z\d+.-]*:/i.test(target)) return label === '' ? `<${target}>` : `<${target}|${label}>`; // nothing of Slack's
  const plain = target.replace(/^(?:mailto|tel):/, '');
  if (label === '' || label === plain || label === target) return plain;
  return `[${label.replaceAll(/([[\]])/g, '\\$1')}](${target.replaceAll(')', '%29').replaceAll(' ', '%20')})`;
}
