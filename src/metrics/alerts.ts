import type { Clock } from '../clock.ts';
import { createErrorId } from '../ids.ts';
import type { Log } from '../log.ts';

/** What can be in trouble, and its name in the configuration. */
export interface Condition {
  /** `proof`: nobody proves to be the source. */
  readonly kind: 'source' | 'proof' | 'callback' | 'adapter' | 'model';
  readonly name: string;
}

export interface Alert extends Condition {
  /** `webhook-id` of the message about it. */
  readonly id: string;
  readonly state: 'raised' | 'resolved';
  /** In a row, up to now. */
  readonly failures: number;
  /** Of the first of them, in ms since 1970. */
  readonly since: number;
  readonly at: number;
  /** What went wrong last. */
  readonly error: string;
}

export interface AlertsOptions {
  /** Failures in a row that raise an alert. */
  readonly failures: number;
  /** Of one condition no second alert is raised within this time. */
  readonly intervalMs: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Told of each alert that is raised, and of its end. Must not throw. */
  readonly tell: (alert: Alert) => void;
}

export interface Alerts {
  failed(condition: Condition, error: string): void;
  worked(condition: Condition): void;
}

interface Trouble {
  failures: number;
  since: number;
  error: string;
  isRaised: boolean;
  raisedAt: number;
}

/**
 * Failures in a row raise an alert: once, and again only when the interval is over and it still fails. The first success after that resolves it.
 * What fails, works and fails again within the interval has had its alert. Kept in memory: a restart looks anew.
 */
export function createAlerts({ failures: threshold, intervalMs, clock, log, tell }: AlertsOptions): Alerts {
  const troubles = new Map<string, Trouble>();

  function announce(state: Alert['state'], condition: Condition, { failures, since, error }: Trouble): void {
    const { kind, name } = condition;
    const alert = {
      id: `alert_${createErrorId()}${createErrorId()}`,
      state,
      kind,
      name,
      failures,
      since,
      at: clock.now(),
      error,
    };
    log[state === 'raised' ? 'error' : 'info'](`alert ${state}`, {
      kind,
      name,
      failures,
      since: new Date(since).toISOString(),
      error,
    });
    tell(alert);
  }

  return {
    failed: (condition, error) => {
      const key = `${condition.kind}:${condition.name}`;
      const now = clock.now();
      const fresh = { failures: 0, since: now, error, isRaised: false, raisedAt: Number.NEGATIVE_INFINITY };
      const trouble = troubles.get(key) ?? fresh;
      if (trouble.failures === 0) trouble.since = now;
      trouble.failures += 1;
      trouble.error = error.slice(0, maxErrorLength);
      troubles.set(key, trouble);
      if (trouble.failures < threshold || now - trouble.raisedAt < intervalMs) return;
      trouble.isRaised = true;
      trouble.raisedAt = now;
      announce('raised', condition, trouble);
    },
    worked: (condition) => {
      const trouble = troubles.get(`${condition.kind}:${condition.name}`);
      if (!trouble || trouble.failures === 0) return;
      if (trouble.isRaised) announce('resolved', condition, trouble);
      trouble.failures = 0;
      trouble.isRaised = false;
    },
  };
}

const maxErrorLength = 300;
