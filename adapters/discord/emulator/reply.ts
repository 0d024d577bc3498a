/** What a REST call is answered with. Without a body it is a 204. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

export const noContent: Reply = { status: 204 };

/** A refusal with one of Discord's JSON error codes. */
export function refusal(code: number): Reply {
  const [status, message] = knownErrors[code] ?? [400, 'Unknown error'];
  return { status, body: { message, code } };
}

/** 50035 with the reason at the field, in the nested form that the platform uses. */
export function invalidField(field: string, code: string, message: string): Reply {
  return {
    status: 400,
    body: { message: 'Invalid Form Body', code: 50035, errors: { [field]: { _errors: [{ code, message }] } } },
  };
}

export function rateLimited(retryAfterSeconds: number, options: { global: boolean }): Reply {
  return {
    status: 429,
    body: { message: 'You are being rate limited.', retry_after: retryAfterSeconds, global: options.global },
    headers: {
      'Retry-After': String(Math.ceil(retryAfterSeconds)),
      'X-RateLimit-Limit': '5',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset-After': retryAfterSeconds.toFixed(3),
      'X-RateLimit-Scope': options.global ? 'global' : 'user',
      ...(options.global ? { 'X-RateLimit-Global': 'true' } : {}),
    },
  };
}

/** Source: the table of JSON error codes in Discord's reference. */
const knownErrors: Readonly<Record<number, readonly [status: number, message: string] | undefined>> = {
  0: [404, '404: Not Found'],
  10003: [404, 'Unknown Channel'],
  10004: [404, 'Unknown Guild'],
  10008: [404, 'Unknown Message'],
  10013: [404, 'Unknown User'],
  10015: [404, 'Unknown Webhook'],
  10062: [404, 'Unknown interaction'],
  10063: [404, 'Unknown application command'],
  20028: [429, 'The channel you are writing has hit the write rate limit.'],
  30046: [429, 'Maximum number of edits to messages older than 1 hour reached. Try again later'],
  30032: [400, 'Maximum number of application commands reached'],
  30034: [400, 'Max number of daily application command creates has been reached (200)'],
  40005: [413, 'Request entity too large. Try sending something smaller in size'],
  40060: [400, 'Interaction has already been acknowledged.'],
  40094: [400, 'This interaction has hit the maximum number of follow up messages'],
  40001: [401, 'Unauthorized. Provide a valid token and try again'],
  50001: [403, 'Missing Access'],
  50005: [403, 'Cannot edit a message authored by another user'],
  50006: [400, 'Cannot send an empty message'],
  50007: [403, 'Cannot send messages to this user'],
  50008: [400, 'Cannot send messages in a non-text channel'],
  50024: [400, 'Cannot execute action on this channel type'],
  50027: [401, 'Invalid Webhook Token'],
  50013: [403, 'You lack permissions to perform that action'],
  50035: [400, 'Invalid Form Body'],
  50083: [400, 'Thread is archived'],
  50109: [400, 'The request body contains invalid JSON.'],
  130000: [503, 'API resource is currently overloaded. Try again a little later'],
  160004: [400, 'A thread has already been created for this message'],
  160005: [400, 'This thread is locked'],
};
