import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AcceptResult, EventStatus } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import { sendProblem, toProblem } from '../../src/problem.ts';
import type { Answers, Job } from './answers.ts';

/** What a caller is told about its event. */
export interface JobView {
  readonly id: string;
  /** `accepted`, `duplicate` or `ignored` in answer to a delivery; later how far it has come. */
  readonly status: AcceptResult['status'] | EventStatus['state'];
  readonly statusUrl: string;
  readonly reason?: string | undefined;
  readonly answer?: { readonly text: string };
}

/** A caller, and the job that it asks about. */
export interface Inquiry {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly job: Job;
  /** What is known so far. */
  readonly view: JobView;
  /** The status code for that. */
  readonly code: 200 | 202;
  readonly answers: Answers;
  readonly clock: Clock;
}

export function toView(status: EventStatus, { id, statusUrl }: Pick<JobView, 'id' | 'statusUrl'>): JobView {
  const text = status.answer.map((part) => part.text).join('\n\n');
  return {
    id,
    status: status.state,
    statusUrl,
    reason: status.reason,
    ...(status.answer.length > 0 ? { answer: { text } } : {}),
  };
}

export function sendView(
  { response, view, code }: Pick<Inquiry, 'response' | 'view' | 'code'>,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify(view);
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...volatile,
    ...(code === 202 ? { location: view.statusUrl } : {}),
    ...headers,
  });
  response.end(body);
}

/** An answer to one caller at one moment, no matter what caches there are on the way. */
export const volatile = { 'cache-control': 'no-store', vary: 'prefer, accept' };

export function refuseBusy(response: ServerResponse): void {
  const detail = 'Too many callers are waiting for answers. The event is safe: ask its statusUrl later.';
  sendProblem(response, toProblem({ status: 503, code: 'busy', detail }), { 'retry-after': '5' });
}
