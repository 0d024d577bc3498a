import { boolean, constant, constantFrom, nat, oneof, option, record, type Arbitrary } from 'fast-check';
import { leaseMs } from './ledger-model.ts';

export interface Accept {
  readonly do: 'accept';
  readonly in: string;
  /** Rather one that came before. */
  readonly again: boolean;
  /** Otherwise it is a reply to somebody. */
  readonly addressed: boolean;
  /** Said so long before it comes. */
  readonly lateMs: number;
}

interface Advance {
  readonly do: 'advance';
  readonly ms: number;
}

interface Claim {
  readonly do: 'claimTurns' | 'claimDeliveries';
  readonly owner: string;
  readonly limit: number;
}

export interface Free {
  readonly do: 'handBack' | 'takeOver';
  readonly owner: string;
}

/** `which` picks one of all that was ever held: its lease may be long lost. */
interface Picked {
  readonly which: number;
}

export interface Commit extends Picked {
  readonly do: 'commit';
  readonly parts: number;
  readonly failed: boolean;
}

export interface Postpone extends Picked {
  readonly do: 'postpone';
  readonly ms: number;
  readonly counts: boolean;
}

export interface Renew extends Picked {
  readonly do: 'renew';
}

export interface Sent extends Picked {
  readonly do: 'sent';
}

export interface Failed extends Picked {
  readonly do: 'failed';
  /** Until the next attempt; undefined: never again. */
  readonly ms: number | undefined;
  readonly uncertain: boolean;
}

export interface Decide extends Picked {
  readonly do: 'replay' | 'discard';
}

/** What may happen to a ledger. */
export type Step = Accept | Advance | Claim | Free | Commit | Postpone | Renew | Sent | Failed | Decide;

const name = constantFrom('c1', 'c2', 'c3');
const owner = constantFrom('p1', 'p2');
const which = nat({ max: 5 });
const ms = constantFrom(0, 1, 400, leaseMs);

export const step: Arbitrary<Step> = oneof(
  {
    weight: 5,
    arbitrary: record({
      do: constant('accept' as const),
      in: name,
      again: boolean(),
      addressed: boolean(),
      lateMs: nat({ max: leaseMs }),
    }),
  },
  { weight: 3, arbitrary: record({ do: constant('advance' as const), ms }) },
  { weight: 5, arbitrary: record({ do: constant('claimTurns' as const), owner, limit: nat({ max: 3 }) }) },
  { weight: 4, arbitrary: record({ do: constant('claimDeliveries' as const), owner, limit: nat({ max: 3 }) }) },
  {
    weight: 6,
    arbitrary: record({ do: constant('commit' as const), which, parts: nat({ max: 3 }), failed: boolean() }),
  },
  { weight: 1, arbitrary: record({ do: constant('postpone' as const), which, ms, counts: boolean() }) },
  { weight: 1, arbitrary: record({ do: constant('renew' as const), which }) },
  { weight: 6, arbitrary: record({ do: constant('sent' as const), which }) },
  {
    weight: 3,
    arbitrary: record({
      do: constant('failed' as const),
      which,
      ms: option(ms, { nil: undefined }),
      uncertain: boolean(),
    }),
  },
  { weight: 2, arbitrary: record({ do: constantFrom('replay' as const, 'discard' as const), which }) },
  { weight: 2, arbitrary: record({ do: constantFrom('handBack' as const, 'takeOver' as const), owner }) },
);
