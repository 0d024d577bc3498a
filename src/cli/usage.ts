import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { UsageLine, UsageQuery } from '../store/usage-store.ts';
import type { Usage } from '../usage.ts';
import type { Config } from '../config.ts';
import { align } from './align.ts';
import { exitCodes, type Cli } from './command.ts';
import { readLimits, toLimitTable, toMoney, type LimitLine } from './usage-limits.ts';
import { withLedger } from './ledger.ts';
import { toPrintableJson, toPrintableLine } from './printable.ts';

interface UsageOptions {
  readonly since?: string;
  readonly by: string;
  readonly limit: string;
  readonly limits?: boolean;
  readonly json?: boolean;
}

export function register(command: Command, cli: Cli): void {
  command
    .description('Who asked how much, and how many tokens it took, of all that has ended.')
    .option('--since <date>', 'from this day on (UTC), as in 2026-11-01, or for this many days, as in 7d (default: ever)')
    .option('--by <what>', 'person, place (a channel, a ticket) or day', 'person')
    .option('--limit <number>', 'how many lines at most', '50')
    .option('--limits', 'only what is used, reserved and left of each limit')
    .option('--json', 'as JSON')
    .addHelpText('after', examples)
    .action((options: UsageOptions) => run(options, cli));
}

const examples = `
One answer may be for several questions; the tokens of a turn count for who asked last in it.
Where limits are set (see docs/limits.md), how far each is used up stands below; with prices set, what answers cost stands beside their tokens.

Examples:
  $ parley usage
  $ parley usage --since 7d --by day
  $ parley usage --since 2026-11-01 --json
  $ parley usage --limits

Works beside a running Parley.

Exit status: 0 done, 1 there is no ledger yet, 2 wrong usage.
`;

const summedAtOnce = 500;

/** A line of usage, with what it cost in the currency of the configuration where prices are set. */
type CostLine = UsageLine & { readonly cost?: number; readonly currency?: string };

async function run({ since, by, limit, limits = false, json = false }: UsageOptions, cli: Cli): Promise<void> {
  const query = { by: toKind(by), since: toSince(since), limit: toLimit(limit) };
  const found = await withLedger(cli, async (store, config) => ({
    lines: limits ? [] : await look(store, query, config),
    reached: await readLimits(store, config, query.limit),
  }));
  if (!found) {
    cli.exitCode = exitCodes.failed;
    return;
  }
  const { lines, reached } = found;
  if (json) cli.stdout.write(toPrintableJson(limits ? reached : lines));
  else cli.stdout.write(limits ? toLimitTable(reached) : toTable(lines, query.by) + below(reached));
}

async function look(store: Store, query: UsageQuery, { limits }: Config): Promise<readonly CostLine[]> {
  while ((await store.sumUsage({ limit: summedAtOnce })) === summedAtOnce);
  const lines = await store.usage(query);
  if (Object.keys(limits.prices).length === 0) return lines;
  const spending = await store.spending({ by: query.by, since: query.since });
  const keyOf = ({ adapter, tenant, key }: Pick<UsageLine, 'adapter' | 'tenant' | 'key'>) =>
    JSON.stringify([adapter, tenant, key]);
  const micros = new Map(spending.map((line) => [keyOf(line), line.micros]));
  return lines.map((line) => ({ ...line, cost: (micros.get(keyOf(line)) ?? 0) / 1_000_000, currency: limits.currency }));
}

function below(reached: readonly LimitLine[]): string {
  return reached.length === 0 ? '' : `\n${toLimitTable(reached)}`;
}

function toKind(by: string): UsageQuery['by'] {
  if (by === 'person' || by === 'place' || by === 'day') return by;
  throw new UsageError(`--by: "${toPrintableLine(by)}" is none of person, place, day. Example: --by day`);
}

function toSince(since: string | undefined): number | undefined {
  if (since === undefined) return undefined;
  const [, days] = /^(\d{1,5})d$/.exec(since) ?? [];
  if (days !== undefined) return systemClock.now() - (Number(days) - 1) * 24 * 60 * 60_000;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(since) ? Date.parse(since) : Number.NaN;
  // Date.parse takes the 31st of February for a day in March.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== since)
    throw new UsageError(`--since: "${toPrintableLine(since)}" is no day. Examples: --since 2026-11-01, --since 7d`);
  return at;
}

function toLimit(limit: string): number {
  const count = Number(limit);
  if (!/^\d+$/.test(limit) || count < 1 || !Number.isSafeInteger(count))
    throw new UsageError(`--limit: "${toPrintableLine(limit)}" is not a whole number above 0. Example: --limit 50`);
  return count;
}

const headings = ['questions', 'answers', 'failed', 'tokens in', 'tokens out'];

function toTable(lines: readonly CostLine[], by: UsageQuery['by']): string {
  if (lines.length === 0) return 'Nothing was asked.\n';
  const rows = lines.map((line) => [...labelsOf(line, by), ...figuresOf(line), ...costOf(line)]);
  const labels = by === 'day' ? ['day'] : [by, 'where'];
  const { currency } = lines[0] ?? {};
  const cost = currency === undefined ? {} : { currency, cost: lines.reduce((sum, line) => sum + (line.cost ?? 0), 0) };
  const total = ['total', ...labels.slice(1).map(() => ''), ...figuresOf(sum(lines)), ...costOf(cost)];
  const columns = [...labels, ...headings, ...(currency === undefined ? [] : ['cost'])];
  return align([columns, ...rows, ...(lines.length > 1 ? [total] : [])], labels.length);
}

function costOf({ cost, currency }: Pick<CostLine, 'cost' | 'currency'>): string[] {
  return cost === undefined ? [] : [`${toMoney(cost)} ${toPrintableLine(currency ?? '')}`];
}

function labelsOf({ adapter, tenant, key, name }: UsageLine, by: UsageQuery['by']): string[] {
  if (by === 'day') return [key];
  const label = name === '' || name === key ? key : `${name} (${key})`;
  return [toPrintableLine(label === '' ? '(nobody)' : label), toPrintableLine(`${adapter} ${tenant}`)];
}

function figuresOf({ questions, answers, failures, inputTokens, outputTokens }: Usage): string[] {
  return [questions, answers, failures, inputTokens, outputTokens].map((figure) => figure.toLocaleString('en-US'));
}

function sum(lines: readonly UsageLine[]): Usage {
  const of = (key: keyof Usage): number => lines.reduce((total, line) => total + line[key], 0);
  return {
    ...{ questions: of('questions'), answers: of('answers'), failures: of('failures') },
    ...{ inputTokens: of('inputTokens'), outputTokens: of('outputTokens') },
  };
}
