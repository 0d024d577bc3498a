import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import type { DeadLetter, DeadLetterDetail, Store } from '../store/store.ts';
import { exitCodes, type Cli } from './command.ts';
import { withLedger } from './ledger.ts';
import { toPrintable, toPrintableJson, toPrintableLine } from './printable.ts';

export function register(command: Command, cli: Cli): void {
  command
    .description(
      'Questions that got no answer and answers that could not be delivered: look at them, try again, or discard them.',
    )
    .addHelpText('after', examples);
  command
    .command('list', { isDefault: true })
    .description('Lists what is open, newest first.')
    .option('--all', 'also what has been replayed or discarded')
    .option('--limit <number>', 'how many at most', '50')
    .option('--json', 'as JSON')
    .action((options: ListOptions) => list(options, cli));
  command
    .command('show')
    .description('Shows one with its questions and texts.')
    .argument('<id>', 'its id, or the first characters of it')
    .option('--json', 'as JSON')
    .action((id: string, options: { json?: boolean }) => show(id, options, cli));
  command
    .command('replay')
    .description('Tries again: the question is asked anew, or the answer delivered.')
    .argument('<ids...>', 'their ids, or the first characters of them')
    .action((ids: string[]) => resolveEach(ids, cli, { done: 'replayed', act: (store, id) => store.replayDeadLetter(id) }));
  command
    .command('discard')
    .description('Gives up on it for good.')
    .argument('<ids...>', 'their ids, or the first characters of them')
    .action((ids: string[]) => resolveEach(ids, cli, { done: 'discarded', act: (store, id) => store.discardDeadLetter(id) }));
}

const examples = `
Examples:
  $ parley dead-letters
  $ parley dead-letters show 3k9
  $ parley dead-letters replay 3k9 7zx
  $ parley dead-letters list --json | jq -r '.[].id' | xargs parley dead-letters discard

Works beside a running Parley, which takes up within a second or so what is replayed; else the next start does.

Exit status: 0 done, 1 an id that is unknown or not open any more, 2 wrong usage.
`;

interface ListOptions {
  readonly all?: boolean;
  readonly limit: string;
  readonly json?: boolean;
}

async function list({ all = false, limit, json }: ListOptions, cli: Cli): Promise<void> {
  const count = Number(limit);
  if (!/^\d+$/.test(limit) || count < 1 || !Number.isSafeInteger(count))
    throw new UsageError(`--limit: "${limit}" is not a whole number above 0. Example: --limit 50`);
  const letters = await withLedger(cli, (store) => store.listDeadLetters({ limit: count, all }));
  if (json) cli.stdout.write(toPrintableJson(letters ?? []));
  else cli.stdout.write(letters?.length ? letters.map(toLine).join('') : 'No dead letters.\n');
}

async function show(id: string, { json }: { json?: boolean }, cli: Cli): Promise<void> {
  const letter = await withLedger(cli, (store) => store.getDeadLetter(id));
  if (letter) cli.stdout.write(json ? toPrintableJson(letter) : toText(letter));
  else refuse(unknown(id), cli);
}

interface Resolution {
  readonly done: 'replayed' | 'discarded';
  readonly act: (store: Store, id: string) => Promise<boolean>;
}

/** One that cannot be resolved does not keep the others from it. */
async function resolveEach(ids: readonly string[], cli: Cli, { done, act }: Resolution): Promise<void> {
  const resolved = await withLedger(cli, async (store) => {
    for (const id of ids) {
      const letter = await store.getDeadLetter(id);
      if (!letter) refuse(unknown(id), cli);
      else if (await act(store, letter.id)) cli.stdout.write(`${letter.id} ${done}\n`);
      else refuse(`${letter.id}: was ${letter.state} already`, cli);
    }
    return true;
  });
  if (!resolved) cli.exitCode = exitCodes.failed;
}

function unknown(id: string): string {
  return `${toPrintableLine(id)}: no dead letter has this id, or more than one id begins so. All are listed by: parley dead-letters list --all`;
}

function refuse(why: string, cli: Cli): void {
  cli.stderr.write(`${why}\n`);
  cli.exitCode = exitCodes.failed;
}

function toLine({ id, kind, adapter, at, attempts, error, state }: DeadLetter): string {
  const when = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  const facts = [id.slice(0, 10), when, kind.padEnd(8), adapter.padEnd(8), state.padEnd(9), countAttempts(attempts).padEnd(11)];
  return `${[...facts, toPrintableLine(error)].join('  ')}\n`;
}

function toText(letter: DeadLetterDetail): string {
  const questions = letter.questions.map(({ author, text }) => `  ${toPrintableLine(author)}: ${indent(text)}\n`).join('');
  const parts = letter.parts.map((part) => `  ${indent(part)}\n`).join('');
  return [
    `${letter.id}\n`,
    `kind          ${letter.kind} (${letter.state})\n`,
    `conversation  ${toPrintableLine(letter.conversationId)}\n`,
    `error         ${toPrintableLine(letter.error)}\n`,
    letter.errorId ? `error id      ${letter.errorId}\n` : '',
    `attempts      ${letter.attempts}\n`,
    `at            ${new Date(letter.at).toISOString()}\n`,
    questions && `questions\n${questions}`,
    parts && `not delivered\n${parts}`,
  ].join('');
}

function countAttempts(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}

function indent(text: string): string {
  return toPrintable(text).replaceAll('\n', '\n    ');
}
