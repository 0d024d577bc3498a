import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import express from 'express';
import type { RequestHandler } from '../adapter.ts';
import type { Clock } from '../clock.ts';
import { ConfigError, describeError } from '../errors.ts';
import { createErrorId } from '../ids.ts';
import { createInFlight } from '../in-flight.ts';
import type { Log } from '../log.ts';
import { sendProblem, toProblem } from '../problem.ts';
import { logAccess } from './access-log.ts';
import type { Readiness } from './health.ts';
import { createSecurityHeaders } from './security-headers.ts';
import { loadTls, watchTls } from './tls.ts';
import type { TlsFiles } from './tls.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly log: Log;
  readonly clock: Clock;
  /** Without it HTTP is spoken. With it `createHttpServer` throws a ConfigError where a file cannot be used. */
  readonly tls?: TlsFiles | undefined;
  /** Handlers of paths, asked in order; each passes on by `next` what is not its own. Bodies are theirs to read. */
  readonly routers: readonly RequestHandler[];
  readonly readiness: () => Promise<Readiness>;
  /** Whose X-Forwarded-For is believed: nobody's, that of so many proxies in front, or that of these addresses. Default nobody's. */
  readonly trustProxy?: false | number | readonly string[] | undefined;
  /** Whether each request leaves a line in the log. Default true. */
  readonly accessLog?: boolean | undefined;
  /** How long requests that are under way may take to end when the server stops. Default 5,000. */
  readonly drainMs?: number | undefined;
}

export interface HttpServer {
  /** Resolves when requests can arrive. Rejects with a ConfigError that says what to change when the address cannot be had. */
  start(): Promise<{ readonly url: string; readonly port: number }>;
  /** Takes no more connections, lets requests that are under way end within the drain time or until `signal` aborts, then cuts them. Safe to call twice. */
  stop(signal?: AbortSignal): Promise<void>;
}

/** The one HTTP server of the process: health, the adapters' endpoints, and problem details for everything else. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { host, port, clock, drainMs = 5000 } = options;
  const answer = createListener(options);
  const running = createInFlight<ServerResponse>();
  let stopping = false;
  const { server, protocol, unwatch } = openServer(options, (request, response) => {
    const leave = running.add(response);
    response.shouldKeepAlive &&= !stopping;
    response.once('close', () => {
      leave();
      // node:http would keep the connection for a next request, that nobody will answer.
      if (stopping) setImmediate(() => server.closeIdleConnections());
    });
    answer(request, response);
  });
  // More headers are dropped silently, and a dropped signature is a refused event: above what any sender and its proxies add.
  server.maxHeadersCount = 200;
  server.on('clientError', refuseBrokenRequest);

  return {
    start: async () => {
      await listen(server, { host, port });
      const address = server.address() as AddressInfo; // A TCP server has an AddressInfo.
      return { url: `${protocol}://${toUrlHost(host)}:${address.port}`, port: address.port };
    },
    stop: async (signal) => {
      unwatch();
      if (!server.listening) return;
      stopping = true;
      const closed = once(server, 'close');
      server.close();
      for (const response of running) response.shouldKeepAlive = false;
      const cut = () => server.closeAllConnections();
      const cancel = clock.after(drainMs, cut);
      if (signal?.aborted) cut();
      signal?.addEventListener('abort', cut, { once: true });
      await closed;
      cancel();
      signal?.removeEventListener('abort', cut);
    },
  };
}

interface OpenedServer {
  readonly server: Server | SecureServer;
  readonly protocol: 'http' | 'https';
  readonly unwatch: () => void;
}

function openServer({ tls: files, clock, log }: HttpServerOptions, listener: RequestListener): OpenedServer {
  if (!files) return { server: createServer(serverLimits, listener), protocol: 'http', unwatch: () => undefined };
  const contents = loadTls(files);
  // Who shows no client certificate gets in all the same: that a source wants one is for the source to say.
  const asked = { requestCert: files.clientCa !== undefined, rejectUnauthorized: false };
  const server = createSecureServer({ ...serverLimits, ...contents, ...asked, handshakeTimeout: 10_000 }, listener);
  const unwatch = watchTls({ files, contents, clock, log, onChange: (changed) => server.setSecureContext(changed) });
  return { server, protocol: 'https', unwatch };
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

const serverLimits = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  // Longer than senders keep an idle connection: whoever closes first must not be us, or a request is lost that is just on its way.
  keepAliveTimeout: 75_000,
  // How often the two timeouts above are looked at; the default of 30 s would make them 40 s and 45 s.
  connectionsCheckingInterval: 2_000,
};

function createListener(options: HttpServerOptions): RequestListener {
  const { log, clock, routers, readiness, trustProxy = false, accessLog = true } = options;
  const headers = createSecurityHeaders();
  const nextId = createRequestIds(clock);
  const app = express();
  app.disable('x-powered-by').disable('etag').disable('query parser').set('trust proxy', trustProxy);
  app.use(createHealthHandler(readiness));
  for (const router of routers) app.use(router);
  return (request, response) => {
    const id = nextId();
    response.setHeaders(headers);
    response.setHeader('x-request-id', id);
    if (accessLog) logAccess({ request, response, id }, { log, clock });
    // Called with it, Express hands us what nobody has answered instead of writing a page of its own.
    const next = (error?: unknown) => {
      if (error === undefined || error === null) refuseUnknownPath(response);
      else refuseFailed(response, error, { log, id });
    };
    app(request as express.Request, response as express.Response, next); // Express itself makes them its own.
  };
}

function createHealthHandler(readiness: () => Promise<Readiness>): RequestHandler {
  return (request, response, next) => {
    const path = request.method === 'GET' || request.method === 'HEAD' ? request.url?.split('?', 1)[0] : undefined;
    if (path === '/healthz') sendJson(response, 200, { status: 'ok' });
    else if (path === '/readyz') readiness().then((result) => sendJson(response, result.ready ? 200 : 503, result), next);
    else next();
  };
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}

function refuseUnknownPath(response: ServerResponse): void {
  const detail = 'Nothing is served at this path. Compare it with the address in the documentation or in the start-up log.';
  sendProblem(response, toProblem({ status: 404, code: 'unknown-path', detail }));
}

/** Express and its parts mark what the client got wrong by a status below 500. Everything else is our fault, and none of the client's business. */
function refuseFailed(response: ServerResponse, error: unknown, { log, id }: { log: Log; id: string }): void {
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
  if (status >= 400 && status < 500) {
    const detail = 'The request cannot be understood. Check its path, headers and body.';
    sendProblem(response, toProblem({ status, code: 'bad-request', detail }));
    return;
  }
  const errorId = createErrorId();
  const stack = error instanceof Error ? error.stack : undefined;
  log.error('Request failed', { requestId: id, errorId, error: describeError(error), stack });
  const detail = `Something went wrong here, not in your request. Try again later; the log has the reason under the id ${errorId}.`;
  sendProblem(response, toProblem({ status: 500, code: 'internal', detail, id: errorId }));
}

/** What node:http could not read never becomes a request; without this it would be answered by a bare status line. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const status = brokenStatuses.get(error.code ?? '') ?? 400;
  const detail =
    status === 408
      ? 'The request took too long to arrive. Send it again.'
      : 'This is not a valid HTTP request, or its headers are too long.';
  const body = JSON.stringify(toProblem({ status, code: 'broken-request', detail }));
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const brokenStatuses = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

async function listen(server: Server | SecureServer, { host, port }: { host: string; port: number }): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw toAddressError(error, { host, port });
  }
}

function toAddressError(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new ConfigError([
      `PORT: ${port} is in use by another program on ${host}. Stop that program, or choose another port, for example PORT=${port + 1}`,
    ]);
  }
  if (code === 'EACCES')
    return new ConfigError([`PORT: this user may not listen on port ${port}. Choose one above 1023, for example PORT=3000`]);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new ConfigError([
      `HOST: ${host} is no address of this machine. Use one that is, for example HOST=127.0.0.1 or HOST=0.0.0.0`,
    ]);
  }
  return error;
}

function toUrlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** Ids that differ within a process by counting and between processes by chance. */
function createRequestIds(clock: Clock): () => string {
  const prefix = Math.floor(clock.random() * 36 ** 6)
    .toString(36)
    .padStart(6, '0');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
