import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { nextDelay } from '../retry.ts';
import { keepCredentials, type McpCredentials, type McpOAuth } from './mcp-credentials.ts';
import { toMcpFetch } from './mcp-fetch.ts';
import { toMcpTool } from './mcp-tool.ts';
import { watchServer } from './mcp-watch.ts';
import type { Tool } from './tool.ts';

/** One server, as it is configured: a program or an address. */
export interface McpSettings {
  /** A program and its arguments; no shell reads it. */
  readonly command?: readonly string[] | undefined;
  /** All that the program gets of the environment beside HOME, PATH and the like. */
  readonly env: Readonly<Record<string, string>>;
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  /** In place of a token. */
  readonly oauth?: McpOAuth | undefined;
  /** Its tools that may be used: those that only look. A * at the end stands for the rest of a name. */
  readonly readOnly: readonly string[];
  /** And those that act: a person approves of each call. */
  readonly acting: readonly string[];
}

export interface McpOptions {
  readonly name: string;
  readonly settings: McpSettings;
  readonly callTimeoutMs: number;
  /** The way to addresses: it judges them before it connects, and follows no redirect. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
}

/** A server of tools. While it cannot be reached it has none. */
export interface McpServer {
  readonly name: string;
  readonly isUp: boolean;
  /** Why it cannot be reached just now. */
  problem(): string | undefined;
  tools(): readonly Tool[];
  /** Resolves when the attempt to connect that is under way has ended, either way. */
  settled(): Promise<void>;
  /** Resolves when it can be reached, or has been stopped. One that waits before it tries again tries at once. */
  whenUp(): Promise<void>;
  stop(): Promise<void>;
}

const connectTimeoutMs = 15_000;
const backoff = { baseMs: 1_000, maxMs: 60_000, expiryMs: Number.POSITIVE_INFINITY, maxAttempts: Number.POSITIVE_INFINITY };

/**
 * Connects to a server and keeps that up:
 *
 *     connecting ──tools are listed──> up ──closed, or a call does not get through──> down ──backoff──> connecting
 */
export function openMcpServer(options: McpOptions): McpServer {
  const { name, log } = options;
  let client: Client | undefined;
  let tools: readonly Tool[] = [];
  let stopped = false;
  let up = Promise.withResolvers<void>();
  const findWay = createWay(options);
  const retries = createRetries(options, () => {
    attempt = connect();
  });
  let attempt = connect();

  async function connect(): Promise<void> {
    try {
      const opened = await openListed({ ...options, ...(await findWay()) }, lose);
      if (stopped) return await opened.client.close();
      ({ client, tools } = opened);
      retries.reset();
      up.resolve();
      watchServer(opened.client, (why) => lose(opened.client, why));
      log.info('MCP server is connected', { server: name, tools: tools.map((tool) => tool.name) });
    } catch (error) {
      if (!stopped) retries.plan(describeError(error));
    }
  }

  function lose(from: Client, why: string): void {
    if (client !== from || stopped) return;
    client = undefined;
    tools = [];
    up = Promise.withResolvers();
    from.close().catch(() => undefined); // it is gone already
    retries.plan(why);
  }

  async function stop(): Promise<void> {
    stopped = true;
    retries.stop();
    tools = [];
    up.resolve();
    await client?.close();
    await attempt;
  }

  return {
    name,
    get isUp() {
      return client !== undefined;
    },
    problem: retries.problem,
    tools: () => tools,
    settled: () => attempt,
    whenUp: () => {
      retries.hurry();
      return up.promise;
    },
    stop,
  };
}

function createRetries({ name, clock, log }: McpOptions, connect: () => void) {
  let failures = 0;
  let problem: string | undefined;
  let cancel: (() => void) | undefined;

  function tryAgain(): void {
    cancel?.();
    cancel = undefined;
    connect();
  }

  return {
    plan: (error: string): void => {
      failures += 1;
      problem = error;
      const delayMs =
        nextDelay(backoff, { attempt: failures, firstDueAt: clock.now(), retryAfterMs: undefined }, clock) ?? backoff.maxMs;
      log.warn('MCP server cannot be reached; its tools are not offered', {
        server: name,
        error,
        retryInMs: Math.round(delayMs),
      });
      cancel = clock.after(delayMs, tryAgain);
    },
    /** Does at once what is planned for later. */
    hurry: () => {
      if (cancel) tryAgain();
    },
    problem: () => problem,
    reset: () => {
      failures = 0;
      problem = undefined;
    },
    stop: () => {
      cancel?.();
      cancel = undefined;
    },
  };
}

interface Way extends Pick<McpOptions, 'fetch'> {
  readonly credentials: McpCredentials | undefined;
}

/** Of a server with an address: what it is asked by, and what it is shown. */
function createWay({ name, settings, fetch: given }: McpOptions): () => Promise<Way> {
  const fetch = toMcpFetch(given, { key: `tools.mcp.${name}`, url: settings.url });
  const credentials = keepCredentials(settings, fetch);
  return async () => ({ fetch, credentials: await credentials() });
}

type OnLost = (client: Client, why: string) => void;

interface Listing extends McpOptions {
  readonly credentials: McpCredentials | undefined;
}

async function openListed({ name: server, settings, callTimeoutMs, log, credentials, fetch }: Listing, onLost: OnLost) {
  const client = await openClient(settings, { credentials, fetch });
  try {
    const { tools: offered } = await client.listTools(undefined, { timeout: connectTimeoutMs });
    const how = { server, readOnly: settings.readOnly, acting: settings.acting, client, callTimeoutMs, log };
    const lose = (error: unknown): void => onLost(client, describeError(error));
    return { client, tools: offered.flatMap((tool) => toMcpTool(tool, { ...how, onLost: lose }) ?? []) };
  } catch (error) {
    await client.close().catch(() => undefined); // the error before is the one that matters
    throw error;
  }
}

/** The SDK is loaded when the first server is. */
async function openClient(settings: McpSettings, way: Way): Promise<Client> {
  const [{ Client: McpClient }, transport] = await Promise.all([
    import('@modelcontextprotocol/sdk/client/index.js'),
    openTransport(settings, way),
  ]);
  const client = new McpClient({ name: 'parley', version: '1' });
  try {
    await client.connect(transport, { timeout: connectTimeoutMs });
  } catch (error) {
    await client.close().catch(() => undefined); // the error before is the one that matters
    throw error;
  }
  return client;
}

async function openTransport({ command, env, url, token }: McpSettings, { credentials, fetch }: Way): Promise<Transport> {
  const [program, ...args] = command ?? [];
  if (program !== undefined) {
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    // What it prints on standard error may hold secrets of its own.
    return new StdioClientTransport({ command: program, args, env: { ...env }, stderr: 'ignore' });
  }
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new StreamableHTTPClientTransport(new URL(url ?? ''), {
    requestInit: { headers, redirect: 'error' }, // A redirect would take the token and the arguments elsewhere.
    fetch: credentials?.fetch ?? fetch,
    ...(credentials ? { authProvider: credentials.provider } : {}),
  });
}
