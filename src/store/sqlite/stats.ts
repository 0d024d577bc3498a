import type { StoreStats } from '../store.ts';
import type { Sqlite } from './database.ts';

interface Range {
  readonly from: string;
  readonly to: string;
}

interface Unsettled {
  readonly waiting: number;
  readonly oldest: number | null;
  readonly undelivered: number;
}

const everything: Range = { from: '', to: '\u{10ffff}' };

/** Figures of the ledger. What is unsettled is counted by the conversation ids in its indexes, which begin with the adapter. */
export function createStats(db: Sqlite) {
  const unsettled = db.prepare<Range, Unsettled>(
    `select (select count(*) from inbox where state = 'waiting' and conversation_id >= @from and conversation_id < @to) as waiting,
       (select accepted_at from inbox where seq = (
          select min(seq) from inbox where state = 'waiting' and conversation_id >= @from and conversation_id < @to)) as oldest,
       (select count(*) from outbox where state in ('queued', 'sending') and conversation_id >= @from and conversation_id < @to)
         as undelivered`,
  );
  const others = db.prepare<[], { dead: number; conversations: number }>(
    `select (select count(*) from dead_letter where state = 'open') as dead, (select count(*) from conversation) as conversations`,
  );

  const count = (range: Range): Unsettled => unsettled.get(range) ?? { waiting: 0, oldest: null, undelivered: 0 };

  return function stats(adapters?: readonly string[]): StoreStats {
    const all = count(everything);
    const counted = adapters ? adapters.map((adapter) => count(rangeOf(adapter))) : [all];
    const waiting = sum(counted.map((each) => each.waiting));
    const undelivered = sum(counted.map((each) => each.undelivered));
    const oldest = counted.map((each) => each.oldest).filter((at) => at !== null);
    const { dead = 0, conversations = 0 } = others.get() ?? {};
    return {
      waiting,
      oldestWaitingAt: oldest.length > 0 ? Math.min(...oldest) : undefined,
      undelivered,
      parked: all.waiting + all.undelivered - waiting - undelivered,
      deadLetters: dead,
      conversations,
    };
  };
}

/** `;` comes after `:`, which ends the adapter's part of an id and cannot be in it. */
function rangeOf(adapter: string): Range {
  return { from: `${adapter}:`, to: `${adapter};` };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
