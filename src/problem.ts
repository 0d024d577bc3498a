import { STATUS_CODES } from 'node:http';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Why a request is refused, in the terms of RFC 9457. `detail` says how to mend it and repeats nothing of what was sent. */
export interface Problem {
  /** Names the kind of problem, for programs: stays the same over versions. */
  readonly type: string;
  /** Names the kind of problem, for people. */
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Under which id the log has more. */
  readonly id?: string;
}

export interface ProblemData {
  readonly status: number;
  /** Kebab-case; becomes the last part of `type`. */
  readonly code: string;
  readonly detail: string;
  /** The phrase of the status when left out. */
  readonly title?: string;
  readonly id?: string;
}

export function toProblem({ status, code, detail, title, id }: ProblemData): Problem {
  const problem = { type: `urn:problem-type:parley:${code}`, title: title ?? STATUS_CODES[status] ?? 'Error', status, detail };
  return id === undefined ? problem : { ...problem, id };
}

/** Ends the response with the problem; where an answer has begun already, cuts the connection instead, so that nobody takes it for complete. */
export function sendProblem(response: ServerResponse, problem: Problem, headers: OutgoingHttpHeaders = {}): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify(problem);
  response.writeHead(problem.status, {
    ...headers,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}
