import type { Citation } from '../agent/citations.ts';

const maxLabel = 120;
const maxAddress = 1_000;

/** One source in Markdown: its heading, as a link where people can find it, else with the name of its document. Both were written by others. */
export function toSourceLine({ source, heading, url }: Pick<Citation, 'source' | 'heading' | 'url'>): string {
  const label = toLabel(heading) || toLabel(source) || 'untitled';
  const address = toAddress(url);
  return address === undefined ? `${label} (\`${toName(source)}\`)` : `[${label}](${address})`;
}

/** A text that is nothing but a text in Markdown: no markup, no link, no call for people, no line of its own. */
function toLabel(text: string): string {
  const plain = toLine(text)
    .replaceAll(/\b[a-z][a-z0-9+.-]*:\/\//gi, '')
    .replaceAll(/[[<]/g, '(')
    .replaceAll(/[\]>]/g, ')')
    .replaceAll('`', "'")
    .replaceAll('\\', '/')
    .replaceAll(/(^|[^\p{L}\p{N}])@/gu, '$1\uff20')
    .trim();
  return shorten(plain, maxLabel).replaceAll(/[*_~|&]/g, String.raw`\$&`);
}

function toName(source: string): string {
  return shorten(toLine(source).replaceAll('`', "'").replaceAll('@', '\uff20'), maxLabel) || 'document';
}

/** Control and format characters are what makes text read other than it is. */
function toLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll(/\p{C}/gu, '')
    .trim();
}

function shorten(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text
        .slice(0, length - 1)
        .toWellFormed()
        .trimEnd()}…`;
}

/** Undefined where it leads nowhere that a reader could want: no page of the web, or one that asks for a name and password of somebody. */
function toAddress(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, username, password, href } = new URL(url);
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '') return undefined;
  // What would end the link, or begin markup.
  const safe = href.replaceAll(
    /[()<>[\]`|\\'"\s]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return safe.length > maxAddress ? undefined : safe;
}
