import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import type { LoggedToolCall } from '../store/tool-call-store.ts';
import type { Cli } from './command.ts';
import { withLedger } from './ledger.ts';
import { registerApprovals } from './tool-approvals.ts';
import { toPrintableJson, toPrintableLine } from './printable.ts';

export function register(command: Command, cli: Cli): void {
  command.description('What the model may use while it answers: see tools in parley.yaml.').addHelpText('after', examples);
  command
    .command('log')
    .description('Lists calls of tools with what came of them, newest first.')
    .option('--turn <id>', 'only those of this turn')
    .option('--conversation <id>', 'only those of this conversation')
    .option('--limit <number>', 'how many at most', '50')
    .option('--json', 'as JSON')
    .action((options: Options) => log(options, cli));
  command
    .command('list')
    .description('Lists the tools that there are: which only look, which change something, and where a rule allows them.')
    .option('--json', 'as JSON')
    .action(async (options) => (await import('./tools/list.ts')).listTools(options, cli));
  command
    .command('try')
    .description('Calls one tool as the model would, and prints what the model would get. It stands in no log.')
    .argument('<name>', 'as list shows it')
    .option('--args <json>', 'its arguments', '{}')
    .option('--yes', 'call what changes something without asking')
    .option('--tenant <id>', 'what {{tenant}} is', 'local')
    .option('--person <id>', 'what {{person}} is', 'local')
    .option('--conversation <id>', 'what {{conversation}} is', 'terminal:local:try')
    .action(async (name, options) => (await import('./tools/try.ts')).tryTool(name, options, cli));
  registerApprovals(command, cli);
}

const examples = `
A call that stays "begun" was interrupted: nobody knows what came of it.

Examples:
  $ parley tools list
  $ parley tools try find_order --args '{ "number": "1001" }'
  $ parley tools log
  $ parley tools log --conversation slack:T1:C1:1700000000.000100 --json
  $ parley tools approvals
  $ parley tools approvals 3k9
  $ parley tools decline 3k9 --reason "The customer has been paid already."

Works beside a running Parley, which goes on within a second or so; else the next start does.

Exit status: 0 done, 1 the tool failed, or an id that is unknown or decided already, 2 wrong usage.
`;

interface Options {
  readonly turn?: string;
  readonly conversation?: string;
  readonly limit: string;
  readonly json?: boolean;
}

async function log({ turn: turnId, conversation: conversationId, limit, json }: Options, cli: Cli): Promise<void> {
  const count = Number(limit);
  if (!/^\d+$/.test(limit) || count < 1 || !Number.isSafeInteger(count))
    throw new UsageError(`--limit: "${limit}" is not a whole number above 0. Example: --limit 50`);
  const calls = (await withLedger(cli, (store) => store.listToolCalls({ turnId, conversationId, limit: count }))) ?? [];
  if (json) cli.stdout.write(toPrintableJson(calls));
  else cli.stdout.write(calls.length > 0 ? calls.map(toText).join('\n') : 'No tool has been called.\n');
}

const maxShown = 200;

function toText({ at, tool, state, ms, arguments: given, outcome, turnId, conversationId }: LoggedToolCall): string {
  const when = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  return [
    `${when}  ${state.padEnd(7)}  ${toPrintableLine(tool)}${ms === undefined ? '' : `  ${ms} ms`}\n`,
    `  arguments ${shorten(given)}\n`,
    outcome === undefined ? '' : `  outcome   ${shorten(outcome)}\n`,
    `  turn      ${turnId} of ${toPrintableLine(conversationId)}\n`,
  ].join('');
}

function shorten(text: string): string {
  const line = toPrintableLine(text);
  return line.length > maxShown ? `${line.slice(0, maxShown).toWellFormed()}…` : line;
}
