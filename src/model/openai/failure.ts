import type { Clock } from '../../clock.ts';
import { ModelError } from '../../errors.ts';
import { redact } from '../../log.ts';

/** The endpoint that a message to the operator is about. */
export interface Endpoint {
  /** Without credentials and path: `api.openai.com`, `localhost:11434`. */
  readonly host: string;
  readonly model: string;
  /** The newest one that was sent. */
  readonly apiKey: string | undefined;
  readonly settings: EndpointSettings;
}

/** The names of the settings that an operator would change, for messages. */
export interface EndpointSettings {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly model: string;
  /** Where the others are: `model.openai`, `model.providers.NAME`. */
  readonly section: string;
}

export const openAiSettings: EndpointSettings = {
  apiKey: 'OPENAI_API_KEY',
  baseUrl: 'OPENAI_BASE_URL',
  model: 'OPENAI_MODEL',
  section: 'model.openai',
};

/** What an endpoint said went wrong: by the status of its response, or by an error in the middle of a stream. */
export interface EndpointFailure {
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  /** The endpoint's own words. Hostile. */
  readonly detail?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Of the response that is the failure. */
  readonly headers?: Pick<Headers, 'get'> | undefined;
}

const credit = 'The account with my AI provider has run out of credit. Whoever runs me can mend that.';
const access = 'My access to the AI model is not set up correctly. Whoever runs me can mend that.';
const busy = 'The AI model is overloaded right now. Please ask again in a little while.';
const tooLong = 'This conversation has become too long for the AI model. Start afresh with /reset.';
const withheld = 'The AI provider withheld an answer to this.';

/** The one place that decides what an endpoint's failure means: whether to ask again, what to mend, and what the people in the chat get to read. */
export function toModelError(failure: EndpointFailure, endpoint: Endpoint): ModelError {
  const { status = statusOf(failure), retryAfterMs } = failure;
  const { host, model, settings } = endpoint;
  const said = quote(failure, endpoint);
  const error = (message: string, publicMessage?: string, { retryable = false, ...kind }: Kind = {}) =>
    new ModelError({
      ...kind,
      message: `${message} ${said}`.trim(),
      publicMessage,
      retryable,
      retryAfterMs: retryable ? retryAfterMs : undefined,
    });

  if (isOutOfCredit(failure, status))
    return error(`The account at ${host} has no credit left: look at its plan and billing.`, credit);
  if (status === 401 || status === 403) {
    const remedy = endpoint.apiKey
      ? `Check ${settings.apiKey}: it must belong to the endpoint that ${settings.baseUrl} names.`
      : `Set ${settings.apiKey}.`;
    return error(`${host} refuses access. ${remedy}`, access);
  }
  if (status === 404) {
    const remedy = `Check ${settings.model}, and that ${settings.baseUrl} leads to a Chat Completions endpoint (most end in /v1).`;
    return error(`${host} does not know the model ${model}. ${remedy}`, access);
  }
  if (isTooLong(failure, status))
    return error(`The conversation is too long for ${model}: lower conversation.contextTokens.`, tooLong, { ofRequest: true });
  if (failure.code === 'content_filter')
    return error(`${host} withheld the answer (content filter).`, withheld, { ofRequest: true, isFinal: true });
  if (status === 429) return error(`${host} limits the rate of requests.`, busy, { retryable: true });
  if (status === 408 || status === 409 || status === 425 || status >= 500)
    return error(`${host} failed to answer.`, busy, { retryable: true });
  if (status >= 300 && status < 400)
    return error(`${host} leads to another address: set ${settings.baseUrl} to that one.`, access);
  return error(`${host} does not accept the request.`, undefined, { ofRequest: true });
}

interface Kind {
  readonly retryable?: boolean;
  readonly ofRequest?: boolean;
  readonly isFinal?: boolean;
}

/** The connection failed before or during the answer. */
export function toConnectionError(cause: unknown, endpoint: Endpoint): ModelError {
  const reason = clean(innermostMessage(cause), endpoint.apiKey);
  return new ModelError({
    message: `The connection to ${endpoint.host} failed: ${reason}. Check ${endpoint.settings.baseUrl} and the network.`,
    publicMessage: 'The AI model cannot be reached right now. Please ask again in a little while.',
    retryable: true,
  });
}

/** The failure in an error of the SDK, or in the error frame of a stream; both have the same fields. */
export function toFailure(value: unknown, clock?: Pick<Clock, 'now'>): EndpointFailure {
  if (typeof value !== 'object' || value === null) return { detail: typeof value === 'string' ? value : undefined };
  const field = (name: string): unknown => Reflect.get(value, name);
  const [status, code, type, message, headers] = [
    field('status'),
    field('code'),
    field('type'),
    field('message'),
    field('headers'),
  ];
  return {
    status: typeof status === 'number' ? status : undefined,
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : undefined,
    type: typeof type === 'string' ? type : undefined,
    // The SDK puts the status in front, and says so where there is nothing else to say.
    detail: typeof message === 'string' ? message.replace(/^\d{3} (status code \(no body\))?/, '') : undefined,
    retryAfterMs: clock && isHeaders(headers) ? retryAfter(headers, clock) : undefined,
    headers: isHeaders(headers) ? headers : undefined,
  };
}

/** By shape: a `fetch` that is passed in may have headers of its own kind. */
function isHeaders(value: unknown): value is Pick<Headers, 'get'> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'get') === 'function';
}

function retryAfter(headers: Pick<Headers, 'get'>, clock: Pick<Clock, 'now'>): number | undefined {
  const ms = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (ms >= 0) return Math.ceil(ms);
  const value = headers.get('retry-after') ?? '';
  const seconds = Number.parseFloat(value);
  if (seconds >= 0) return Math.ceil(seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(date - clock.now(), 0);
}

/** In the middle of a stream there is no status; some endpoints put it into `code`, the others name the kind of error. */
function statusOf({ code, type }: EndpointFailure): number {
  const numeric = Number(code);
  if (numeric >= 400 && numeric < 600) return numeric;
  const kind = `${code} ${type}`;
  if (/rate_limit|overloaded/.test(kind)) return 429;
  if (/invalid_api_key|authentication|permission/.test(kind)) return 401;
  if (/model_not_found/.test(kind)) return 404;
  return /invalid_request/.test(kind) ? 400 : 500;
}

function isOutOfCredit({ code, type }: EndpointFailure, status: number): boolean {
  return status === 402 || [code, type].some((kind) => kind === 'insufficient_quota' || kind === 'billing_hard_limit_reached');
}

/** Only some endpoints have a code for it. */
function isTooLong({ code, detail = '' }: EndpointFailure, status: number): boolean {
  if (code === 'context_length_exceeded' || status === 413) return true;
  if (status === 429) return false; // "Too many tokens" are those of a minute then
  return (
    status >= 400 &&
    status < 500 &&
    /context.{0,20}(length|size|window)|prompt is too long|too many tokens|reduce the length/i.test(detail)
  );
}

function quote({ status, code, detail }: EndpointFailure, { apiKey }: Endpoint): string {
  const about = [status, code].filter((part) => part !== undefined).join(', ');
  const words = detail === undefined ? '' : clean(detail, apiKey);
  if (words === '') return about === '' ? '' : `(${about})`;
  return `It says${about === '' ? '' : ` (${about})`}: ${words}`;
}

/** One line of limited length without secrets: endpoints echo keys and send whole HTML pages. */
function clean(text: string, apiKey: string | undefined): string {
  const words = redact(text.slice(0, 4000), apiKey ? [apiKey] : [])
    .replaceAll(/<[^>]*>/g, ' ')
    // oxlint-disable-next-line no-control-regex -- control characters are what must not get into logs
    .replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();
  return words.length > 300 ? `${words.slice(0, 300).toWellFormed()}…` : words;
}

/** `fetch failed` and `Connection error.` say nothing; what they were caused by does. */
function innermostMessage(error: unknown): string {
  let inner = error;
  for (let depth = 0; depth < 5 && inner instanceof Error && inner.cause instanceof Error; depth += 1) inner = inner.cause;
  if (!(inner instanceof Error)) return String(inner);
  // Happy Eyeballs: the error of several addresses has a code, but no message of its own.
  const code: unknown = Reflect.get(inner, 'code');
  return inner.message || (typeof code === 'string' ? code : inner.name);
}
