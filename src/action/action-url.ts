import { compileText } from './render.ts';
import type { Render } from './render.ts';

export interface UrlOptions {
  /** Whether a value may hold no `..` of its own. */
  readonly isStrict?: boolean;
}

/**
 * An address with gaps in what follows its host. What is filled in is percent-encoded, and cannot become another path (`..`), another
 * parameter or another host. Both steps throw a TypeError: for a template that cannot be used, and for values that give no address.
 */
export function compileUrl(template: string, { isStrict = false }: UrlOptions = {}): Render<string> {
  const origin = originOf(template);
  const [, path = '', query = ''] = pathAndQuery.exec(template.slice(origin.length)) ?? [];
  const renderPath = compileText(path, (value) => {
    // A path without it is that of something else: of all tickets in place of one.
    if (value === '') throw new TypeError('a gap in the path of the url is empty');
    // Some servers decode a path before they look at its segments.
    if (isStrict && value.split(/[/\\]/).some((segment) => /^\.*$/.test(segment)))
      throw new TypeError('a gap would lead the url to another path');
    return encode(value);
  });
  const renderQuery = compileText(query, encode);
  return (data) => {
    const filled = renderPath(data);
    if (filled.split('/').some((segment) => /^\.\.?$/.test(segment)))
      throw new TypeError('a gap would lead the url to another path');
    return new URL(`${origin}${filled}${renderQuery(data)}`).href;
  };
}

/** Up to the first `?` or `#` that is not inside a gap. */
const pathAndQuery = /^((?:\{\{.*?\}\}|\{%.*?%\}|[^?#])*)(.*)$/s;

/** What the address begins with. Throws a TypeError where that does not stand there as it is. */
export function originOf(template: string): string {
  const [start = ''] = /^https?:\/\/[^/?#\\]+/i.exec(template) ?? [];
  const url = URL.parse(start);
  if (!url || /[{}@]/.test(start))
    throw new TypeError(
      'The url must begin with a host that stands there as it is, like https://desk.example.com/tickets/{{conversation}}',
    );
  return start;
}

function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}
