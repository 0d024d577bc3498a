import type { FoundMessage } from '../adapter.ts';
import { DeliveryError, describeError, withUncertainty } from '../errors.ts';
import type { Json, OutboundMessage, Receipt } from '../message.ts';
import { lookup } from '../template.ts';
import { readJsonAtMost } from '../http-response.ts';
import { compileRequest } from './action-request.ts';
import type { ActionRequest } from './action-request.ts';
import { compileUrl, originOf } from './action-url.ts';
import { createAuthorizer } from './authorize.ts';
import { createAsk } from './ask.ts';
import type { Action, ActionFind, ActionParts, HttpAction } from '../http-action.ts';
import { sampleData, toActionData } from './render.ts';
import type { ActionData } from './render.ts';

const maxResponseBytes = 1024 * 1024;
/** A page of comments, with all that a desk tells of each. */
const maxListBytes = 8 * 1024 * 1024;

/** Throws a TypeError that says what is wrong with the action. */
export function createAction(action: HttpAction, parts: ActionParts): Action {
  const { key } = parts;
  const toRequest = compileRequest<ActionData>({ ...action, idHeader: action.idempotencyHeader ?? 'idempotency-key' });
  const { find } = action;
  const toFindUrl = find && compileUrl(find.url);
  check(action, toRequest(sampleData(parts.kept, sampleId)));
  toFindUrl?.(sampleData(parts.kept, sampleId));
  const authorizer = createAuthorizer(action.auth, { ...parts, key: `${key}.auth` });
  const ask = createAsk({ ...parts, authorizer, timeoutMs: action.timeoutMs });
  return {
    origin: new URL(originOf(action.url)).origin,
    authorize: async (signal) => void (await authorizer.headers(signal)),
    send: async (message, signal) => {
      const request = fill(key, () => toRequest(toActionData(message)));
      const isExpected = ({ status }: Response): boolean =>
        action.expectStatus?.includes(status) ?? (status >= 200 && status < 300);
      return ask({ request, key, signal }, async (response) => {
        // Once the status has come the comment stands, whatever becomes of the rest.
        const body = await readJsonAtMost(response, maxResponseBytes).catch(() => undefined);
        return isExpected(response) ? judgeBody(action, { body, message, key }) : asDuplicate(action, { body, message, key });
      });
    },
    find: async (message, signal) => {
      if (!find || !toFindUrl) return undefined;
      try {
        const url = fill(`${key}.find`, () => toFindUrl(toActionData(message)));
        const request = { method: 'GET', url, headers: { 'user-agent': 'Parley', accept: 'application/json' }, body: undefined };
        const found = await ask({ request, key: `${key}.find`, signal }, async (response) => {
          const body = await readJsonAtMost(response, maxListBytes);
          return response.status === 200 ? { comment: findComment(body, { find, message, key }) } : undefined;
        });
        return found.comment;
      } catch (error) {
        // Whatever kept it from looking: what it was to look for may stand there.
        throw error instanceof DeliveryError ? withUncertainty(error, true) : error;
      }
    },
  };
}

const sampleId = '0123456789abcdefghijklmn';

/** Throws a TypeError for what would only show when something has gone wrong. */
function check({ url, find }: HttpAction, sample: ActionRequest): void {
  if (!find) return;
  if (originOf(find.url) !== originOf(url))
    throw new TypeError('find.url must be on the host of url: the credentials are sent to both');
  if (![sample.url, sample.body].some((part) => part?.includes(sampleId)))
    throw new TypeError('find looks for the id of the answer: put {{id}} into what the comment shows or carries');
}

/** Values come from outside: what they do not fit into is refused for good, and nothing has been sent. */
function fill<Result>(key: string, build: () => Result): Result {
  try {
    return build();
  } catch (error) {
    throw new DeliveryError({
      message: `${key}: it cannot be filled in: ${describeError(error)}.`,
      retryable: false,
      uncertain: false,
    });
  }
}

function toReceipt(path: string | undefined, body: Json | undefined, { id }: OutboundMessage): Receipt {
  const found = path === undefined ? undefined : lookup(body, path);
  return { id: typeof found === 'string' || typeof found === 'number' ? String(found).slice(0, 200) : id };
}

interface Judging {
  readonly body: Json | undefined;
  readonly message: OutboundMessage;
  readonly key: string;
}

/** Some APIs say in the body that they have refused. Throws a DeliveryError then. */
function judgeBody(action: HttpAction, judging: Judging): Receipt {
  const { body, message, key } = judging;
  const errors = action.errors === undefined ? undefined : lookup(body, action.errors);
  if (errors === undefined || errors === null || (Array.isArray(errors) && errors.length === 0))
    return toReceipt(action.receipt, body, message);
  const stands = asDuplicate(action, judging);
  if (stands) return stands;
  const text = `${new URL(originOf(action.url)).host} took the request and tells of errors (${key}). Compare it with what its API asks for.`;
  throw new DeliveryError({ message: text, retryable: false, uncertain: false });
}

/** The receipt, where the API refuses because the comment stands already. */
function asDuplicate({ duplicate }: HttpAction, { body, message }: Judging): Receipt | undefined {
  if (duplicate === undefined || body === undefined) return undefined;
  return JSON.stringify(body).toLowerCase().includes(duplicate.toLowerCase()) ? { id: message.id } : undefined;
}

interface Finding {
  readonly find: ActionFind;
  readonly message: OutboundMessage;
  readonly key: string;
}

/** Throws a DeliveryError where the response is no list: that nothing was found there says nothing. */
function findComment(body: Json | undefined, { find, message, key }: Finding): FoundMessage | undefined {
  const items = find.items === undefined ? body : lookup(body, find.items);
  if (!Array.isArray(items)) {
    const what = find.items === undefined ? 'The response' : `"${find.items}" of the response`;
    const text = `${what} is no list of comments (${key}.find): the look-up cannot tell whether the answer arrived.`;
    throw new DeliveryError({ message: text, retryable: true, uncertain: true });
  }
  const comment: unknown = items.find((item: unknown) =>
    holds(find.text === undefined ? item : lookup(item, find.text), message.id),
  );
  return comment === undefined ? undefined : { receipt: toReceipt(find.id ?? 'id', comment as Json, message), complete: true }; // It is part of a Json.
}

function holds(value: unknown, id: string): boolean {
  return value !== undefined && JSON.stringify(value).includes(id);
}
