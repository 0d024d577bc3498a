/**
 * Slack's message text as Markdown. Slack escapes `&`, `<` and `>` and puts everything that is a link in angle brackets:
 * `<@U1>`, `<#C1|name>`, `<!here>`, `<https://example.com|label>`.
 */
export function toMarkdown(text: string, botUserId: string | undefined): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  if (!whole.includes('<') && !whole.includes('&')) return whole.trim();
  let mentioned = false;
  const linked = whole.replaceAll(/<([^<>|]*)(?:\|([^<>]*))?> ?/g, (link, target: string, label: string | undefined) => {
    if (target !== `@${botUserId}`) return toLink(target, label ?? '') + (link.endsWith(' ') ? ' ' : '');
    mentioned = true;
    return '';
  });
  const addressed = mentioned ? linked.trim().replace(/^[,:]\s*/, '') : linked.trim();
  return addressed.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Whether the text calls the user, in whatever form Slack writes that. */
export function mentions(text: string, userId: string | undefined): boolean {
  return userId !== undefined && (text.includes(`<@${userId}>`) || text.includes(`<@${userId}|`));
}

function toLink(target: string, label: string): string {
  const kind = target.charAt(0);
  if (kind === '@') return `@${label.replace(/^@/, '') || target.slice(1)}`;
  if (kind === '#') return `#${label.replace(/^#/, '') || target.slice(1)}`;
  if (kind === '!') return label || `@${target.slice(1).split('^', 1)[0]}`;
  if (!/^[a-z][a-z\d+.-]*:/i.test(target)) return label === '' ? `<${target}>` : `<${target}|${label}>`; // nothing of Slack's
  const plain = target.replace(/^(?:mailto|tel):/, '');
  if (label === '' || label === plain || label === target) return plain;
  return `[${label.replaceAll(/([[\]])/g, '\\$1')}](${target.replaceAll(')', '%29').replaceAll(' ', '%20')})`;
}
