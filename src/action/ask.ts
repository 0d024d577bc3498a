import { withTimeout } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { toRequestFailure, toStatusFailure } from '../http-failure.ts';
import { readTextAtMost } from '../http-response.ts';
import type { ActionRequest } from './action-request.ts';
import type { Authorizer, Proof } from './authorize.ts';

export interface Asking {
  readonly request: ActionRequest;
  /** The setting that the request comes of. */
  readonly key: string;
  readonly signal: AbortSignal;
}

export interface AskParts {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly authorizer: Authorizer;
  readonly timeoutMs: number;
}

/** What `judge` makes of the response; where that is nothing the status is the failure. Rejects with a DeliveryError. */
export type Ask = <Result>(
  asking: Asking,
  judge: (response: Response, proof: Proof) => Promise<Result | undefined>,
) => Promise<Result>;

const maxRefusalBytes = 1024 * 1024;

/** One request with its credentials, and with new ones once more where they were refused: that request has had no effect. */
export function createAsk({ fetch: fetch_, clock, authorizer, timeoutMs }: AskParts): Ask {
  async function request({ request: { url, method, headers, body } }: Asking, signal: AbortSignal) {
    const proof = await authorizer.headers(signal);
    const content = body === undefined ? {} : { body };
    const response = await fetch_(url, {
      ...{ method, ...content, headers: { ...headers, ...proof } },
      redirect: 'manual',
      signal,
    });
    return { response, proof };
  }

  return async (asking, judge) => {
    const { key } = asking;
    const { host } = new URL(asking.request.url);
    const timeout = withTimeout(clock, timeoutMs, asking.signal);
    try {
      let asked = await request(asking, timeout.signal);
      if (asked.response.status === 401 && authorizer.renew(asked.proof)) {
        await readTextAtMost(asked.response, maxRefusalBytes).catch(() => undefined);
        asked = await request(asking, timeout.signal);
      }
      const result = await judge(asked.response, asked.proof);
      if (result !== undefined) return result;
      throw toStatusFailure(asked.response, { key, host, now: clock.now(), hasEffect: true });
    } catch (error) {
      throw toRequestFailure(error, { key, host, now: clock.now(), hasEffect: true });
    } finally {
      timeout.clear();
    }
  };
}
