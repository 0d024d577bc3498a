import { REST } from 'discord.js';
import type { ClientOptions } from 'discord.js';
import { Agent, request } from 'undici';
import type { Clock } from '../../src/clock.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { RawFile } from './answer-file.ts';
import { RateLimits } from './rate-limits.ts';
import { createWindow } from './window.ts';

export interface RestCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As in `/channels/1/messages`. */
  readonly route: `/${string}`;
  readonly body?: unknown;
  readonly query?: URLSearchParams;
  /** The request becomes a multipart one then. */
  readonly files?: readonly RawFile[] | undefined;
  readonly signal: AbortSignal;
  /** False where a token stands in the route. */
  readonly auth?: false;
}

export interface Rest {
  /** Makes one attempt. Resolves with the parsed answer, rejects with a DeliveryError or the SDK's error: see `toDeliveryError`. */
  call(call: RestCall): Promise<unknown>;
  /** For a Client: it asks for the gateway's address by the same means. */
  readonly options: NonNullable<ClientOptions['rest']>;
  close(): Promise<void>;
}

export interface RestOptions {
  readonly token: string;
  readonly apiUrl?: string | undefined;
  readonly clock: () => Clock;
}

const timeoutMs = 15_000;
/** Discord lets 50 requests a second through, over all routes; it counts them as they arrive, which is not evenly. */
const globalLimit = { count: 40, perMs: 1_000 };

/**
 * discord.js's REST client with its own waiting and repeating switched off: the outbox alone decides about retries, and
 * what is repeated after an answer got lost stands there twice.
 */
export function createRest({ token, apiUrl, clock }: RestOptions): Rest {
  // The SDK uses a connection pool of the whole process, which nobody may close. This one ends with the adapter.
  const agents = { usual: createAgent(32), urgent: createAgent(64) };
  const limits = new RateLimits(() => clock().monotonic());
  const nextPlace = createWindow(globalLimit, () => clock().monotonic());
  const options: Rest['options'] = {
    ...(apiUrl === undefined ? {} : { api: apiUrl.replace(/\/+$/, '') }),
    version: '10',
    retries: 0,
    timeout: timeoutMs,
    // That limit is kept below, where waiting can be ended; a 429 tells where it was reached all the same.
    globalRequestsPerSecond: Number.POSITIVE_INFINITY,
    rejectOnRateLimit: () => true,
    makeRequest: (url, init) => send(url, init, { agent: isUrgent(url) ? agents.urgent : agents.usual, limits }),
  };
  const rest = new REST(options);
  return {
    options,
    call: async ({ signal, method, route, body, query, files, auth = true }) => {
      // The SDK never takes its listener off the signal that it is given, and a worker's signal lives long.
      const controller = new AbortController();
      const onAbort = (): void => controller.abort(signal.reason);
      // What goes by the token of an interaction does not count.
      const waitMs = auth ? nextPlace() : 0;
      if (waitMs > 0)
        await clock()
          .sleep(waitMs, signal)
          .catch(() => undefined);
      if (signal.aborted) throw new DeliveryError({ message: 'Stopped before the request.', retryable: true, uncertain: false });
      signal.addEventListener('abort', onAbort, { once: true });
      // A 401 makes the SDK forget the token.
      rest.setToken(token);
      try {
        // The SDK's method names are an enum whose values are these very texts.
        const verb = method as Parameters<REST['request']>[0]['method'];
        return await rest.request({
          method: verb,
          fullRoute: route,
          auth,
          body,
          ...(query ? { query } : {}),
          ...(files ? { files: [...files] } : {}),
          signal: controller.signal,
        });
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    close: async () => {
      rest.clearHashSweeper();
      rest.clearHandlerSweeper();
      await Promise.all([agents.usual.destroy(), agents.urgent.destroy()]);
    },
  };
}

function createAgent(connections: number): Agent {
  return new Agent({ connectTimeout: 10_000, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connections });
}

/** Acknowledgements, which Discord waits three seconds for: they stand in no queue behind answers that are slow to be taken. */
function isUrgent(url: string): boolean {
  return new URL(url).pathname.includes('/interactions/');
}

type MakeRequest = NonNullable<Rest['options']['makeRequest']>;

interface Means {
  readonly agent: Agent;
  readonly limits: RateLimits;
}

async function send(url: string, init: Parameters<MakeRequest>[1], { agent, limits }: Means): ReturnType<MakeRequest> {
  // The SDK fills these in itself: a method's name, a plain object of headers, JSON text or a form or nothing.
  const { method, headers, body, signal } = init as {
    method: 'GET';
    headers: Record<string, string>;
    body?: string | FormData | null;
    signal: AbortSignal;
  };
  const route = `${method} ${toBucketRoute(url)}`;
  limits.check(route);
  const wire = body instanceof FormData ? await encode(body, headers) : { headers, body: body ?? null };
  const response = await request(url, { method, ...wire, signal, dispatcher: agent });
  try {
    limits.learn(route, response.statusCode, (name) => firstOf(response.headers[name]));
  } catch (error) {
    await response.body.dump();
    throw error;
  }
  // The SDK throws without reading this body, and would keep the connection busy with it.
  if (response.statusCode >= 500) await response.body.dump();
  return {
    body: response.body,
    bodyUsed: false,
    arrayBuffer: () => response.body.arrayBuffer(),
    json: () => response.body.json(),
    text: () => response.body.text(),
    // All that the SDK needs to know: the limits are kept here.
    headers: new Headers({ 'content-type': firstOf(response.headers['content-type']) ?? '' }),
    status: response.statusCode,
    statusText: `HTTP ${response.statusCode}`,
    ok: response.statusCode >= 200 && response.statusCode < 300,
  };
}

/** A form as the bytes that it is sent as: the request below takes forms of its own making only, and the SDK makes those of the runtime. */
async function encode(form: FormData, headers: Record<string, string>) {
  const encoded = new Response(form);
  const type = encoded.headers.get('content-type') ?? '';
  return { headers: { ...headers, 'content-type': type }, body: Buffer.from(await encoded.arrayBuffer()) };
}

/** Limits count per method and channel, whichever of its messages a call is about. */
function toBucketRoute(url: string): string {
  return url.replace(/\?.*$/, '').replace(/\/messages\/\d+/, '/messages/:id');
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
