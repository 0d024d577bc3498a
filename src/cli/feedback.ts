import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import type { FeedbackSummary, Judgement } from '../store/feedback-store.ts';
import type { Cli } from './command.ts';
import { withLedger } from './ledger.ts';
import { toPrintableJson, toPrintableLine } from './printable.ts';

export function register(command: Command, cli: Cli): void {
  command
    .description('What people think of the answers: how many are good, and why some are not.')
    .addHelpText('after', examples);
  command
    .command('summary', { isDefault: true })
    .description('Counts the judgements.')
    .option('--since <time>', sinceHelp)
    .option('--json', 'as JSON')
    .action((options: Options) => summarise(options, cli));
  command
    .command('list')
    .description('Lists the judgements with question, answer and reason, newest first.')
    .option('--since <time>', sinceHelp)
    .option('--limit <number>', 'how many at most', '50')
    .option('--json', 'as JSON')
    .action((options: ListOptions) => list(options, cli));
}

const sinceHelp = 'a date (2026-11-01), a time (2026-11-01T12:00Z), or how long ago: 12h, 7d, 4w';

const examples = `
Each person has one judgement of an answer, the last one.

Examples:
  $ parley feedback
  $ parley feedback --since 7d
  $ parley feedback list --since 2026-11-01 --json | jq '.[] | select(.rating == "bad")'

Exit status: 0 printed, 2 wrong usage.
`;

interface Options {
  readonly since?: string;
  readonly json?: boolean;
}

interface ListOptions extends Options {
  readonly limit: string;
}

async function summarise({ since, json }: Options, cli: Cli): Promise<void> {
  const from = parseSince(since);
  const summaries = (await withLedger(cli, (store) => store.summariseFeedback({ since: from }))) ?? [];
  if (json) cli.stdout.write(toPrintableJson(summaries));
  else cli.stdout.write(summaries.length > 0 ? summaries.map(toSummaryLine).join('') : 'No feedback.\n');
}

async function list({ since, limit, json }: ListOptions, cli: Cli): Promise<void> {
  const from = parseSince(since);
  const count = Number(limit);
  if (!/^\d+$/.test(limit) || count < 1 || !Number.isSafeInteger(count))
    throw new UsageError(`--limit: "${limit}" is not a whole number above 0. Example: --limit 50`);
  const judgements = (await withLedger(cli, (store) => store.listFeedback({ since: from, limit: count }))) ?? [];
  if (json) cli.stdout.write(toPrintableJson(judgements));
  else cli.stdout.write(judgements.length > 0 ? judgements.map(toText).join('\n') : 'No feedback.\n');
}

const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** ms since 1970; the beginning of time where it was left out. */
function parseSince(since: string | undefined): number {
  if (since === undefined) return 0;
  const [, count, unit = ''] = /^(\d{1,5})([hdw])$/.exec(since) ?? [];
  if (count !== undefined) return systemClock.now() - Number(count) * (unitsMs[unit] ?? 0);
  const at = /^\d{4}-\d{2}-\d{2}/.test(since) ? Date.parse(since) : Number.NaN;
  if (Number.isNaN(at)) throw new UsageError(`--since: "${since}" is no time. Examples: --since 7d, --since 2026-11-01`);
  return at;
}

function toSummaryLine({ adapter, good, bad, withReason, people, answers }: FeedbackSummary): string {
  const share = `${Math.round((100 * good) / (good + bad))} % good`;
  const counts = `${good} good, ${bad} bad (${withReason} with a reason), of ${answers} answers by ${people} people`;
  return `${adapter.padEnd(8)}  ${share.padEnd(10)}  ${counts}\n`;
}

function toText({ rating, reason, adapter, authorName, at, questions, answer, conversationId, turnId }: Judgement): string {
  const when = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  return [
    `${when}  ${rating.padEnd(4)}  ${adapter}  ${toPrintableLine(authorName)}\n`,
    reason === undefined ? '' : `  reason    ${shorten(reason)}\n`,
    ...questions.map((question) => `  question  ${shorten(question)}\n`),
    answer === '' ? '' : `  answer    ${shorten(answer)}\n`,
    `  turn      ${turnId} of ${toPrintableLine(conversationId)}\n`,
  ].join('');
}

const maxShown = 200;

function shorten(text: string): string {
  const line = toPrintableLine(text);
  return line.length > maxShown ? `${line.slice(0, maxShown).toWellFormed()}…` : line;
}
