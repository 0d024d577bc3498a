import { toAddressRefusal } from '../outbound.ts';

export interface McpAddress {
  /** The settings of the server, as in `tools.mcp.docs`. */
  readonly key: string;
  readonly url?: string | undefined;
}

/**
 * For the SDK: it reads bodies as streams of the web, follows redirects within a host, and takes a TypeError for a page that is not there. So an
 * address that may not be reached is told by an error of another kind, which names the setting.
 */
export function toMcpFetch(fetch_: typeof fetch, { key, url }: McpAddress): typeof fetch {
  const own = url === undefined ? undefined : new URL(url).origin;
  return async (input, init) => {
    const { origin } = new URL(input instanceof Request ? input.url : input);
    try {
      return toWebResponse(await fetch_(input, { ...init, redirect: 'error' }));
    } catch (error) {
      throw toAddressRefusal(error, `${key}.${origin === own ? 'url' : 'oauth.issuer'}`) ?? error;
    }
  };
}

const withoutBody = new Set([101, 204, 205, 304]);

function toWebResponse({ status, statusText, headers, body }: Response): Response {
  const stream = body === null || withoutBody.has(status) ? null : ReadableStream.from(body as AsyncIterable<Uint8Array>); // bodies are
  return new Response(stream, { status, statusText, headers: new Headers([...headers.entries()]) });
}
