import { withTimeout } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { SlackCaller } from './client.ts';
import { isRecord } from './receive.ts';

export interface AdminsOptions {
  readonly slack: SlackCaller;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
}

export interface Person {
  readonly tenant: string;
  readonly userId: string;
}

/** Whether the person is an admin or owner of the workspace, as Slack said within the last minute. Undefined where it does not tell. */
export type IsAdmin = (person: Person) => Promise<boolean | undefined>;

/** Who is no admin any more is none here a minute later. */
const keptForMs = 60_000;
/** Slack waits for three seconds. */
const timeoutMs = 2_000;
const maxKept = 2_000;

export function createAdmins({ slack, clock, log, stopping }: AdminsOptions): IsAdmin {
  const kept = new Map<string, { readonly isAdmin: boolean; readonly until: number }>();

  async function ask({ tenant, userId }: Person): Promise<boolean> {
    const { signal, clear } = withTimeout(clock, timeoutMs, stopping);
    try {
      const { user } = await slack.of({ tenant }).call('users.info', { user: userId }, signal);
      return isAdminOf(user, tenant);
    } finally {
      clear();
    }
  }

  return async (person) => {
    const key = `${person.tenant}:${person.userId}`;
    const known = kept.get(key);
    if (known && known.until > clock.now()) return known.isAdmin;
    try {
      const isAdmin = await ask(person);
      const [oldest] = kept.keys();
      if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest);
      kept.delete(key);
      kept.set(key, { isAdmin, until: clock.now() + keptForMs });
      return isAdmin;
    } catch (error) {
      const remedy = 'give the app the scope users:read, or set slack.homeSettings to off';
      if (!stopping.aborted)
        log.warn('slack does not tell who is an admin; nobody is', { ...person, error: describeError(error), remedy });
      return undefined;
    }
  };
}

/** See https://docs.slack.dev/reference/objects/user-object. Somebody from another workspace is an admin there, not here. */
function isAdminOf(user: unknown, tenant: string): boolean {
  if (!isRecord(user) || user['deleted'] === true || user['is_bot'] === true) return false;
  if (user['is_stranger'] === true || user['is_restricted'] === true || user['is_ultra_restricted'] === true) return false;
  const { team_id: team, enterprise_user: ofEnterprise } = user;
  const teams: readonly unknown[] = isRecord(ofEnterprise) && Array.isArray(ofEnterprise['teams']) ? ofEnterprise['teams'] : [];
  if (team !== tenant && !teams.includes(tenant)) return false;
  return user['is_admin'] === true || user['is_owner'] === true;
}
