import type { Command } from 'commander';
import { toFactText } from '../conversation/memory.ts';
import { UsageError } from '../errors.ts';
import { maxFactLength, type StoredFact } from '../store/memory-store.ts';
import { exitCodes, type Cli } from './command.ts';
import { withLedger } from './ledger.ts';
import { toPrintableJson, toPrintableLine } from './printable.ts';
import { askPerson } from './webhook/ask.ts';

export function register(command: Command, cli: Cli): void {
  command
    .description(
      'What is remembered of people beyond conversations; what everybody of a tenant is told; and forgetting a person.',
    )
    .addHelpText('after', examples);
  command
    .command('list', { isDefault: true })
    .description('Lists what is remembered, newest first.')
    .option('--person <person>', personHelp)
    .option('--tenant <tenant>', tenantHelp)
    .option('--limit <number>', 'how many at most', '100')
    .option('--json', 'as JSON')
    .action((options: ListOptions) => list(options, cli));
  command
    .command('add')
    .description('Notes something that is told to the model for every question in a tenant.')
    .argument('<text>', `at most ${maxFactLength} characters`)
    .requiredOption('--tenant <tenant>', tenantHelp)
    .action((text: string, options: { tenant: string }) => add(text, options, cli));
  command
    .command('remove')
    .description('Takes back what is remembered.')
    .argument('<ids...>', 'as list shows them')
    .action((ids: string[]) => remove(ids, cli));
  command
    .command('forget')
    .description(
      'Erases a person in a tenant, as /forget me does: facts, messages, files, the answers since, and what tools were asked for them.',
    )
    .requiredOption('--person <person>', personHelp)
    .option('--yes', 'ask nothing')
    .option('--json', 'as JSON')
    .action((options: ForgetOptions) => forget(options, cli));
}

const personHelp = 'adapter, tenant and id of a person: slack/T1/U1';
const tenantHelp = 'adapter and tenant: slack/T1, discord/112233, or a source of webhooks: webhook/shop';

const examples = `
Examples:
  $ parley memory
  $ parley memory list --person slack/T024BE7LD/U012A3CDE --json
  $ parley memory add --tenant slack/T024BE7LD "The office is closed on Fridays."
  $ parley memory remove 12
  $ parley memory forget --person slack/T024BE7LD/U012A3CDE

Works beside a running Parley. A source of webhooks that names no authors has a single person, by the name of the source.

Exit status: 0 done, 1 an id that is unknown, or nothing was erased because somebody said no, 2 wrong usage.
`;

interface ListOptions {
  readonly person?: string;
  readonly tenant?: string;
  readonly limit: string;
  readonly json?: boolean;
}

interface ForgetOptions {
  readonly person: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

async function list({ person, tenant, limit, json }: ListOptions, cli: Cli): Promise<void> {
  const count = Number(limit);
  if (!/^\d+$/.test(limit) || count < 1 || !Number.isSafeInteger(count))
    throw new UsageError(`--limit: "${limit}" is not a whole number above 0. Example: --limit 100`);
  const ofPerson = person === undefined ? {} : parsePerson(person);
  const ofTenant = tenant === undefined ? {} : parseTenant(tenant);
  const found = (await withLedger(cli, (store) => store.listFacts({ ...ofTenant, ...ofPerson, limit: count }))) ?? [];
  if (json) cli.stdout.write(toPrintableJson(found));
  else cli.stdout.write(found.map(toLine).join('') || 'Nothing is remembered.\n');
}

async function add(text: string, { tenant }: { readonly tenant: string }, cli: Cli): Promise<void> {
  const fact = toFactText(text);
  if (fact === '') throw new UsageError(`The text must have 1 to ${maxFactLength} characters.`);
  const where = parseTenant(tenant);
  const id = await withLedger(cli, (store) => store.addFact({ ...where, text: fact }));
  if (id === undefined) cli.exitCode = exitCodes.failed;
  else cli.stdout.write(`${id} noted\n`);
}

async function remove(ids: readonly string[], cli: Cli): Promise<void> {
  const wrong = ids.find((id) => !/^\d{1,15}$/.test(id));
  if (wrong !== undefined) throw new UsageError(`"${toPrintableLine(wrong)}" is no id of a fact. parley memory lists them.`);
  const done = await withLedger(cli, async (store) => {
    for (const id of ids) {
      if (await store.removeFact(Number(id))) cli.stdout.write(`${id} removed\n`);
      else {
        cli.stderr.write(`${id}: nothing is remembered under this id. All are listed by: parley memory\n`);
        cli.exitCode = exitCodes.failed;
      }
    }
    return true;
  });
  if (!done) cli.exitCode = exitCodes.failed;
}

async function forget(options: ForgetOptions, cli: Cli): Promise<void> {
  const person = parsePerson(options.person);
  const named = toPrintableLine(options.person);
  if (!options.yes && !(await isMeant(named, cli))) return;
  const forgotten = await withLedger(cli, (store) => store.forgetPerson(person));
  if (!forgotten) {
    cli.exitCode = exitCodes.failed;
    return;
  }
  const { interrupted: _, ...counts } = forgotten;
  const { facts, messages, conversations, waiting, underWay } = counts;
  if (options.json) cli.stdout.write(toPrintableJson(counts));
  else
    cli.stdout.write(
      `${named} is forgotten: facts ${facts}, messages ${messages} in conversations ${conversations}, questions that get no answer ${waiting}, parts of answers still on their way ${underWay}.\n`,
    );
}

async function isMeant(named: string, cli: Cli): Promise<boolean> {
  const ask = askPerson({});
  if (!ask) throw new UsageError('This cannot be undone: add --yes where nobody can be asked.');
  const answer = await ask(`All that is kept of ${named} is erased for good. Do it? (yes or no)`, 'no');
  if (/^y(?:es)?$/i.test(answer)) return true;
  cli.exitCode = exitCodes.failed;
  return false;
}

function parseTenant(given: string) {
  const [, adapter, tenant] = /^([a-z]+)\/([^/]+)$/.exec(given) ?? [];
  if (adapter === undefined || tenant === undefined)
    throw new UsageError(`"${toPrintableLine(given)}" names no tenant. Example: --tenant slack/T024BE7LD`);
  return { adapter, tenant };
}

function parsePerson(given: string) {
  const [, adapter, tenant, person] = /^([a-z]+)\/([^/]+)\/([^]+)$/.exec(given) ?? [];
  if (adapter === undefined || tenant === undefined || person === undefined)
    throw new UsageError(`"${toPrintableLine(given)}" names no person. Example: --person slack/T024BE7LD/U012A3CDE`);
  return { adapter, tenant, person };
}

function toLine({ id, at, adapter, tenant, person, name, text, place, isPublic }: StoredFact): string {
  const whose = person === '' ? 'everybody' : `${person}${name === '' || name === person ? '' : ` (${name})`}`;
  const where = isPublic ? 'public' : place;
  const facts = [String(id).padStart(5), new Date(at).toISOString().slice(0, 10), `${adapter}/${tenant}`, whose, where, text];
  return `${facts.map(toPrintableLine).join('  ')}\n`;
}
