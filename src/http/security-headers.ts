import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

/**
 * What helmet would set on each response, computed once: the values never change, and computing them per request costs as much as Express.
 * They suit an API; a router that serves pages sets a Content-Security-Policy of its own. Strict-Transport-Security is left to whatever ends TLS.
 */
export function createSecurityHeaders(): Map<string, string> {
  const socket = new Socket();
  const request = new IncomingMessage(socket);
  const response = new ServerResponse(request);
  const none = ["'none'"];
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': none, 'base-uri': none, 'form-action': none, 'frame-ancestors': none },
    },
    strictTransportSecurity: false,
  })(request, response, () => undefined);
  const headers = new Map(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]));
  socket.destroy();
  return headers;
}
