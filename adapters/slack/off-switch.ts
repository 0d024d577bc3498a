import { platformErrorOf, rateLimitOf } from './failure.ts';
import type { Clock } from '../../src/clock.ts';

/** Refusals that will stay what they are until somebody changes the app or the workspace. */
const lasting = new Set([
  'unknown_method',
  'method_deprecated',
  'missing_scope',
  'feature_not_enabled',
  'not_allowed_token_type',
  'no_permission',
  'access_denied',
  'team_access_not_granted',
  'app_not_agent',
  'not_agent_app',
]);
const offForMs = 6 * 60 * 60_000;
const elsewhereForMs = 60 * 60_000;
const kept = 1_000;

/**
 * What Slack does not do everywhere: older workspaces, plans and apps lack it, and some channels do. Where it was refused it is tried only
 * rarely again, and where there were too many requests not before Slack says.
 */
export interface OffSwitch {
  isOff(tenant: string, channel: string): boolean;
  /** Returns the refusal where it is a lasting one that was not known yet. */
  onError(error: unknown, place: { readonly tenant: string; readonly channel: string }): string | undefined;
}

export function createOffSwitch(clock: Pick<Clock, 'now'>): OffSwitch {
  const until = new Map<string, number>();

  function switchOff(key: string, forMs: number): void {
    if (until.size >= kept) until.clear();
    until.set(key, clock.now() + forMs);
  }

  return {
    isOff: (tenant, channel) => {
      if (until.size === 0) return false;
      const now = clock.now();
      return now < (until.get(tenant) ?? 0) || now < (until.get(`${tenant} ${channel}`) ?? 0);
    },
    onError: (error, { tenant, channel }) => {
      const retryAfterMs = rateLimitOf(error);
      const code = platformErrorOf(error);
      if (retryAfterMs !== undefined) switchOff(tenant, retryAfterMs);
      else if (code !== undefined && lasting.has(code)) {
        switchOff(tenant, offForMs);
        return code;
      } else if (code !== undefined) switchOff(`${tenant} ${channel}`, elsewhereForMs);
      return undefined;
    },
  };
}
