import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { runDemo } from '../playground/demo.ts';
import type { Cli } from './command.ts';
import { createLog } from './log.ts';

export function register(command: Command, cli: Cli): void {
  command
    .description('Plays one conversation on each of Slack, Discord and a webhook, through the real SDKs on emulators; needs no account and no configuration.')
    .option('--verbose', 'also what Parley logs meanwhile')
    .addHelpText('after', '\nExit status: 0 every question was answered, 1 one was not.\n')
    .action((options: { verbose?: boolean }) => run(options, cli));
}

async function run({ verbose = false }: { verbose?: boolean }, cli: Cli): Promise<void> {
  const log = createLog({ level: verbose ? 'debug' : 'error', format: 'auto', secrets: [], destination: process.stderr });
  const from = systemClock.monotonic();
  const answered = await runDemo({ write: (text) => cli.stdout.write(text), log, timeoutMs: 20_000 });
  const seconds = ((systemClock.monotonic() - from) / 1_000).toFixed(1);
  cli.stdout.write(`\n${answered} questions on 3 platforms, ${answered} answers, ${seconds} s. Nothing of it is kept.\n`);
}
