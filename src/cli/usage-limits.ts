import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { toLimits } from '../config/resolve-limits.ts';
import { periodAt, type BudgetLimit, type MessageLimit } from '../limits.ts';
import type { LimitUse } from '../store/limit-store.ts';
import type { Store } from '../store/store.ts';
import { align } from './align.ts';
import { toPrintableLine } from './printable.ts';

/** How far a limit is used up by one of those whom it holds, in questions, tokens or the currency. */
export interface LimitLine {
  /** Its key in the configuration. */
  readonly limit: string;
  readonly unit: 'questions' | 'tokens' | 'money';
  readonly currency?: string;
  readonly adapter: string;
  readonly tenant: string;
  /** The channel or the person; empty where the limit is for more than one. */
  readonly subject: string;
  readonly used: number;
  readonly reserved: number;
  readonly left: number;
  readonly most: number;
  /** ISO 8601. Left out where time moves on by itself: a limit on questions holds within any minute, hour or day. */
  readonly resetsAt?: string;
}

/** Every limit that is set, with the most used up first; at most so many lines for each. */
export async function readLimits(store: Store, { limits }: Config, limit: number): Promise<readonly LimitLine[]> {
  const { messages, budgets } = toLimits(limits);
  if (messages.length + budgets.length === 0) return [];
  const byName = new Map([...messages, ...budgets].map((each) => [each.name, each]));
  const lines = await store.limitUse({ messages, budgets, limit });
  return lines.flatMap((line) => {
    const configured = byName.get(line.name);
    return configured ? [toLine(line, configured, limits.currency)] : [];
  });
}

function toLine(
  { name, adapter, tenant, subject, ...taken }: LimitUse,
  limit: MessageLimit | BudgetLimit,
  currency: string,
): LimitLine {
  const unit = 'unit' in limit ? limit.unit : 'questions';
  const inUnits = (figure: number): number => (unit === 'money' ? figure / 1_000_000 : figure);
  const { used, reserved } = taken;
  return {
    ...{ limit: name, unit, adapter, tenant, subject },
    ...(unit === 'money' ? { currency } : {}),
    ...{ used: inUnits(used), reserved: inUnits(reserved), most: inUnits(limit.most) },
    left: inUnits(Math.max(0, limit.most - used - reserved)),
    ...('unit' in limit ? { resetsAt: new Date(periodAt(systemClock.now(), limit.per).end).toISOString() } : {}),
  };
}

const headings = ['limit', 'whom', 'resets (UTC)', 'used', 'reserved', 'left', 'of'];

export function toLimitTable(lines: readonly LimitLine[]): string {
  if (lines.length === 0) return 'Nothing is counted against any limit.\n';
  const rows = lines.map((line) => [
    line.limit,
    toPrintableLine([line.adapter, line.tenant, line.subject].filter((part) => part !== '').join(' ') || 'everybody'),
    line.resetsAt?.slice(0, 16).replace('T', ' ') ?? '',
    ...[line.used, line.reserved, line.left, line.most].map((figure) => toFigure(figure, line)),
  ]);
  return align([headings, ...rows], 3);
}

function toFigure(figure: number, { currency }: LimitLine): string {
  if (currency === undefined) return figure.toLocaleString('en-US');
  return `${toMoney(figure)} ${currency}`;
}

/** To a hundredth, and small sums to where they begin. */
export function toMoney(sum: number): string {
  const isSmall = sum > 0 && sum < 0.1;
  return sum.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: isSmall ? 6 : 2 });
}
