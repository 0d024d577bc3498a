import type { StoredInstallation } from '../../adapter.ts';
import type { Installation } from '../../message.ts';
import { appUninstalled, type InstallationData, type InstallationKey } from '../installation-store.ts';
import type { Sqlite } from './database.ts';
import { toTime } from './time.ts';

/** Platforms give the time of an event in whole seconds. */
const timeGrainMs = 999;

export function createInstallations(db: Sqlite) {
  const put = db.prepare<[string, string, string, number]>(
    `insert into installation (adapter, id, data, installed_at) values (?, ?, ?, ?)
     on conflict (adapter, id) do update set data = excluded.data, installed_at = excluded.installed_at`,
  );
  const replace = db.prepare<[string, string, string, string]>(
    'update installation set data = ? where adapter = ? and id = ? and data = ?',
  );
  const find = db.prepare<[string, string], StoredInstallation>(
    'select id, data, installed_at as installedAt from installation where adapter = ? and id = ?',
  );
  const list = db.prepare<[string], StoredInstallation>(
    'select id, data, installed_at as installedAt from installation where adapter = ? order by id',
  );
  return {
    saveInstallation({ adapter, id, data, replaces }: InstallationKey & InstallationData, now: number): boolean {
      if (replaces !== undefined) return replace.run(data, adapter, id, replaces).changes > 0;
      put.run(adapter, id, data, now);
      return true;
    },
    findInstallation: ({ adapter, id }: InstallationKey): StoredInstallation | undefined => find.get(adapter, id),
    listInstallations: ({ adapter }: { adapter: string }): StoredInstallation[] => list.all(adapter),
  };
}

/** What an `uninstall` event does; returns the reason for which no turn takes it up. */
export function createUninstall(db: Sqlite) {
  const isNewer = db.prepare<[string, string, number], { found: 1 }>(
    'select 1 as found from installation where adapter = ? and id = ? and installed_at > ?',
  );
  const remove = db.prepare<[string, string]>('delete from installation where adapter = ? and id = ?');
  // `indexed by`: of all events only those that wait. The leases are taken away from running turns, which so can commit nothing any more.
  const rest = db.prepare<[string, string]>(
    `update conversation indexed by conversation_wake
     set wake_at = null, lease_owner = null, lease_token = lease_token + 1, attempt = 0, crashes = 0, stream = null
     where wake_at is not null and adapter = ? and tenant = ?`,
  );
  const refuse = db.prepare<[string, number, string, string]>(
    `update inbox indexed by inbox_waiting
     set state = 'settled', verdict = 'refused', reason = ?, payload = null, text = '', settled_at = ?
     where state = 'waiting' and adapter = ? and tenant = ?`,
  );
  const forgetOverheard = db.prepare<[string, string]>(
    `update inbox indexed by inbox_overheard set text = '', payload = null
     where verdict = 'ignored' and payload is not null and adapter = ? and tenant = ?`,
  );
  const giveUp = db.prepare<[string, number, string, string], { turn: number }>(
    `update outbox indexed by outbox_conversation set state = 'dead', error = ?, settled_at = ?, next_at = null, lease_owner = null
     where state in ('queued', 'sending') and adapter = ? and tenant = ? returning turn`,
  );
  const withdraw = db.prepare<[number, string, string]>(
    "update approval indexed by approval_pending set state = 'withdrawn', decided_at = ? where state = 'pending' and adapter = ? and tenant = ?",
  );
  const forgetFacts = db.prepare<[string, string]>('delete from fact where adapter = ? and tenant = ?');
  const refuseAnswered = db.prepare<{ turn: number; reason: string }>(
    `update inbox set verdict = 'refused', reason = @reason
     where seq between (select first_seq from turn where seq = @turn) and (select last_seq from turn where seq = @turn)
       and turn = @turn and verdict = 'answered'`,
  );

  return function uninstall({ adapter, tenant, sentAt }: Installation, now: number): string {
    // Delivered late, and the app has been installed anew meanwhile.
    if (isNewer.get(adapter, tenant, toTime(sentAt) + timeGrainMs)) return 'older than the installation';
    remove.run(adapter, tenant);
    rest.run(adapter, tenant);
    refuse.run(appUninstalled, now, adapter, tenant);
    forgetOverheard.run(adapter, tenant);
    withdraw.run(now, adapter, tenant);
    forgetFacts.run(adapter, tenant);
    const turns = new Set(giveUp.all(appUninstalled, now, adapter, tenant).map(({ turn }) => turn));
    for (const turn of turns) refuseAnswered.run({ turn, reason: appUninstalled });
    return appUninstalled;
  };
}
