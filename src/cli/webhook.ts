import type { Command } from 'commander';
import type { Cli } from './command.ts';
import { register as registerSend } from './send.ts';

/** Each subcommand's work is loaded when it is called. */
export function register(command: Command, cli: Cli): void {
  command.description('Sources of webhooks: add one, try it, and look at what it has sent.').addHelpText('after', examples);
  registerPresets(command, cli);
  registerAdd(command, cli);
  registerLog(command, cli);
  registerTrials(command, cli);
  registerSend(command.command('send'), cli);
}

const examples = `
Examples:
  $ parley webhook presets zendesk
  $ parley webhook add tickets --preset zendesk
  $ parley webhook add tickets --conversation '{{ticket.id}}' --text '{{comment.body}}'
  $ parley webhook try tickets payload.json
  $ parley webhook deliveries --source tickets
  $ parley webhook show 3k9x2a-1f
  $ parley webhook listen

Works beside a running Parley, which takes up within a second or so what is replayed or sent again; else the next start does.

Exit status: 0 done, 1 refused or not there, 2 wrong usage or configuration.
`;

function registerLog(command: Command, cli: Cli): void {
  command
    .command('deliveries')
    .description('Lists the newest requests with what became of them, and counts what was refused today and yesterday.')
    .option('--source <name>', 'of this source only')
    .option('--limit <number>', 'how many at most', '50')
    .option('--json', 'as JSON')
    .action(async (options) => (await import('./webhook/deliveries.ts')).listDeliveries(options, cli));
  command
    .command('show')
    .description('Shows one request with its headers and body. Signatures and credentials are masked.')
    .argument('<id>', 'its id: the x-request-id that the sender was given')
    .option('--json', 'as JSON')
    .action(async (id, options) => (await import('./webhook/deliveries.ts')).showDelivery(id, options, cli));
  command
    .command('listen')
    .description('Prints what arrives from now on, until it is ended by Ctrl+C.')
    .option('--source <name>', 'of this source only')
    .option('--count <number>', 'end after so many')
    .option('--json', 'a line of JSON each')
    .action(async (options) => (await import('./webhook/listen.ts')).listen(options, cli));
  command
    .command('replay')
    .description(
      'Takes up a genuine request once more: one that was answered is asked anew, one that was refused is mapped anew.',
    )
    .argument('<id>', 'its id')
    .action(async (id) => (await import('./webhook/replay.ts')).replay(id, cli));
  command
    .command('resend')
    .description('Posts the answer to a request to its callback once more, under the same webhook-id.')
    .argument('<id>', 'its id')
    .action(async (id) => (await import('./webhook/replay.ts')).resend(id, cli));
}

function registerPresets(command: Command, cli: Cli): void {
  command
    .command('presets')
    .description('Lists the senders that Parley knows, or says of one what it needs and how it is set up.')
    .argument('[name]', 'one of them')
    .option('--json', 'as JSON')
    .action(async (name, options) => {
      const { listPresets, showPreset } = await import('./webhook/presets.ts');
      if (name === undefined) listPresets(options, cli);
      else showPreset(name, options, cli);
    });
}

function registerAdd(command: Command, cli: Cli): void {
  command
    .command('add')
    .description('Adds a source to parley.yaml, and makes its secret in .env. In a terminal it asks for what is not given.')
    .argument('<name>', 'receives its events at /webhooks/NAME')
    .option('--preset <name>', 'a sender that Parley knows: parley webhook presets')
    .option('--with <key=value...>', 'what the preset asks for, like subdomain=acme; secrets go into .env')
    .option('--scheme <scheme>', 'how its requests prove where they come from (default: standard)')
    .option('--conversation <template>', 'what belongs to one conversation has the same text here, like "{{ticket.id}}"')
    .option('--text <template>', 'what was said, like "{{comment.body}}"')
    .option('--author <template>', 'who said it')
    .option('--callback <url>', 'where answers are sent to')
    .option('--set <key=value...>', 'any other setting of the source, like verify.header=x-signature')
    .option('--yes', 'ask nothing')
    .action(async (name, options) => (await import('./webhook/add.ts')).addSource(name, options, cli));
}

function registerTrials(command: Command, cli: Cli): void {
  command
    .command('try')
    .description(
      'Shows what would become of a payload: proof, conversation, and what would be asked. Nothing is sent; a model is asked only with --answer.',
    )
    .argument('<source>', 'a source under `webhooks:` in parley.yaml')
    .argument('[file]', 'the payload; - reads standard input')
    .option('--fixture <name>', 'in place of a file: an event that the preset of the source brings along')
    .option('--header <header...>', 'a header as it came, like "x-signature: abc"; else Parley signs as the sender would')
    .option('--query <query>', 'the query of the address, as it came')
    .option('--at <time>', 'when it came, as ISO 8601 (default: now)')
    .option('--answer', 'also what the configured model would answer, without tools and without what was said before')
    .option('--json', 'as JSON')
    .action(async (source, file, options) => (await import('./webhook/try.ts')).tryPayload({ source, file, ...options }, cli));
  command
    .command('secrets')
    .description('The secrets that are shared with senders.')
    .command('rotate')
    .description('Prints a new secret, and the configuration that takes the new and the old one. Changes nothing.')
    .argument('<source>', 'a source under `webhooks:` in parley.yaml')
    .action(async (source) => (await import('./webhook/secrets.ts')).rotateSecret(source, cli));
}
