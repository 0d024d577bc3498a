import type { Amount, BudgetLimit, LimitParty, LimitSubject, MessageLimit } from '../limits.ts';

/**
 * What people have asked and what answers have taken, held against limits. Nobody asks here where no limits are configured.
 *
 * Messages are counted as they are let in, each once, however often its turn is tried. Tokens and money are reserved before a model is asked
 * and settled with what it took:
 *
 *     (none) ──reserve──> reserved ──reserve──> reserved again (what the call before took is settled in the same transaction)
 *                            ├──commitTurn, postponeTurn──> settled
 *                            └──the lease goes to another, or to nobody──> released
 *
 * A conversation has one reservation at most: that of the turn that holds its lease. It counts until that very lease goes to another or to
 * nobody, and is then nothing, without anybody doing anything. A lease that has run out and that nobody has taken up yet counts still: its
 * holder may be late rather than dead. At every moment what is settled and what is reserved are together at most what a limit
 * allows, unless a model has taken more than was reserved for it.
 */
export interface LimitStore {
  /** Lets the first messages of a turn in, or says which limit they are beyond. They are counted by when they came. */
  admitMessages(admission: Admission): Promise<Admitted>;
  /** Settles what the turn has taken so far, and reserves what its next model call may take, in place of what it had reserved. */
  reserve(reservation: Reservation): Promise<Reserved>;
  /** How far each limit is used up, and by whom, the most used first; at most so many lines for each. */
  limitUse(query: LimitQuery): Promise<readonly LimitUse[]>;
  /** What was settled since the day of `since`, or ever, by subject. */
  spending(query: SpendingQuery): Promise<readonly SpendingLine[]>;
}

interface Hold {
  readonly owner: string;
  readonly conversationId: string;
  readonly token: number;
}

export interface Admission extends Hold {
  readonly limits: readonly MessageLimit[];
  /** In their order; not empty. */
  readonly messages: readonly { readonly seq: number; readonly at: number; readonly party: LimitParty }[];
}

/** `count`: of so many of the first messages it is said. `stale` when the lease has been lost: then nothing has changed. */
export type Admitted =
  | { readonly status: 'admitted'; readonly count: number }
  | (ReachedLimit & { readonly status: 'refused'; readonly count: number })
  | { readonly status: 'stale' };

export interface ReachedLimit {
  /** Its name. */
  readonly limit: string;
  /** When there is room again, in ms since 1970. */
  readonly resetsAt: number;
  /** Whether that has been said in this conversation already, by a turn that was committed with this limit. */
  readonly told: boolean;
}

export interface Reservation extends Hold {
  readonly turnId: string;
  readonly party: LimitParty;
  readonly limits: readonly BudgetLimit[];
  readonly amount: Amount;
  /** What the turn has taken since it settled last. Settled whether there is room for more or not. */
  readonly spent: Amount;
}

/** `fits`: whether there would be room if nothing else were counted. */
export type Reserved =
  | { readonly status: 'reserved' | 'stale' }
  | (ReachedLimit & { readonly status: 'refused'; readonly fits: boolean });

/** Of the end of a turn, or of an attempt: what is settled with it. Left out where nothing is counted. */
export interface Spending {
  readonly spent?: (Amount & { readonly party: LimitParty }) | undefined;
  /** The limit that it has ended by, and until when that need not be said again here. */
  readonly reached?: { readonly limit: string; readonly until: number } | undefined;
}

export interface LimitQuery {
  readonly messages: readonly MessageLimit[];
  readonly budgets: readonly BudgetLimit[];
  readonly limit: number;
}

export interface LimitUse extends LimitSubject {
  readonly name: string;
  readonly used: number;
  readonly reserved: number;
}

export interface SpendingQuery {
  readonly by: 'person' | 'place' | 'day';
  readonly since?: number | undefined;
}

export interface SpendingLine extends Amount {
  readonly adapter: string;
  readonly tenant: string;
  /** As in the lines of usage. */
  readonly key: string;
}
