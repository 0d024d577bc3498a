import { UsageError } from '../../errors.ts';
import type { Cli } from '../command.ts';
import { withLedger } from '../ledger.ts';
import { toPrintableJson, toPrintableLine } from '../printable.ts';

export interface GapOptions {
  readonly limit: string;
  readonly json?: boolean;
}

export async function listGaps({ limit, json }: GapOptions, cli: Cli): Promise<void> {
  const count = Number(limit);
  if (!/^\d+$/.test(limit) || count < 1 || !Number.isSafeInteger(count))
    throw new UsageError(`--limit: "${limit}" is not a whole number above 0. Example: --limit 50`);
  const found = (await withLedger(cli, (store) => store.listGaps(count))) ?? [];
  if (json) cli.stdout.write(toPrintableJson(found));
  else
    cli.stdout.write(
      found.map((gap) => `${String(gap.count).padStart(5)}  ${toDay(gap.lastAt)}  ${toPrintableLine(gap.question)}\n`).join('') ||
        'No gaps.\n',
    );
}

function toDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
