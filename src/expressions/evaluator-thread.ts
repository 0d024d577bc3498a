import { parentPort } from 'node:worker_threads';
import { evaluateJob } from './evaluate.ts';
import type { EvaluatorMessage, ExpressionJob } from '../expression.ts';

/** The thread that expressions run in. The parent sends the next job when it has every result of the last. */
const port = parentPort;
if (port) {
  const send = (message: EvaluatorMessage): void => port.postMessage(message);
  port.on('message', (job: ExpressionJob) => {
    void run(job, send);
  });
  send({ type: 'ready' });
}

/** Never rejects, as evaluateJob never throws. */
async function run(job: ExpressionJob, send: (message: EvaluatorMessage) => void): Promise<void> {
  for await (const result of evaluateJob(job)) send({ type: 'result', result });
}
