import type { Command } from 'commander';
import type { Cli } from './command.ts';
import { addSource, type AddOptions } from './knowledge/add.ts';
import { listGaps, type GapOptions } from './knowledge/gaps.ts';
import { listSources } from './knowledge/list.ts';
import { removeSource } from './knowledge/remove.ts';
import { searchDocuments, type SearchOptions } from './knowledge/search.ts';
import { syncSources } from './knowledge/sync.ts';

export function register(command: Command, cli: Cli): void {
  command
    .description(
      'The documents that answers are looked up in: where they come from, what a question finds, what was asked in vain.',
    )
    .addHelpText('after', examples);
  command
    .command('list')
    .description('Lists sources and their documents as of the last look, and what could not be read.')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => listSources(options, cli));
  command
    .command('search')
    .description('Shows the passages that a question finds, best first.')
    .argument('<question>', 'as somebody would ask it')
    .option('--as <place>', 'only what may be seen there: ADAPTER/TENANT or ADAPTER/TENANT/CHANNEL')
    .option('--json', 'as JSON')
    .action((question: string, options: SearchOptions) => searchDocuments(question, options, cli));
  command
    .command('gaps')
    .description('Lists what was asked of the documents and not found, the most frequent first: what to write next.')
    .option('--limit <number>', 'how many at most', '50')
    .option('--json', 'as JSON')
    .action((options: GapOptions) => listGaps(options, cli));
  registerSources(command, cli);
}

function registerSources(command: Command, cli: Cli): void {
  command
    .command('add')
    .description('Adds a source beside those of the configuration, and reads it.')
    .argument('<name>', '1 to 40 of a-z, 0-9 and -')
    .argument('<path-or-url...>', 'a folder, files, pages, or a sitemap (ends with .xml or .xml.gz)')
    .option('--adapter <name>', 'where its documents may be seen; may be repeated', collect)
    .option('--tenant <id>', 'a Slack workspace, Discord server or webhook source; may be repeated', collect)
    .option('--channel <id>', 'may be repeated', collect)
    .option('--sitemap', 'the address is that of a sitemap')
    .option('--max-pages <number>', 'of a sitemap, at most')
    .option('--refresh-hours <number>', 'how often a running Parley looks for what has changed')
    .option('--json', 'as JSON')
    .action((name: string, from: readonly string[], options: AddOptions) => addSource({ name, from, ...options }, cli));
  command
    .command('remove')
    .description('Removes a source that was added, and its documents.')
    .argument('<name>')
    .action((name: string) => removeSource(name, cli));
  command
    .command('sync')
    .description('Reads all sources, or one, as they are now.')
    .argument('[name]')
    .option('--json', 'as JSON')
    .action((name: string | undefined, options: { json?: boolean }) => syncSources({ name, ...options }, cli));
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

const examples = `
Examples:
  $ parley knowledge search "How do I connect Slack?" --as slack/T0123/C0456
  $ parley knowledge add handbook ./handbook --tenant T0123
  $ parley knowledge add docs https://docs.example.com/sitemap.xml
  $ parley knowledge sync docs
  $ parley knowledge gaps --json | jq -r '.[].question'

Works beside a running Parley: what is read, removed or narrowed holds there at the next question.

Exit status: 0 done, 1 nothing found, or something could not be read, 2 wrong usage.
`;
