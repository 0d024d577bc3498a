import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { debugRequested, loadConfig } from '../config.ts';
import { ConfigError, ParleyError, StoreLockedError, UsageError } from '../errors.ts';
import { createErrorId } from '../ids.ts';
import { redact } from '../log.ts';
import { ignoreBrokenPipe } from './broken-pipe.ts';
import { type Cli, type CommandModule, exitCodes, type Output } from './command.ts';

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** One line per command; its file says the rest. */
const commands: readonly CommandEntry[] = [
  { name: 'start', summary: 'answer on every platform that is configured', load: () => import('./start.ts') },
  { name: 'demo', summary: 'play a conversation on each platform, on emulators', load: () => import('./demo.ts') },
  { name: 'chat', summary: 'talk to the bot in this terminal', load: () => import('./chat.ts') },
  { name: 'config', summary: 'show the effective configuration', load: () => import('./config.ts') },
  {
    name: 'doctor',
    summary: 'say what is configured, what is missing, and whether each credential works',
    load: () => import('./doctor.ts'),
  },
  { name: 'slack', summary: 'help to set up the Slack app', load: () => import('./slack.ts') },
  { name: 'discord', summary: 'help to set up the Discord application', load: () => import('./discord.ts') },
  {
    name: 'webhook',
    summary: 'add sources of webhooks, try them, and look at what they have sent',
    load: () => import('./webhook.ts'),
  },
  { name: 'send', summary: 'sign a test webhook and send it', load: () => import('./send.ts') },
  {
    name: 'dead-letters',
    summary: 'list, show, replay or discard what could not be done',
    load: () => import('./dead-letters.ts'),
  },
  {
    name: 'knowledge',
    summary: 'list, add and read documents, show what a question finds, and what was asked in vain',
    load: () => import('./knowledge.ts'),
  },
  {
    name: 'memory',
    summary: 'show what is remembered of people, add to it, and forget a person',
    load: () => import('./memory.ts'),
  },
  { name: 'feedback', summary: 'say what people think of the answers', load: () => import('./feedback.ts') },
  {
    name: 'tools',
    summary: 'list and try tools, and show which were called and what came of it',
    load: () => import('./tools.ts'),
  },
  { name: 'usage', summary: 'show who asked how much, and what it took', load: () => import('./usage.ts') },
];

const examples = `
Examples:
  $ parley start
  $ parley config --json
  $ parley dead-letters --help

Exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 the data folder is in use by another Parley.
`;

/** Runs one command line (without the names of node and the script); resolves with the exit status. Never rejects. */
export async function runCli(args: readonly string[], cli: Cli = createCli()): Promise<number> {
  const program = new Command('parley')
    .description('A chat bot that a team runs itself: Slack, Discord and signed webhooks.')
    .version(readVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => cli.stdout.write(text), writeErr: (text) => cli.stderr.write(text) })
    .showHelpAfterError('(--help shows how to call it)')
    .addHelpText('after', examples);
  try {
    await addCommands(program, args, cli);
    await program.parseAsync(args, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return report(error, cli.stderr);
  }
}

/** All commands are listed; only the one that is called, or asked about, is loaded. */
async function addCommands(program: Command, args: readonly string[], cli: Cli): Promise<void> {
  const named = args[0] === 'help' ? args[1] : args[0];
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary);
    if (name === named) (await load()).register(command, cli);
  }
}

function createCli(): Cli {
  ignoreBrokenPipe();
  return { stdout: process.stdout, stderr: process.stderr, loadConfig: () => loadConfig(), exitCode: exitCodes.ok };
}

function readVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}

/** Tells what went wrong, as an operator needs it; returns the exit status that says so to a script. */
function report(error: unknown, stderr: Output): number {
  // Commander has written its message already; asking for help or the version is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof ParleyError) {
    stderr.write(`${redact(error.message)}\n`);
    if (error instanceof StoreLockedError) return exitCodes.locked;
    return error instanceof UsageError || error instanceof ConfigError ? exitCodes.usage : exitCodes.failed;
  }
  const message = error instanceof Error ? error.message : String(error);
  const debug = debugRequested();
  stderr.write(redact(`Unexpected error ${createErrorId()}: ${message}\n`));
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  stderr.write(debug ? redact(`${stack}\n`) : 'Run it again with LOG_LEVEL=debug to see where it happened.\n');
  return exitCodes.failed;
}
