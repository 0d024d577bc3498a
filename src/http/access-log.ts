import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';

/** One line for a request, once it is over: what was asked, how it ended, how long it took. */
export function logAccess(
  exchange: { request: IncomingMessage; response: ServerResponse; id: string },
  to: { log: Log; clock: Clock },
): void {
  const { request, response, id } = exchange;
  const { method, socket } = request;
  const path = toLoggedPath(request.url ?? '');
  const startedAt = to.clock.monotonic();
  const writtenBefore = socket.bytesWritten;
  const { remoteAddress } = socket; // Gone by the time that a connection is cut.
  response.once('close', () => {
    to.log.info('Request', {
      requestId: id,
      method,
      path,
      status: response.statusCode,
      from: addressOf(request) ?? remoteAddress,
      ms: Math.round((to.clock.monotonic() - startedAt) * 10) / 10,
      bytes: socket.bytesWritten - writtenBefore,
      ...(response.writableFinished ? {} : { cut: true }),
    });
  });
}

/** Behind a proxy that is trusted Express knows the client's address; it has made the request its own by the time it is over. */
function addressOf(request: IncomingMessage): string | undefined {
  return 'ip' in request && typeof request.ip === 'string' ? request.ip : undefined;
}

/**
 * The path as the log may have it: without the query, where credentials travel, with long segments shortened, because they are capabilities
 * (a job's address answers whoever knows it), and with everything but plain characters escaped.
 */
export function toLoggedPath(url: string): string {
  const path = url.slice(0, 1000).split(/[?#]/, 1)[0] ?? '';
  const shortened = path.replaceAll(/[^/]{41,}/g, (segment) => `${segment.slice(0, 8)}...`);
  return shortened.replaceAll(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character.toWellFormed())).slice(0, 200);
}
