import { KillFailure, type FailureFacts } from './failure.ts';
import type { KillPoint, PlatformName } from './points.ts';
import type { RunningProcess } from './processes.ts';

/** What a campaign has done so far. */
export interface CampaignRecord {
  kills(): number;
  /** By the name of the point. */
  readonly byPoint: ReadonlyMap<string, number>;
  add(point: Pick<KillPoint, 'name'>, killed: RunningProcess): void;
  /** A promise was broken. */
  fail(problem: string, running: RunningProcess, findings?: FailureFacts['findings']): never;
}

export type RecordOptions = Pick<FailureFacts, 'seed' | 'folder'> & { readonly platform: PlatformName };

/** How many logs of earlier processes a failure shows. */
const logsKept = 2;

export function createRecord(options: RecordOptions): CampaignRecord {
  const byPoint = new Map<string, number>();
  const history: string[] = [];
  const logs: string[] = [];
  return {
    kills: () => history.length,
    byPoint,
    add: ({ name }, killed) => {
      byPoint.set(name, (byPoint.get(name) ?? 0) + 1);
      history.push(name);
      logs.push(killed.tail());
      if (logs.length > logsKept) logs.shift();
    },
    fail: (problem, running, findings = []) => {
      throw new KillFailure({ ...options, kills: history.length, history, problem, findings, logs: [...logs, running.tail()] });
    },
  };
}
