import { DeliveryError, ToolError } from '../../errors.ts';
import type { Expressions } from '../../expression.ts';
import { parseJson } from '../../json.ts';
import type { Json } from '../../message.ts';
import { clip, toVisible } from '../tool-result.ts';
import type { HttpAnswer } from './http-answer.ts';
import type { HttpToolSettings } from './http-tool-settings.ts';

export interface Picking {
  readonly settings: HttpToolSettings;
  readonly expressions: Pick<Expressions, 'evaluate'>;
}

const maxExcerpt = 500;

/**
 * What the model gets to know. Rejects with a ToolError where the API has refused; with a DeliveryError where it may have done what it was asked
 * for all the same.
 */
export async function toOutcome(answer: HttpAnswer, picking: Picking): Promise<string> {
  const { status, text } = answer;
  const { readOnly, expectStatus, maxLength, request } = picking.settings;
  if (!(expectStatus?.includes(status) ?? (status >= 200 && status < 300))) throw toRefusal(answer, readOnly);
  if (text === undefined) return `It was accepted (status ${status}), but the answer broke off.`;
  if (text.trim() === '' && !isEnveloped(request.body?.type))
    return readOnly ? `It gave nothing (status ${status}).` : `Done (status ${status}).`;
  if (text.includes('\0')) return `It gave something that cannot be shown as text (status ${status}).`;
  const json = answer.isWhole ? parseJson(text) : undefined;
  const given = unwrap(json, { answer, readOnly, type: request.body?.type });
  const picked = await pick({ given, text }, picking);
  return clip(toVisible(answer.conceal(picked)), maxLength);
}

interface Enveloped {
  readonly answer: HttpAnswer;
  readonly type: string | undefined;
  readonly readOnly: boolean;
}

/** GraphQL and JSON-RPC answer with an envelope of their own. */
function isEnveloped(type: string | undefined): boolean {
  return type === 'graphql' || type === 'jsonRpc';
}

/** They tell what went wrong in the body of a 200. */
function unwrap(json: Json | undefined, { answer, type, readOnly }: Enveloped): Json | undefined {
  if (!isEnveloped(type)) return json;
  const envelope = isObject(json) ? json : {};
  const { errors, error, data, result } = envelope;
  const said = type === 'graphql' ? errors : error;
  if (said !== undefined && said !== null && !(Array.isArray(said) && said.length === 0)) {
    const isRefused = type === 'graphql' ? isRequestError(envelope) : isRpcRefusal(said);
    throw toFailure(`${answer.host} answered with an error: ${toExcerpt(JSON.stringify(said))}`, isRefused || readOnly);
  }
  const inner = type === 'graphql' ? data : result;
  if (inner !== undefined) return inner;
  const protocol = type === 'graphql' ? 'GraphQL' : 'JSON-RPC';
  throw toFailure(`${answer.host} answered what is no answer of ${protocol}: ${toExcerpt(answer.text ?? '')}`, readOnly);
}

/**
 * Without the key `data` nothing was executed; with it, null included, a part may have been (GraphQL October 2021, section 7.1).
 * Errors that are no list are none of GraphQL's: a gateway may have given up on a server that goes on.
 */
function isRequestError(envelope: { readonly [key: string]: Json }): boolean {
  return Array.isArray(envelope['errors']) && !('data' in envelope);
}

/** Of the codes that JSON-RPC 2.0 keeps for itself, only these say that the method was not called; all others are the application's own (section 5.1). */
function isRpcRefusal(error: Json): boolean {
  const code = isObject(error) ? error['code'] : undefined;
  if (typeof code !== 'number') return false;
  return code < -32_768 || code > -32_000 || [-32_700, -32_600, -32_601, -32_602].includes(code);
}

async function pick(
  given: { readonly given: Json | undefined; readonly text: string },
  { settings, expressions }: Picking,
): Promise<string> {
  const { result, readOnly } = settings;
  const whole = given.given === undefined ? given.text : JSON.stringify(given.given);
  if (result === undefined) return whole;
  if (given.given === undefined) return unpicked('is no JSON, or too long', { readOnly, whole });
  const job = {
    json: Buffer.from(whole),
    headers: {},
    source: '',
    expressions: [{ key: 'result', expression: { jsonata: result } }],
  };
  const results = await expressions.evaluate(job);
  const [found] = results === 'unavailable' ? [] : results;
  if (!found?.ok)
    return unpicked(`cannot be read as it is configured (${found?.problem ?? 'too much is waiting'})`, { readOnly, whole });
  return found.type === 'nothing' ? 'It gave nothing of what was asked for.' : found.text;
}

/** What has been done has been done, however its answer reads. */
function unpicked(why: string, { readOnly, whole }: { readonly readOnly: boolean; readonly whole: string }): string {
  if (readOnly) throw new ToolError(`The answer ${why}: ${toExcerpt(whole)}`);
  return `It was accepted, but the answer ${why}.`;
}

/** 5xx, 408 and what is no failure by itself leave open what has happened; the other 4xx refuse. */
function toRefusal({ status, text = '', retryAfterMs, host }: HttpAnswer, readOnly: boolean): Error {
  const excerpt = toExcerpt(text);
  const message = `${host} answered ${status}. ${advise(status, retryAfterMs)}${excerpt && ` It says: ${excerpt}`}`;
  const isOpen = status >= 500 || status === 408 || status < 400;
  return toFailure(message, readOnly || !isOpen);
}

/** An error other than a ToolError says that it may have been done. */
function toFailure(message: string, isSurelyUndone: boolean): Error {
  return isSurelyUndone ? new ToolError(message) : new DeliveryError({ message, retryable: false, uncertain: true });
}

function advise(status: number, retryAfterMs: number | undefined): string {
  if (status === 429 || status === 503) {
    const when = retryAfterMs === undefined ? 'later' : `in ${Math.ceil(retryAfterMs / 1000)} s`;
    return `It takes no more for now; it may be asked again ${when}.`;
  }
  if (status === 401 || status === 403) return 'It does not accept the credentials, or they lack a right: a person has to look.';
  if (status === 404 || status === 410) return 'What was asked for is not there.';
  if (status >= 500) return 'It is in trouble.';
  return status < 400 ? 'That is not what was expected.' : 'It refuses the request.';
}

function toExcerpt(text: string): string {
  return clip(toVisible(text).replaceAll(/\s+/g, ' ').trim(), maxExcerpt);
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
