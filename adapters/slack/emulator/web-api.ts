import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Fault, FaultPlan } from './faults.ts';
import { isRecord, Refusal } from './arguments.ts';
import { responsePath } from './desk.ts';
import type { ResponseAnswer } from './responses.ts';
import type { RateTiers } from './tiers.ts';
import { lackedScopes } from './scopes.ts';
import type { Args, Method } from './arguments.ts';

export type CallListener = (method: string, args: Args, phase: 'before' | 'after') => void;

export interface Grants {
  /** Methods that need no token. */
  readonly openMethods: Readonly<Record<string, Method>>;
  /** What the token may do there, or why it is refused. */
  methodsFor(token: string, args: Args): Readonly<Record<string, Method>> | string;
}

export interface WebApiOptions {
  readonly methods: Readonly<Record<string, Method>>;
  readonly botToken: string;
  readonly appToken: string;
  /** What the bot token has been granted; everything where it is left out. */
  readonly scopes?: readonly string[] | undefined;
  /** The tokens that people have granted by OAuth. */
  readonly grants: Grants;
  readonly faults: FaultPlan;
  readonly onCall: CallListener;
  /** Takes what is sent to a response address. */
  readonly respond: (path: string, args: Args) => ResponseAnswer;
  /** No limits where it is left out. */
  readonly tiers?: RateTiers | undefined;
}

/** Methods that take the app-level token and no other. */
const appMethods = new Set(['apps.connections.open']);

/** `POST /api/METHOD`, arguments by form or JSON, answers in JSON with status 200 even when refused. */
export function createWebApi(options: WebApiOptions): Server {
  return createServer((request, response) => {
    void serve(options, request, response).catch(() => response.destroy());
  });
}

async function serve(options: WebApiOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.startsWith(responsePath)) return answerResponse(options, request, response);
  const [, method] = /^\/api\/([\w.]+)/.exec(request.url ?? '') ?? [];
  if (method === undefined) {
    response.writeHead(404).end();
    return;
  }
  const args = await readArgs(request);
  if (request.destroyed && !request.complete) return;
  options.onCall(method, args, 'before');
  const waitSeconds = options.tiers?.(method, typeof args['channel'] === 'string' ? args['channel'] : '');
  if (waitSeconds !== undefined)
    return void strikesBefore({ method, kind: 'rate_limit', retryAfterSeconds: waitSeconds }, response);
  const fault = options.faults.take(method);
  if (fault && strikesBefore(fault, response)) return;
  const answer = carryOut(options, { method, args, token: tokenOf(request, args) });
  options.onCall(method, args, 'after');
  if (fault) strikeAfter(fault, response);
  else reply(response, answer, options.scopes);
}

/** Faults have the name `response_url`. */
async function answerResponse(options: WebApiOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const args = await readArgs(request);
  const fault = options.faults.take('response_url');
  if (fault && strikesBefore(fault, response)) return;
  const { status, body } = options.respond(request.url ?? '', args);
  if (fault) strikeAfter(fault, response);
  else response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
}

/** Whether that was all. */
function strikesBefore(
  { kind, retryAfterSeconds = 1, takesEffect = false, error = 'internal_error' }: Fault,
  response: ServerResponse,
): boolean {
  if (kind === 'rate_limit') {
    response.writeHead(429, { 'retry-after': String(retryAfterSeconds), 'content-type': 'application/json' });
    response.end(JSON.stringify({ ok: false, error: 'ratelimited' }));
    return true;
  }
  if (kind === 'lost_response' || takesEffect) return false;
  if (kind === 'refuse') response.destroy();
  if (kind === 'server_error') response.writeHead(503).end('upstream trouble');
  if (kind === 'platform_error') reply(response, { ok: false, error });
  return true; // `hang` leaves it at that
}

function strikeAfter({ kind, error = 'internal_error' }: Fault, response: ServerResponse): void {
  if (kind === 'lost_response') response.destroy();
  if (kind === 'server_error') response.writeHead(503).end('upstream trouble');
  if (kind === 'platform_error') reply(response, { ok: false, error });
}

interface Call {
  readonly method: string;
  readonly args: Args;
  readonly token: string;
}

function carryOut(
  { methods, botToken, appToken, scopes, grants }: WebApiOptions,
  { method, args, token }: Call,
): Readonly<Record<string, unknown>> {
  const open = grants.openMethods[method];
  if (token === '' && !open) return { ok: false, error: 'not_authed' };
  const granted = open || token === botToken || token === appToken ? methods : grants.methodsFor(token, args);
  if (typeof granted === 'string') return { ok: false, error: granted };
  if (!open && (token === appToken) !== appMethods.has(method)) return { ok: false, error: 'not_allowed_token_type' };
  const lacked = scopes && token === botToken ? lackedScopes(method, scopes) : undefined;
  if (lacked) return { ok: false, error: 'missing_scope', needed: lacked.join(','), provided: scopes?.join(',') };
  const run = open ?? granted[method];
  if (!run) return { ok: false, error: 'unknown_method', req_method: method };
  try {
    return { ok: true, ...run(args) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: error.code };
    throw error;
  }
}

function reply(response: ServerResponse, answer: Readonly<Record<string, unknown>>, scopes?: readonly string[]): void {
  const body = JSON.stringify(answer);
  response
    .writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      ...(scopes ? { 'x-oauth-scopes': scopes.join(',') } : {}),
    })
    .end(body);
}

async function readArgs(request: IncomingMessage): Promise<Args> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set, so chunks are buffers
  const body = Buffer.concat(chunks).toString('utf8');
  if (!request.headers['content-type']?.startsWith('application/json')) return Object.fromEntries(new URLSearchParams(body));
  const value: unknown = JSON.parse(body);
  return isRecord(value) ? value : {};
}

function tokenOf(request: IncomingMessage, args: Args): string {
  const header = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  return header ?? (typeof args['token'] === 'string' ? args['token'] : '');
}
