import { refuseBusy, toView, volatile } from './job-view.ts';
import type { Inquiry } from './job-view.ts';

/** Proxies close what is silent for longer. */
const heartbeatMs = 15_000;
/** Whoever still waits then asks again. */
const maxStreamMs = 15 * 60_000;
/** A reader that is so far behind will not catch up. */
const maxUnreadBytes = 1024 * 1024;

/**
 * Server-sent events about one job: `status` with what is known, `token` with each piece of the answer as it is made, `restart` when those
 * so far are void, `answer` with the whole at the end (it alone counts); `pending` where the stream ends before the answer is there.
 */
export function streamAnswer({ response, job, view, answers, clock }: Inquiry): void {
  function write(text: string): void {
    if (response.writableEnded || response.destroyed) return;
    if (response.writableLength > maxUnreadBytes) response.destroy();
    else response.write(text);
  }
  const event = (name: string, data: unknown) => write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  function finish(name: string, data: unknown): void {
    event(name, data);
    response.end();
  }

  const endWatch = answers.watch(job, {
    onToken: (text) => event('token', { text }),
    onRestart: () => event('restart', {}),
    onDone: (status) => finish('answer', toView(status, view)),
    onStop: () => finish('pending', view),
  });
  if (endWatch === undefined) {
    refuseBusy(response);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', ...unbuffered, ...volatile });
  const { answer: _told, ...status } = view; // An answer that is there already comes as one.
  event('status', status);
  let cancelHeartbeat = clock.after(heartbeatMs, function beat() {
    write(': waiting\n\n');
    cancelHeartbeat = clock.after(heartbeatMs, beat);
  });
  const cancelEnd = clock.after(maxStreamMs, () => finish('pending', view));
  response.once('close', () => {
    cancelHeartbeat();
    cancelEnd();
    endWatch();
  });
}

/** nginx would otherwise hold the events back until there are enough of them. */
const unbuffered = { 'x-accel-buffering': 'no' };
