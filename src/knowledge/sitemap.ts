/** What a sitemap names: pages, or further sitemaps. */
export interface Sitemap {
  readonly type: 'pages' | 'index';
  readonly addresses: readonly string[];
}

/** As many as the protocol lets one sitemap have. */
const maxAddresses = 50_000;

/** As sitemaps.org describes it, or a text with one address to a line. Undefined where it is neither. */
export function parseSitemap(text: string): Sitemap | undefined {
  const isIndex = /<(?:\w{1,20}:)?sitemapindex[\s>]/i.test(text);
  if (!isIndex && !/<(?:\w{1,20}:)?urlset[\s>]/i.test(text)) return parseLines(text);
  const addresses: string[] = [];
  // Addresses of pictures and videos have prefixes of their own, as in image:loc.
  const locations = /<loc\s{0,10}>([^<]{1,3000}|\s{0,100}<!\[CDATA\[[^\]<]{1,3000}\]\]>\s{0,100})<\/loc/gi;
  for (const [, address = ''] of text.matchAll(locations)) {
    if (addresses.length >= maxAddresses) break;
    addresses.push(toAddress(address));
  }
  return { type: isIndex ? 'index' : 'pages', addresses };
}

function parseLines(text: string): Sitemap | undefined {
  const lines = text
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const areAddresses = lines.length > 0 && lines.every((line) => /^https?:\/\/\S+$/.test(line));
  return areAddresses ? { type: 'pages', addresses: lines } : undefined;
}

function toAddress(written: string): string {
  const [, plain = ''] = /^<!\[CDATA\[(.*)\]\]>$/s.exec(written.trim()) ?? [];
  if (plain !== '') return plain.trim();
  return written
    .trim()
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll(/&apos;|&#39;/g, "'")
    .replaceAll(/&amp;|&#38;/g, '&');
}
