import { DeliveryError, describeError } from './errors.ts';
import { toAddressRefusal } from './outbound.ts';
import { parseRetryAfter } from './http-response.ts';

export interface FailureContext {
  /** The setting that the request comes of, as in `webhooks.desk.reply`. */
  readonly key: string;
  /** All of the address that is told: the rest may hold credentials. */
  readonly host: string;
  /** ms since 1970. */
  readonly now: number;
  /** Whether the request, had it arrived, would have had an effect. */
  readonly hasEffect: boolean;
}

const temporary = new Set([408, 425, 429]);

/**
 * What a status that was not hoped for means. 425 and 429 refuse a request before it has an effect, and so do the other 4xx; after 5xx, 408, 409
 * (another request with this id is under way) and what is no failure by itself nobody knows.
 */
export function toStatusFailure(response: Response, { key, host, now, hasEffect }: FailureContext): DeliveryError {
  const { status } = response;
  const isRefused = status >= 400 && status < 500 && status !== 408 && status !== 409;
  return new DeliveryError({
    message: `${host} answered ${status} (${key}). ${advise(status)}`,
    retryable: status >= 500 || status === 409 || temporary.has(status),
    uncertain: hasEffect && !isRefused,
    retryAfterMs: parseRetryAfter(response, now),
  });
}

function advise(status: number): string {
  if (status === 401 || status === 403) return 'It does not accept the credentials, or they lack a right.';
  if (status === 404) return 'Check the address, and whether what is answered is still there.';
  if (status === 400 || status === 415 || status === 422)
    return 'It does not take the request: compare it with what its API asks for.';
  if (status >= 300 && status < 400) return 'Redirects are not followed: set the final address.';
  if (status < 300) return 'That is not the status that was expected (expectStatus).';
  return status === 409 || status === 429 || status >= 500
    ? 'It is in trouble, or wants to be left alone for now.'
    : 'It refuses the request; its log should say why.';
}

/** No response: whether the request can have arrived follows from how far the connection came. */
export function toRequestFailure(error: unknown, { key, host, hasEffect }: FailureContext): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const refusal = toAddressRefusal(error, key);
  if (refusal) return refusal;
  const never = wasNeverSent(error);
  return new DeliveryError({
    message: `${host} ${never ? 'could not be reached' : 'did not answer'} (${key}): ${describeError(error)}`,
    retryable: true,
    uncertain: hasEffect && !never,
    cause: error,
  });
}

/** Names of what goes wrong before anything is sent: finding the host, connecting to it, agreeing with it on TLS. */
const beforeSending =
  /^(?:ENOTFOUND|EAI_\w+|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+)$/;

function wasNeverSent(error: unknown): boolean {
  // Of a host with several addresses each has failed.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(wasNeverSent);
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && beforeSending.test(error.code)) return true;
  return wasNeverSent(error.cause);
}
