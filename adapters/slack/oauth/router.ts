import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from '../../../src/adapter.ts';
import type { InstallFlow } from './flow.ts';
import { privateHeaders, sendPage } from './pages.ts';
import { stateLifeMs } from './state.ts';

export interface InstallRouterOptions {
  /** Undefined while the adapter is not running. */
  readonly flow: () => InstallFlow | undefined;
  readonly publicUrl: string;
}

/** Where people add the app to their workspaces. */
export function createInstallRouter({ flow, publicUrl }: InstallRouterOptions): RequestHandler {
  const cookies = createCookies(publicUrl);

  function install(running: InstallFlow, request: IncomingMessage, response: ServerResponse): void {
    const { location, cookie } = running.begin(cookies.read(request));
    response.writeHead(302, { ...privateHeaders, location, 'set-cookie': cookies.write(cookie), 'content-length': 0 }).end();
  }

  return (request, response, next) => {
    const [path, query] = splitOnce(request.url ?? '');
    if (path !== '/slack/install' && path !== '/slack/oauth_redirect') return next();
    if (request.method !== 'GET') return sendPage(response, wrongMethod, { allow: 'GET' });
    const running = flow();
    if (!running) return sendPage(response, notReady, { 'retry-after': '5' });
    if (path === '/slack/install') return install(running, request, response);
    running.end({ query: new URLSearchParams(query), cookie: cookies.read(request) }).then((page) => {
      sendPage(response, page, page.status === 200 ? { 'set-cookie': cookies.clear } : undefined);
    }, next);
  };
}

const wrongMethod = { status: 405, title: 'Open this page in a browser', text: ['It answers GET only.'] };
const notReady = { status: 503, title: 'Not ready yet', text: ['The server is starting or stopping. Try again in a moment.'] };

/** `__Host-`: no other host of the domain can set it, and none gets it. Browsers take that over https only. */
function createCookies(publicUrl: string) {
  const isSecure = publicUrl.startsWith('https:');
  const name = isSecure ? '__Host-parley-install' : 'parley-install';
  // Slack sends the browser back from another site: Strict would leave the cookie out.
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return {
    read: ({ headers }: IncomingMessage): string | undefined => {
      const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
      return pairs.find(([key]) => key === name)?.[1];
    },
    write: (value: string) => `${name}=${value}; Max-Age=${stateLifeMs / 1_000}${attributes}`,
    clear: `${name}=; Max-Age=0${attributes}`,
  };
}

function splitOnce(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}
