import { join } from 'node:path';
import type { Command } from 'commander';
import { createTerminalAdapter } from '../../adapters/terminal/index.ts';
import type { Config } from '../config.ts';
import { StoreLockedError, UsageError } from '../errors.ts';
import type { Log } from '../log.ts';
import { startParley, type Parley } from '../main.ts';
import type { Cli } from './command.ts';
import { createLog } from './log.ts';
import { onStopSignal } from './stop-signals.ts';
import { withoutPlatforms } from './without-platforms.ts';

type TerminalAdapter = ReturnType<typeof createTerminalAdapter>;

export function register(command: Command, cli: Cli): void {
  command
    .description('Talks to Parley in this terminal, with the configured model and knowledge. /quit or Ctrl-D ends it.')
    .option('--conversation <name>', 'a conversation of its own, with its own memory', 'main')
    .addHelpText('after', examples)
    .action((options: { conversation: string }) => run(options.conversation, cli));
}

const examples = `
Examples:
  $ parley chat
  $ echo "How do I connect Slack?" | parley chat

Also works while another Parley runs on the data folder; then it keeps a ledger of its own beside that one's.

Exit status: 0 it came to its end, 1 it cannot go on, 2 wrong usage or configuration, 3 the data folder is in use by another chat.
`;

async function run(conversation: string, cli: Cli): Promise<void> {
  if (conversation.trim() === '') throw new UsageError('--conversation: the name is empty. Example: --conversation trial');
  const { config, secrets } = await cli.loadConfig();
  const level = config.log.level === 'debug' ? 'debug' : 'warn';
  const log = createLog({ level, format: config.log.format, secrets, destination: process.stderr });
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  const terminal = createTerminalAdapter({ input: process.stdin, output: process.stdout, name: conversation, interactive });
  const failed = Promise.withResolvers<Error>();
  const parley = await startBeside({ config: withoutPlatforms(config), log, terminal, onFatal: failed.resolve, cli });
  const closeSignals = onStopSignal(() => void terminal.stop());
  if (interactive) cli.stdout.write(`${config.bot.name} answers by: ${parley.model}. /help tells more, /quit ends.\n\n`);
  const failure = await Promise.race([terminal.finished, failed.promise]);
  await parley.stop();
  closeSignals();
  if (failure) throw failure;
}

interface ChatStart {
  readonly config: Config;
  readonly log: Log;
  readonly terminal: TerminalAdapter;
  readonly onFatal: (error: Error) => void;
  readonly cli: Cli;
}

/** On the data folder itself, or where a running Parley holds that, on a folder inside it. */
async function startBeside({ config, log, terminal, onFatal, cli }: ChatStart): Promise<Parley> {
  const options = { log, adapters: [terminal], http: false, onFatal };
  try {
    return await startParley({ ...options, config });
  } catch (error) {
    if (!(error instanceof StoreLockedError)) throw error;
    const data = join(config.data, 'chat');
    cli.stderr.write(`Another Parley is running on ${config.data}; this conversation is kept in ${data}.\n`);
    return startParley({ ...options, config: { ...config, data, database: `sqlite:${join(data, 'parley.db')}` } });
  }
}
