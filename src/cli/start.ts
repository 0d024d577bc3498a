import { once } from 'node:events';
import module from 'node:module';
import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { startParley, type Parley } from '../main.ts';
import { exitCodes, type Cli } from './command.ts';
import { createLog } from './log.ts';
import { describeConfig, renderOverview, type OverviewLine } from './overview.ts';
import { onStopSignal } from './stop-signals.ts';

export function register(command: Command, cli: Cli): void {
  command
    .description(
      'Answers on every platform that is configured, until it is stopped (Ctrl-C, SIGTERM). Needs no configuration to start.',
    )
    .addHelpText('after', examples)
    .action(() => run(cli));
}

const examples = `
Examples:
  $ parley start
  $ PORT=8080 OPENAI_API_KEY=sk-... parley start

A second Ctrl-C ends it at once; nothing that was acknowledged is lost by that either.

Exit status: 0 stopped by a signal, 1 it cannot go on, or a platform refuses it, 2 wrong usage or configuration (a port in use, too),
3 the data folder is in use by another Parley.
`;

async function run(cli: Cli): Promise<void> {
  const { config, warnings, secrets } = await cli.loadConfig();
  const log = createLog({ ...config.log, secrets, destination: process.stdout });
  for (const warning of warnings) log.warn(warning);
  const ending = createEnding(log);
  let cancelCut: (() => void) | undefined;
  ending.signal.addEventListener('abort', () => {
    log.info('Parley is stopping');
    // Turns and deliveries have the drain time each; whatever hangs beyond that is cut, for the ledger knows what is unfinished.
    cancelCut = systemClock.after(2 * config.worker.drainSeconds * 1_000 + 10_000, () => process.exit(exitCodes.failed));
  });
  try {
    const parley = await startParley({ config, log, http: true, onFatal: ending.fail, signal: ending.signal });
    const forPeople = config.log.format !== 'json' && cli.stdout.isTTY === true;
    announce(parley, { config, log, showBanner: forPeople ? (text) => cli.stdout.write(text) : undefined });
    keepCompileCache();
    cli.exitCode = await ending.wait();
    await parley.stop();
    log.info('Parley has stopped');
  } catch (error) {
    // A start that was told to stop has put away by itself what it had begun.
    if (error !== ending.signal.reason) throw error;
    cli.exitCode = await ending.wait();
    log.info('Parley has stopped');
  } finally {
    cancelCut?.();
    ending.close();
  }
}

/** Node.js writes its cache at an orderly end. A process that is killed, as in a container, would leave the next start without. Not in Node.js 20. */
function keepCompileCache(): void {
  const { flushCompileCache }: Partial<Pick<typeof module, 'flushCompileCache'>> = module;
  flushCompileCache?.();
}

interface Announcement {
  readonly config: Config;
  readonly log: Log;
  /** Undefined where nobody looks on. */
  readonly showBanner: ((text: string) => void) | undefined;
}

/** What is on, and what the rest would need: as a table in a terminal, else in the log. */
function announce({ url, model, adapters }: Parley, { config, log, showBanner }: Announcement): void {
  const lines = describeConfig(config, process.cwd());
  if (showBanner) showBanner(banner(url, lines));
  else for (const { part, on, detail } of lines) if (!on) log.info('platform is off', { platform: part, detail });
  log.info('Parley is ready', { url, model, adapters: adapters.map(({ name }) => name), data: config.data });
}

function banner(url: string | undefined, lines: readonly OverviewLine[]): string {
  return `
  Parley listens on ${url}

${renderOverview(lines)}
  Try it:  npm run chat   to talk to it in another terminal
           npm run demo   to see a conversation on each platform

`;
}

/** How a running Parley comes to its end: asked to by a signal, or because something failed that it cannot go on without. */
function createEnding(log: Log) {
  const end = new AbortController();
  let exitCode: number = exitCodes.ok;

  function fail(error: unknown): void {
    if (end.signal.aborted) return; // It is ending already, and cannot do so twice.
    log.error('Parley cannot go on', { error: describeError(error) });
    exitCode = exitCodes.failed;
    end.abort();
  }
  // Whoever read our output is gone. That is no reason to stop answering people.
  const closeSignals = onStopSignal(() => end.abort());
  // An error that nobody caught leaves the process in an unknown state. What was acknowledged is in the ledger: end, and start afresh.
  process.on('uncaughtException', fail).on('unhandledRejection', fail);

  return {
    fail,
    signal: end.signal,
    wait: async (): Promise<number> => {
      if (!end.signal.aborted) await once(end.signal, 'abort');
      return exitCode;
    },
    close: (): void => {
      closeSignals();
      process.off('uncaughtException', fail).off('unhandledRejection', fail);
    },
  };
}
