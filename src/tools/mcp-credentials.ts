import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';

/** OAuth 2.0 client credentials, as the authorization of MCP has it for machines. */
export interface McpOAuth {
  /** The authorization server that these credentials are for. They are shown to no other, whatever the MCP server says. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly scope?: string | undefined;
}

export interface McpCredentials {
  readonly provider: OAuthClientProvider;
  readonly fetch: typeof fetch;
}

export interface McpAccount {
  readonly url?: string | undefined;
  readonly oauth?: McpOAuth | undefined;
}

/** Makes them once: a token outlives the connection. The SDK gets another when it is refused. */
export function keepCredentials({ url, oauth }: McpAccount, fetch_: typeof fetch): () => Promise<McpCredentials | undefined> {
  let made: Promise<McpCredentials> | undefined;
  return async () => {
    if (url === undefined || !oauth) return undefined;
    made ??= createMcpCredentials(url, oauth, fetch_);
    return made;
  };
}

async function createMcpCredentials(
  url: string,
  { issuer, clientId, clientSecret = '', scope }: McpOAuth,
  fetch_: typeof fetch,
): Promise<McpCredentials> {
  const { ClientCredentialsProvider } = await import('@modelcontextprotocol/sdk/client/auth-extensions.js');
  const provider = new ClientCredentialsProvider({
    ...{ clientId, clientSecret, clientName: 'parley', expectedIssuer: issuer },
    ...(scope === undefined ? {} : { scope }),
  });
  return { provider, fetch: createPinnedFetch([url, issuer], fetch_) };
}

/**
 * The MCP server says where its metadata is: it must not choose a host in our network. The address of tokens comes from the issuer, which
 * may have it elsewhere.
 */
function createPinnedFetch(urls: readonly string[], fetch_: typeof fetch): typeof fetch {
  const origins = new Set(urls.map((url) => new URL(url).origin));
  return async (input, init) => {
    const { origin, protocol } = new URL(input instanceof Request ? input.url : input);
    const isToken = init?.method === 'POST' && protocol === 'https:';
    if (!origins.has(origin) && !isToken)
      throw new TypeError(`The server asks for something at ${origin}, which is neither its own host nor the issuer`);
    return fetch_(input, { ...init, redirect: 'error' });
  };
}
