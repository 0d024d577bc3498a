import type { RequestHandler } from '../../src/adapter.ts';
import { sendProblem, toProblem } from '../../src/problem.ts';
import type { Exchange, ReceiveOptions } from './exchange.ts';
import { toView } from './job-view.ts';
import { receiveEvent, toStatusUrl } from './receive.ts';
import type { Receiver } from './receiver.ts';
import { notRunning, retryLater, unknownJob, unknownSource } from './refusals.ts';
import { reply } from './reply.ts';

export interface RouterOptions extends ReceiveOptions {
  readonly receivers: () => ReadonlyMap<string, Receiver>;
  /** Undefined while the adapter is not running. */
  readonly running: () => Pick<Exchange, 'context' | 'answers' | 'expressions'> | undefined;
}

const root = '/webhooks/';

/** POST /webhooks/NAME takes an event, GET /webhooks/NAME/jobs/ID says what became of one. */
export function createRouter(options: RouterOptions): RequestHandler {
  const { receivers, running } = options;
  return (request, response, next) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    if (!path.startsWith(root)) {
      next();
      return;
    }
    const [name = '', section, jobId, ...rest] = path.slice(root.length).split('/');
    const receiver = receivers().get(name);
    const state = running();
    const isJob = section === 'jobs' && jobId !== undefined && rest.length === 0;
    if (receiver === undefined || (section && !isJob)) sendProblem(response, unknownSource);
    else if (state === undefined) sendProblem(response, notRunning, retryLater);
    else {
      const exchange = { request, response, receiver, ...state, options };
      (isJob ? receiveInquiry(exchange, jobId) : receiveEvent(exchange)).catch(next);
    }
  };
}

async function receiveInquiry(exchange: Exchange, jobId: string): Promise<void> {
  const { request, response, receiver, context, answers, options } = exchange;
  const { name } = receiver.source;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const problem = toProblem({ status: 405, code: 'method', detail: 'Ask for a job by GET.' });
    sendProblem(response, problem, { allow: 'GET, HEAD' });
    return;
  }
  const eventId = receiver.jobs.parseJobId(jobId);
  const status = eventId === undefined ? undefined : await context.status(name, eventId);
  if (eventId === undefined || status === undefined) {
    sendProblem(response, unknownJob);
    return;
  }
  const job = { tenant: name, eventId, conversationId: status.conversationId };
  const view = toView(status, { id: jobId, statusUrl: toStatusUrl(options, name, jobId) });
  reply({ request, response, job, view, code: 200, answers, clock: context.clock });
}
