import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { createKnowledgeSearch } from '../knowledge/search.ts';
import { exitCodes, type Cli } from './command.ts';
import { withLedger } from './ledger.ts';
import { toPrintable, toPrintableJson, toPrintableLine } from './printable.ts';

export function register(command: Command, cli: Cli): void {
  command
    .description('The documents that answers are looked up in: what is there, what a question finds, and what was asked in vain.')
    .addHelpText('after', examples);
  command
    .command('list')
    .description('Lists the documents as of the last start.')
    .option('--json', 'as JSON')
    .action((options: Options) => list(options, cli));
  command
    .command('search')
    .description('Shows the passages that a question finds, best first.')
    .argument('<question>', 'as somebody would ask it')
    .option('--json', 'as JSON')
    .action((question: string, options: Options) => search(question, options, cli));
  command
    .command('gaps')
    .description('Lists what was asked of the documents and not found, the most frequent first: what to write next.')
    .option('--limit <number>', 'how many at most', '50')
    .option('--json', 'as JSON')
    .action((options: Options & { limit: string }) => gaps(options, cli));
}

const examples = `
Examples:
  $ parley knowledge list
  $ parley knowledge search "How do I connect Slack?"
  $ parley knowledge gaps --json | jq -r '.[].question'

Works beside a running Parley, which reads changed documents at its next start.

Exit status: 0 printed, 1 nothing found, 2 wrong usage.
`;

interface Options {
  readonly json?: boolean;
}

async function list({ json }: Options, cli: Cli): Promise<void> {
  const documents = (await withLedger(cli, (store) => store.listDocuments())) ?? [];
  if (json) cli.stdout.write(toPrintableJson(documents.map(({ source }) => ({ source }))));
  else cli.stdout.write(documents.map(({ source }) => `${toPrintableLine(source)}\n`).join('') || 'No documents.\n');
}

async function search(question: string, { json }: Options, cli: Cli): Promise<void> {
  const found = (await withLedger(cli, (store) => createKnowledgeSearch(store)({ question }))) ?? [];
  if (found.length === 0) cli.exitCode = exitCodes.failed;
  const shown = found.map(({ source, heading, score, excerpt }) => ({ source, heading, score, excerpt }));
  if (json) cli.stdout.write(toPrintableJson(shown));
  else cli.stdout.write(toPrintable(shown.map(toText).join('\n') || 'Nothing was found.\n'));
}

function toText({
  source,
  heading,
  score,
  excerpt,
}: {
  source: string;
  heading: string;
  score: number;
  excerpt: string;
}): string {
  return `${source}${heading === '' ? '' : `: ${heading}`} (${score.toFixed(2)})\n  ${excerpt.trim().replaceAll('\n', '\n  ')}\n`;
}

async function gaps({ limit, json }: Options & { limit: string }, cli: Cli): Promise<void> {
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
