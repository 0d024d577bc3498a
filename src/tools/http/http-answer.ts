import type { Proof } from '../../action/authorize.ts';
import type { ActionAuth } from '../../http-action.ts';
import { parseRetryAfter, readTextAtMost } from '../../http-response.ts';
import { redact } from '../../log.ts';

/** What an API has answered, without the credentials that it may have repeated. */
export interface HttpAnswer {
  readonly status: number;
  /** Undefined where it broke off. */
  readonly text: string | undefined;
  /** Whether the text is all of it. */
  readonly isWhole: boolean;
  readonly retryAfterMs: number | undefined;
  readonly host: string;
  /** Leaves out the credentials of the request. */
  readonly conceal: (text: string) => string;
}

export interface AnswerReading {
  readonly proof: Proof;
  readonly auth: ActionAuth | undefined;
  readonly readOnly: boolean;
  /** ms since 1970. */
  readonly now: number;
  /** All of the address that is told. */
  readonly host: string;
}

const maxBytes = 1024 * 1024;

/** Rejects where the body of an answer that changes nothing breaks off: it may be asked for again. */
export async function readAnswer(response: Response, { proof, auth, readOnly, now, host }: AnswerReading): Promise<HttpAnswer> {
  const known = [...Object.values(proof), ...Object.values(proof).map(withoutScheme), ...(auth ? [auth.secret] : [])];
  const conceal = (text: string): string => redact(text, known.flatMap(waysToWrite));
  const read = readTextAtMost(response, maxBytes);
  // Once the status has come it is done, whatever becomes of the rest.
  const body = await (readOnly ? read : read.catch(() => undefined));
  return {
    status: response.status,
    text: body && conceal(body.text),
    isWhole: body?.isWhole ?? false,
    retryAfterMs: parseRetryAfter(response, now),
    host,
    conceal,
  };
}

/** `abc` for `Bearer abc`. */
function withoutScheme(value: string): string {
  return value.slice(value.indexOf(' ') + 1);
}

/** As it is, in JSON and in an address. */
function waysToWrite(secret: string): readonly string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())];
}
