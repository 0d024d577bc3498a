import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Cdn } from './cdn.ts';
import type { Fault, FaultPlan } from './faults.ts';
import { createLimits } from './limits.ts';
import type { LimitOptions } from './limits.ts';
import { rateLimited, refusal } from './reply.ts';
import type { Reply } from './reply.ts';
import type { Route } from './route.ts';
import { maxRequestBytes, parseContent } from './uploads.ts';

export interface RestOptions extends LimitOptions {
  readonly routes: readonly Route[];
  readonly faults: FaultPlan;
  readonly token: string;
  readonly cdn: Pick<Cdn, 'serve'>;
}

/** `before`: the call has arrived and nothing has happened. `after`: it is carried out and not yet answered. */
export type CallListener = (route: string, phase: 'before' | 'after') => void;

/** The REST API, version 10, at `/api/v10` (and at `/api`, which means the same). */
export function createRest(options: RestOptions): { server: Server; onCall: (listener: CallListener) => () => void } {
  const routes = options.routes.map((route) => ({
    ...route,
    name: `${route.method} ${route.pattern}`,
    path: toPattern(route.pattern),
  }));
  const listeners = new Set<CallListener>();
  const limits = createLimits(options);

  function find(method: string, path: string) {
    for (const route of routes) {
      const match = route.method === method ? route.path.exec(path) : null;
      if (match) return { route, ids: match.slice(1).map(decodeURIComponent) };
    }
    return undefined;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://emulator');
    const found = find(request.method ?? 'GET', url.pathname.replace(/^\/api(\/v10)?/, ''));
    const bytes = await readBody(request);
    if (!found) return respond(response, refusal(0));
    if (bytes === undefined) return respond(response, refusal(40005));
    if (found.route.byToken !== true && request.headers.authorization !== `Bot ${options.token}`) {
      return respond(response, { status: 401, body: { message: '401: Unauthorized', code: 0 } });
    }
    const { route, ids } = found;
    for (const listener of listeners) listener(route.name, 'before');
    const fault = options.faults.take(route.name);
    const early = fault && beforeEffect(fault);
    if (early === 'cut') return void request.socket.destroy();
    if (early === 'hang') return undefined;
    if (early) return respond(response, early);
    const limited = limits({ name: route.name, channelId: ids[0] ?? '', byToken: route.byToken === true });
    if (limited.refused) return respond(response, limited.refused);
    const content = await parseContent(request.headers['content-type'], bytes);
    const reply = content ? route.handle({ ids, query: url.searchParams, ...content }) : refusal(50109);
    for (const listener of listeners) listener(route.name, 'after');
    if (fault?.kind === 'lost_response') return void request.socket.destroy();
    if (fault?.kind === 'hang') return undefined;
    return respond(response, fault ? serverError : { ...reply, headers: { ...limited.headers, ...reply.headers } });
  }

  const server = createServer((request, response) => {
    if (!options.cdn.serve(request, response)) answer(request, response).catch(() => respond(response, serverError));
  });
  return {
    server,
    onCall: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const serverError: Reply = { status: 500, body: { message: '500: Internal Server Error', code: 0 } };

/** What a fault does to a call that has had no effect yet; undefined when it strikes only afterwards. */
function beforeEffect(fault: Fault): Reply | 'cut' | 'hang' | undefined {
  if (fault.kind === 'refuse') return 'cut';
  if (fault.kind === 'rate_limit') return rateLimited(fault.retryAfterSeconds ?? 1, { global: fault.global ?? false });
  if (fault.kind === 'platform_error') return refusal(fault.code ?? 50013);
  if (fault.kind === 'lost_response' || fault.takesEffect === true) return undefined;
  return fault.kind === 'hang' ? 'hang' : serverError;
}

function toPattern(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll(':id', '([^/]+)')}$`);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    // Without an encoding set, a request yields buffers.
    const piece = chunk as Buffer;
    bytes += piece.length;
    if (bytes <= maxRequestBytes) chunks.push(piece);
  }
  return bytes > maxRequestBytes ? undefined : Buffer.concat(chunks);
}

function respond(response: ServerResponse, { status, body, headers }: Reply): void {
  if (response.headersSent || response.destroyed) return;
  // A 204 that claimed to be JSON would make the client parse an empty body and fail.
  if (body === undefined) response.writeHead(status, headers).end();
  else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
