import type { IncomingMessage } from 'node:http';
import { streamAnswer } from './event-stream.ts';
import { sendView, toView } from './job-view.ts';
import type { Inquiry } from './job-view.ts';

const maxWaitSeconds = 60;

/** Tells the caller in the way it has asked for: as a stream of events, with the answer if there is one in time, or at once. */
export function reply(inquiry: Inquiry): void {
  const waitSeconds = parseWait(inquiry.request.headers['prefer']);
  if (wantsEvents(inquiry.request)) streamAnswer(inquiry);
  else if (waitSeconds > 0) replyInTime(inquiry, waitSeconds);
  else sendView(inquiry);
}

function replyInTime(inquiry: Inquiry, seconds: number): void {
  const { response, job, view, answers, clock } = inquiry;
  const applied = { 'preference-applied': `wait=${seconds}` };
  const endWatch = answers.watch(job, {
    onDone: (status) => {
      cancel();
      sendView({ response, view: toView(status, view), code: 200 }, applied);
    },
    onStop: () => {
      cancel();
      sendView(inquiry, applied);
    },
  });
  if (endWatch === undefined) {
    // Too many wait already. That the preference was not applied is told by the absence of its header.
    sendView(inquiry);
    return;
  }
  const cancel = clock.after(seconds * 1000, () => {
    endWatch();
    sendView(inquiry, applied);
  });
  response.once('close', () => {
    cancel();
    endWatch();
  });
}

/** Seconds of `Prefer: wait=N` (RFC 7240), at most 60; 0 where there is none. */
function parseWait(prefer: string | string[] | undefined): number {
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(String(prefer ?? '')) ?? [];
  return Math.min(Number(seconds ?? 0), maxWaitSeconds);
}

function wantsEvents({ headers }: IncomingMessage): boolean {
  return headers.accept !== undefined && /(?:^|[,\s])text\/event-stream(?:$|[\s,;])/i.test(headers.accept);
}
