import { dirname, basename } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { sqlitePath } from '../config/database.ts';
import { UsageError } from '../errors.ts';
import { openDatabase } from '../store/sqlite/database.ts';
import { createInProcessStore } from '../store/sqlite/in-process.ts';
import type { DeadLetter, DeadLetterDetail, Store } from '../store/store.ts';
import { exitCodes, type Cli } from './command.ts';

/** Works beside a running Parley, which takes up within a second what is replayed. */
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
    .description('Shows one with its questions and texts. The first characters of its id will do.')
    .argument('<id>')
    .option('--json', 'as JSON')
    .action((id: string, options: { json?: boolean }) => show(id, options, cli));
  command
    .command('replay')
    .description('Tries again: the question is asked anew, or the answer delivered.')
    .argument('<ids...>')
    .action((ids: string[]) => resolveEach(ids, cli, { verb: 'replayed', act: (store, id) => store.replayDeadLetter(id) }));
  command
    .command('discard')
    .description('Gives up on it for good.')
    .argument('<ids...>')
    .action((ids: string[]) => resolveEach(ids, cli, { verb: 'discarded', act: (store, id) => store.discardDeadLetter(id) }));
}

const examples = `
Examples:
  $ parley dead-letters
  $ parley dead-letters show 3k9
  $ parley dead-letters replay 3k9 7zx

Exit status: 0 done, 1 an id that is unknown or not open any more, 2 wrong usage.
`;

interface ListOptions {
  readonly all?: boolean;
  readonly limit: string;
  readonly json?: boolean;
}

async function list({ all = false, limit, json }: ListOptions, cli: Cli): Promise<void> {
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1)
    throw new UsageError(`--limit: "${limit}" is not a whole number above 0. Example: --limit 50`);
  await withStore(cli, async (store) => {
    const letters = await store.listDeadLetters({ limit: count, all });
    if (json) cli.stdout.write(`${JSON.stringify(letters, null, 2)}\n`);
    else cli.stdout.write(letters.length === 0 ? 'No dead letters.\n' : letters.map(toLine).join(''));
  });
}

async function show(id: string, { json }: { json?: boolean }, cli: Cli): Promise<void> {
  await withStore(cli, async (store) => {
    const letter = await store.getDeadLetter(id);
    if (!letter) return notFound(id, cli);
    cli.stdout.write(json ? `${JSON.stringify(letter, null, 2)}\n` : toText(letter));
    return undefined;
  });
}

interface Resolution {
  readonly verb: string;
  readonly act: (store: Store, id: string) => Promise<boolean>;
}

async function resolveEach(ids: readonly string[], cli: Cli, { verb, act }: Resolution): Promise<void> {
  await withStore(cli, async (store) => {
    for (const id of ids) {
      if (await act(store, id)) cli.stdout.write(`${id} ${verb}\n`);
      else notFound(id, cli);
    }
  });
}

function notFound(id: string, cli: Cli): void {
  cli.stderr.write(
    `${id}: no open dead letter has this id, or more than one id begins so. List them with: parley dead-letters --all\n`,
  );
  cli.exitCode = exitCodes.failed;
}

async function withStore(cli: Cli, task: (store: Store) => Promise<void>): Promise<void> {
  const { config } = await cli.loadConfig();
  const store = createInProcessStore(openDatabase({ ...databaseOf(config), exclusive: false }), systemClock);
  try {
    await task(store);
  } finally {
    await store.close();
  }
}

/** Folder and name of the configured database. */
export function databaseOf(config: Config): { folder: string; name: string } {
  const path = sqlitePath(config.database);
  return { folder: dirname(path), name: basename(path) };
}

function toLine({ id, kind, adapter, at, attempts, error, state }: DeadLetter): string {
  const when = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  return `${id.slice(0, 10)}  ${when}  ${kind.padEnd(8)}  ${adapter.padEnd(8)}  ${state.padEnd(9)}  ${attempts} attempts  ${printable(error)}\n`;
}

function toText(letter: DeadLetterDetail): string {
  const questions = letter.questions.map(({ author, text }) => `  ${printable(author)}: ${printable(text)}\n`).join('');
  const parts = letter.parts.map((part) => `  ${printable(part)}\n`).join('');
  return [
    `${letter.id}\n`,
    `kind          ${letter.kind} (${letter.state})\n`,
    `conversation  ${letter.conversationId}\n`,
    `error         ${printable(letter.error)}\n`,
    letter.errorId ? `error id      ${letter.errorId}\n` : '',
    `attempts      ${letter.attempts}\n`,
    `at            ${new Date(letter.at).toISOString()}\n`,
    questions && `questions\n${questions}`,
    parts && `not delivered\n${parts}`,
  ].join('');
}

/** Text from outside must not steer the terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- escape sequences are what must not get through
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?').replaceAll('\n', ' ');
}
