import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { createAlerts, type Alert } from './alerts.ts';
import { createAlertPost } from './post-alert.ts';
import { createFailureWatch } from './watch-failures.ts';
import { noWatch, type Watch } from './watch.ts';

export interface OpenWatchOptions {
  readonly settings: {
    readonly server: { readonly metricsToken?: string | undefined };
    readonly alerts: {
      readonly failures: number;
      readonly intervalMinutes: number;
      readonly url?: string | undefined;
      readonly secret?: string | undefined;
    };
  };
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenedWatch extends Watch {
  stop(): Promise<void>;
}

/** Figures, where they are asked for, and alerts. */
export async function openWatch({ settings, fetch, clock, log }: OpenWatchOptions): Promise<OpenedWatch> {
  const { metricsToken: token } = settings.server;
  const { failures, intervalMinutes, url, secret } = settings.alerts;
  const figures = token === undefined ? undefined : (await import('./prometheus.ts')).createPrometheus({ token, clock, log });
  const post = url !== undefined && secret !== undefined ? createAlertPost({ url, secret, fetch, clock, log }) : undefined;
  const tell = (alert: Alert): void => {
    figures?.countAlert(alert);
    post?.send(alert);
  };
  const alerts = createAlerts({ failures, intervalMs: intervalMinutes * 60_000, clock, log, tell });
  return { ...around(figures ?? noWatch, createFailureWatch(alerts)), stop: async () => post?.stop() };
}

function around(outer: Watch, inner: Watch): Watch {
  return {
    store: (store) => outer.store(inner.store(store)),
    model: (model) => outer.model(inner.model(model)),
    adapter: (adapter) => outer.adapter(inner.adapter(adapter)),
    delivery: (record) => outer.delivery(inner.delivery(record)),
    router: (parts) => outer.router(parts),
  };
}
