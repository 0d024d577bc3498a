import { REST } from 'discord.js';
import type { ClientOptions } from 'discord.js';
import { Agent, request } from 'undici';

export interface RestCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As in `/channels/1/messages`. */
  readonly route: `/${string}`;
  readonly body?: unknown;
  readonly query?: URLSearchParams;
  readonly signal: AbortSignal;
}

export interface Rest {
  /** Makes one attempt. Resolves with the parsed answer, rejects with the SDK's error: see `toDeliveryError`. */
  call(call: RestCall): Promise<unknown>;
  /** For a Client: it asks for the gateway's address by the same means. */
  readonly options: NonNullable<ClientOptions['rest']>;
  close(): Promise<void>;
}

const timeoutMs = 15_000;

/**
 * discord.js's REST client with its own waiting and repeating switched off: the outbox alone decides about retries, and
 * what is repeated after an answer got lost stands there twice. A limit, also one that is only foreseen, becomes an error at once.
 */
export function createRest({ token, apiUrl }: { readonly token: string; readonly apiUrl?: string | undefined }): Rest {
  // The SDK uses a connection pool of the whole process, which nobody may close. This one ends with the adapter.
  const agent = new Agent({ connectTimeout: 10_000, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connections: 32 });
  const options: Rest['options'] = {
    ...(apiUrl === undefined ? {} : { api: apiUrl.replace(/\/+$/, '') }),
    version: '10',
    retries: 0,
    timeout: timeoutMs,
    rejectOnRateLimit: () => true,
    makeRequest: (url, init) => send(agent, url, init),
  };
  const rest = new REST(options);
  return {
    options,
    call: async ({ signal, method, route, body, query }) => {
      // The SDK never takes its listener off the signal that it is given, and a worker's signal lives long.
      const controller = new AbortController();
      const onAbort = (): void => controller.abort(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      // A 401 makes the SDK forget the token.
      rest.setToken(token);
      try {
        // The SDK's method names are an enum whose values are these very texts.
        const requestMethod = method as Parameters<REST['request']>[0]['method'];
        return await rest.request({
          method: requestMethod,
          fullRoute: route,
          body,
          ...(query ? { query } : {}),
          signal: controller.signal,
        });
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    close: async () => {
      rest.clearHashSweeper();
      rest.clearHandlerSweeper();
      await agent.destroy();
    },
  };
}

type MakeRequest = NonNullable<Rest['options']['makeRequest']>;

async function send(agent: Agent, url: string, init: Parameters<MakeRequest>[1]): ReturnType<MakeRequest> {
  // The SDK fills these in itself: a method's name, a plain object of headers, JSON text or nothing.
  const { method, headers, body, signal } = init as {
    method: 'GET';
    headers: Record<string, string>;
    body?: string | null;
    signal: AbortSignal;
  };
  const response = await request(url, { method, headers, body: body ?? null, signal, dispatcher: agent });
  return {
    body: response.body,
    bodyUsed: false,
    arrayBuffer: () => response.body.arrayBuffer(),
    json: () => response.body.json(),
    text: () => response.body.text(),
    headers: toHeaders(response.headers),
    status: response.statusCode,
    statusText: `HTTP ${response.statusCode}`,
    ok: response.statusCode >= 200 && response.statusCode < 300,
  };
}

function toHeaders(raw: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) for (const one of [value ?? []].flat()) headers.append(name, one);
  return headers;
}
