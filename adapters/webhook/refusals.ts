import { toProblem } from '../../src/problem.ts';
import type { Problem } from '../../src/problem.ts';

export const retryLater = { 'retry-after': '5' };

export const unknownSource = toProblem({
  status: 404,
  code: 'unknown-source',
  detail: 'No source has this name. Events go to /webhooks/NAME, where NAME stands under "webhooks" in the configuration.',
});

export const unknownJob = toProblem({
  status: 404,
  code: 'unknown-job',
  detail:
    'No job is known under this address. Use the statusUrl of the delivery as it was given; jobs are forgotten after some time.',
});

export const notRunning = toProblem({
  status: 503,
  code: 'not-running',
  detail: 'Events are not taken at this moment. Deliver again in some seconds.',
});

export const notSaved = toProblem({
  status: 503,
  code: 'not-saved',
  detail: 'The event could not be saved. Deliver it again in some seconds, under the same id.',
});

export const notEvaluated = toProblem({
  status: 503,
  code: 'not-evaluated',
  detail:
    'The expressions of this source cannot be evaluated at this moment. Deliver the event again in some seconds, under the same id.',
});

export const conflict = toProblem({
  status: 409,
  code: 'conflict',
  detail:
    'Another event came under this id before; that one counts. Give each event an id of its own, and the same one only when it is delivered again.',
});

export function tooLarge(source: string, maxBytes: number): Problem {
  const detail = `The body is longer than ${maxBytes} bytes. Send less, or raise webhooks.${source}.maxBodyBytes or server.maxBodyBytes.`;
  return toProblem({ status: 413, code: 'too-large', detail });
}

export function tooMany(seconds: number): Problem {
  const detail = `This source may send no more at the moment. Deliver again in ${seconds} s, under the same id.`;
  return toProblem({ status: 429, code: 'too-many', detail });
}

export function malformed(detail: string): Problem {
  return toProblem({ status: 400, code: 'malformed', detail });
}

/** `problem` completes "webhooks.NAME.KEY ...". */
export function unmappable(source: string, { key, problem }: { readonly key: string; readonly problem: string }): Problem {
  const detail = `webhooks.${source}.${key} ${problem}. Send what it asks for, or change it; parley webhook try shows what it makes of a body.`;
  return toProblem({ status: 422, code: 'unmappable', detail });
}
