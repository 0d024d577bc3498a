import type { IncomingHttpHeaders } from 'node:http';
import { createErrorId } from '../../src/ids.ts';
import type { SourceVerification } from '../../src/verification.ts';
import { credentialHeaders, isSensitive } from './credentials.ts';
import type { Reception, Verdict } from './exchange.ts';

/** Tells the delivery log, where there is one, what became of a request. */
export function noteDelivery(reception: Reception, { code, status, ...verdict }: Verdict & { readonly code: number }): void {
  const { request, response, receiver, context, origin, startedAt, body, proof } = reception;
  if (!context.recordDelivery) return;
  const { clock } = context;
  const requestId = response.getHeader('x-request-id');
  context.recordDelivery({
    id: typeof requestId === 'string' ? requestId : createErrorId(),
    source: receiver.source.name,
    at: clock.now(),
    durationMs: Math.round(clock.monotonic() - startedAt),
    status: code,
    verdict: status,
    ...verdict,
    genuine: proof !== undefined,
    key: proof?.key,
    address: origin.address,
    bytes: body?.length ?? 0,
    headers: maskHeaders(request.headers, receiver.source.verify),
    body: proof && body && body.length <= maxKeptBytes ? body.toString('utf8') : undefined,
  });
}

/** A larger body is not kept, and cannot be replayed. */
const maxKeptBytes = 64 * 1024;
const maxHeaders = 40;
const maxValueLength = 300;
const mask = '********';

function maskHeaders(headers: IncomingHttpHeaders, verification: SourceVerification): Record<string, string> {
  const secret = credentialHeaders(verification);
  const kept: Record<string, string> = {};
  let count = 0;
  for (const name in headers) {
    if (count === maxHeaders) break;
    count += 1;
    kept[name] = secret.includes(name) || isSensitive(name) ? mask : String(headers[name]).slice(0, maxValueLength);
  }
  return kept;
}
