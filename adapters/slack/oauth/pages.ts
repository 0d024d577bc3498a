import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** A page for the person who installs. Its texts may hold what strangers have chosen: they are escaped. */
export interface Page {
  readonly status: number;
  readonly title: string;
  /** A paragraph each. */
  readonly text: readonly string[];
  readonly link?: { readonly label: string; readonly url: string };
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem;color:#1d1c1d;background:#fff}' +
  'h1{font-size:1.5rem}a{display:inline-block;padding:.6rem 1.1rem;border-radius:.4rem;background:#4a154b;color:#fff;text-decoration:none}' +
  '@media(prefers-color-scheme:dark){body{color:#f4f4f4;background:#1a1d21}a{background:#8d3c8e}}';

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

/** Nothing of an installation is for caches, other sites or search engines. */
export const privateHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
};

export function sendPage(response: ServerResponse, page: Page, headers: Readonly<Record<string, string>> = {}): void {
  const body = render(page);
  response.writeHead(page.status, {
    ...privateHeaders,
    ...headers,
    'content-security-policy': policy,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function render({ title, text, link }: Page): string {
  const paragraphs = text.map((each) => `<p>${escape(each)}</p>`).join('\n');
  const button = link ? `\n<p><a href="${escape(link.url)}">${escape(link.label)}</a></p>` : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escape(title)}</h1>
${paragraphs}${button}
</body>
</html>
`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
