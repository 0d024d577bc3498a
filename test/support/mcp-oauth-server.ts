import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

export interface OAuthMcpServer {
  readonly url: string;
  /** `METHOD path` of each request. */
  readonly seen: readonly string[];
  readonly tokens: () => number;
  /** What was shown for a token, decoded. */
  readonly shown: readonly string[];
  /** Ends every token that was given out so far. */
  expire(): void;
  /** Answers the next call by breaking the connection. */
  breakNext(): void;
  stop(): Promise<void>;
}

/** An MCP server and the authorization server that it trusts, or says that it trusts, on one port (RFC 9728, RFC 8414, RFC 6749 section 4.4). */
export async function openOAuthMcpServer({ trusts }: { readonly trusts?: string } = {}): Promise<OAuthMcpServer> {
  const seen: string[] = [];
  const shown: string[] = [];
  let tokens = 0;
  let expired = 0;
  let breaks = false;
  let url = '';

  async function giveToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = new URLSearchParams(await text(request));
    shown.push(Buffer.from((request.headers.authorization ?? '').slice('Basic '.length), 'base64').toString());
    if (shown.at(-1) !== 'parley:the-secret' || body.get('grant_type') !== 'client_credentials')
      return say(response, 401, { error: 'invalid_client' });
    tokens += 1;
    return say(response, 200, { access_token: `token-${tokens}`, token_type: 'Bearer', expires_in: 3600 });
  }

  async function speak(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const number = Number(/^Bearer token-(\d+)$/.exec(request.headers.authorization ?? '')?.[1] ?? 0);
    if (number <= expired) {
      const metadata = `${url}/.well-known/oauth-protected-resource/mcp`;
      response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }).end();
      return;
    }
    const server = new McpServer({ name: 'test', version: '1' });
    server.registerTool('hello', {}, () => ({ content: [{ type: 'text' as const, text: `hello by token ${number}` }] }));
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    response.on('close', () => void transport.close());
    await server.connect(transport);
    await transport.handleRequest(request, response);
  }

  const http = createServer((request, response) => {
    if (breaks && request.url === '/mcp') {
      breaks = false;
      response.destroy();
      return;
    }
    seen.push(`${request.method} ${request.url}`);
    const metadata = {
      ...{ issuer: url, token_endpoint: `${url}/token` },
      ...{ authorization_endpoint: `${url}/authorize`, response_types_supported: ['code'] },
    };
    if (request.url === '/.well-known/oauth-protected-resource/mcp')
      say(response, 200, { resource: `${url}/mcp`, authorization_servers: [trusts ?? url] });
    else if (request.url === '/.well-known/oauth-authorization-server') say(response, 200, metadata);
    else if (request.url === '/token') void giveToken(request, response);
    else if (request.url === '/mcp') void speak(request, response);
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`; // A TCP server has an AddressInfo.
  return {
    ...{ url, seen, shown },
    tokens: () => tokens,
    expire: () => void (expired = tokens),
    breakNext: () => void (breaks = true),
    stop: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}

function say(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
