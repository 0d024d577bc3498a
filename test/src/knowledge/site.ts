import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createAddressGuard } from '../../../src/http/address-guard.ts';
import { createFetch } from '../../../src/http/fetch.ts';

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export type Route = Answer | ((request: IncomingMessage, response: ServerResponse) => Answer | undefined);

/** A host on this machine: pages by their paths, and who asked for what. A page with an ETag answers 304 where it is asked for. */
export async function openSite(t: TestContext, { allow = ['127.0.0.1'] }: { readonly allow?: readonly string[] } = {}) {
  const routes = new Map<string, Route>();
  const asked: { readonly path: string; readonly headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push({ path, headers: request.headers });
    const route = routes.get(path) ?? { status: 404 };
    const answer = typeof route === 'function' ? route(request, response) : route;
    if (!answer) return;
    const { status = 200, headers = {}, body = '' } = answer;
    const isKnown = headers['etag'] !== undefined && request.headers['if-none-match'] === headers['etag'];
    response.writeHead(isKnown ? 304 : status, { 'content-type': 'text/html; charset=utf-8', ...headers });
    response.end(isKnown ? undefined : body);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { fetch, close } = createFetch({ guard: createAddressGuard({ allow }), maxResponseBytes: 8 * 1024 * 1024 });
  t.after(async () => {
    await close();
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    fetch,
    set: (path: string, route: Route) => void routes.set(path, route),
    /** Paths that were asked for since the last call, in order of their names. */
    takeAsked: () =>
      asked
        .splice(0)
        .map(({ path }) => path)
        .toSorted(),
    asked,
  };
}

export function page(title: string, text: string, head = ''): string {
  return `<!doctype html><html><head><title>${title}</title>${head}</head><body><nav>Menu</nav><main><h1>${title}</h1><p>${text}</p></main></body></html>`;
}
