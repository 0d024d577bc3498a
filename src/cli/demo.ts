import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { runDemo } from '../playground/demo.ts';
import { exitCodes, type Cli } from './command.ts';
import { createLog } from './log.ts';
import { onStopSignal } from './stop-signals.ts';

export function register(command: Command, cli: Cli): void {
  command
    .description(
      'Plays one conversation on each of Slack, Discord and a webhook, through the real SDKs on emulators. Needs no account and no configuration.',
    )
    .option('--verbose', 'also what Parley logs meanwhile, on standard error')
    .addHelpText('after', examples)
    .action((options: { verbose?: boolean }) => run(options, cli));
}

const examples = `
Examples:
  $ parley demo
  $ parley demo --verbose 2> demo.log

Exit status: 0 every question was answered, 1 one was not.
`;

async function run({ verbose = false }: { verbose?: boolean }, cli: Cli): Promise<void> {
  const log = createLog({ level: verbose ? 'debug' : 'error', format: 'auto', secrets: [], destination: process.stderr });
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.stdout.once('error', end);
  const closeSignals = onStopSignal(end);
  const from = systemClock.monotonic();
  try {
    const write = (text: string): unknown => cli.stdout.write(text);
    const { questions, answers } = await runDemo({ write, log, clock: systemClock, timeoutMs: 20_000, signal: ending.signal });
    const seconds = ((systemClock.monotonic() - from) / 1_000).toFixed(1);
    write(`\n${questions} questions on 3 platforms, ${answers} answers, ${seconds} s. Nothing of it is kept.\n`);
    if (answers === questions) return;
    cli.stderr.write('Not every question was answered. To see why: parley demo --verbose\n');
    cli.exitCode = exitCodes.failed;
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    cli.exitCode = exitCodes.failed;
  } finally {
    closeSignals();
  }
}
