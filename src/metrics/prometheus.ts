import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { sendProblem, toProblem } from '../problem.ts';
import type { Alert } from './alerts.ts';
import { createFigures, type Figures } from './figures.ts';
import type { Watch, WatchedParts } from './watch.ts';
import { watchAdapter } from './watch-adapter.ts';
import { watchModel } from './watch-model.ts';
import { watchStore } from './watch-store.ts';

export interface PrometheusOptions {
  /** What a scraper has to show. */
  readonly token: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface CountingWatch extends Watch {
  countAlert(alert: Alert): void;
}

export const metricsPath = '/metrics';

/** Figures in the text format of https://prometheus.io/docs/instrumenting/exposition_formats. */
export function createPrometheus({ token, clock, log }: PrometheusOptions): CountingWatch {
  const figures = createFigures();
  const isAllowed = createTokenCheck(token);
  return {
    countAlert: ({ kind, name, state }) => figures.alerts.inc({ kind, name, state }),
    store: (store) => watchStore(store, figures, clock),
    model: (model) => watchModel(model, figures, clock),
    adapter: (adapter) => watchAdapter(adapter, figures, clock),
    delivery: (record) => (delivery) => {
      const { source, verdict, status, durationMs } = delivery;
      figures.webhooks.inc({ source, verdict, status: String(status) });
      figures.webhookSeconds.observe({ source }, durationMs / 1_000);
      record?.(delivery);
    },
    router: (parts) => (request, response, next) => {
      if (request.url?.split('?', 1)[0] !== metricsPath) return next();
      if (!isAllowed(request)) return refuse(response);
      scrape(figures, parts, clock)
        .then((text) => response.writeHead(200, { 'content-type': figures.registry.contentType }).end(text))
        .catch((error: unknown) => {
          log.error('metrics could not be read', { error: describeError(error) });
          next(error);
        });
    },
  };
}

/** In constant time, whatever is shown. */
function createTokenCheck(token: string): (request: IncomingMessage) => boolean {
  const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
  const wanted = digest(`Bearer ${token}`);
  return ({ headers, method }) =>
    (method === 'GET' || method === 'HEAD') && timingSafeEqual(digest(headers.authorization ?? ''), wanted);
}

function refuse(response: ServerResponse): void {
  const detail = 'The figures are for who shows the token: Authorization: Bearer, and server.metricsToken (METRICS_TOKEN).';
  sendProblem(response, toProblem({ status: 401, code: 'metrics-token', detail }), { 'www-authenticate': 'Bearer' });
}

async function scrape(figures: Figures, { store, adapters }: WatchedParts, clock: Clock): Promise<string> {
  const { waiting, oldestWaitingAt, undelivered, deadLetters } = await store.stats();
  figures.waiting.set(waiting);
  figures.oldest.set(oldestWaitingAt === undefined ? 0 : Math.max(0, clock.now() - oldestWaitingAt) / 1_000);
  figures.undelivered.set(undelivered);
  figures.openLetters.set(deadLetters);
  for (const { name, health } of adapters) figures.connected.set({ adapter: name }, (health?.().connected ?? true) ? 1 : 0);
  return figures.registry.metrics();
}
