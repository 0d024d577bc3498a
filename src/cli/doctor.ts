import { accessSync, constants, mkdirSync } from 'node:fs';
import type { Command } from 'commander';
import { systemClock, withTimeout } from '../clock.ts';
import type { Config } from '../config.ts';
import { describeError, StoreLockedError } from '../errors.ts';
import { createFetch } from '../http/fetch.ts';
import { redact, silentLog } from '../log.ts';
import { createAdapters, createAiModel } from '../main.ts';
import { openSqliteStore } from '../store/sqlite/client.ts';
import { exitCodes, type Cli } from './command.ts';
import { databaseOf } from './dead-letters.ts';
import { describeConfig, type OverviewLine } from './overview.ts';

/** `ok` and `off` need nothing; `warning` works but should be looked at; `failed` will not work. */
interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'off' | 'warning' | 'failed';
  readonly detail: string;
}

const timeoutMs = 15_000;

export function register(command: Command, cli: Cli): void {
  command
    .description('Looks at everything that is configured: what is on, what is missing, and whether each credential works.')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit status: 0 all that is on works, 1 something does not, 2 the configuration cannot be used.\n')
    .action((options: { json?: boolean }) => run(options, cli));
}

async function run({ json }: { json?: boolean }, cli: Cli): Promise<void> {
  const { config, warnings, secrets } = await cli.loadConfig();
  const overview = describeConfig(config, process.cwd());
  const findings = [
    { name: 'Node.js', state: 'ok', detail: process.versions.node } as const,
    ...warnings.map((detail): Finding => ({ name: 'Configuration', state: 'warning', detail })),
    checkData(config),
    await checkStore(config),
    ...(await checkModel(config, overview)),
    ...(await checkAdapters(config, overview)),
  ].map((finding) => ({ ...finding, detail: redact(finding.detail, secrets) }));
  if (findings.some(({ state }) => state === 'failed')) cli.exitCode = exitCodes.failed;
  cli.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : findings.map(toLine).join(''));
}

function checkData({ data }: Config): Finding {
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    accessSync(data, constants.W_OK);
    return { name: 'Data folder', state: 'ok', detail: data };
  } catch (error) {
    return { name: 'Data folder', state: 'failed', detail: `${describeError(error)}. Set PARLEY_DATA to a folder that this user may write to.` };
  }
}

async function checkStore(config: Config): Promise<Finding> {
  const name = 'Ledger';
  try {
    const store = await openSqliteStore({ ...databaseOf(config), exclusive: true, clock: systemClock });
    const { waiting, undelivered, deadLetters } = await store.stats();
    await store.close();
    const detail = `${config.database}: ${waiting} events waiting, ${undelivered} answers under way, ${deadLetters} dead letters`;
    return { name, state: deadLetters > 0 ? 'warning' : 'ok', detail: deadLetters > 0 ? `${detail}; see: parley dead-letters` : detail };
  } catch (error) {
    if (error instanceof StoreLockedError) return { name, state: 'ok', detail: `${config.database}: in use by a running Parley` };
    return { name, state: 'failed', detail: describeError(error) };
  }
}

async function checkModel(config: Config, overview: readonly OverviewLine[]): Promise<Finding[]> {
  const line = overview.find(({ name }) => name === 'Model');
  if (config.model.provider === 'builtin') return [{ name: 'Model', state: 'ok', detail: line?.detail ?? '' }];
  const { fetch, close } = createFetch();
  const finding = await judge('Model', async (signal) => {
    const model = await createAiModel(config.model, { fetch, clock: systemClock, log: silentLog });
    return model.check(signal);
  });
  await close();
  return [finding];
}

async function checkAdapters(config: Config, overview: readonly OverviewLine[]): Promise<Finding[]> {
  const { fetch, close } = createFetch();
  const adapters = await createAdapters(config, fetch);
  const names: Readonly<Record<string, string>> = { slack: 'Slack', discord: 'Discord', webhook: 'Webhooks' };
  const findings: Finding[] = [];
  for (const line of overview) {
    const adapter = adapters.find(({ name }) => names[name] === line.name);
    if (adapter?.check) findings.push(await judge(line.name, async (signal) => (await adapter.check?.(signal)) ?? line.detail));
    else if (line.name !== 'Model') findings.push({ name: line.name, state: line.on ? 'ok' : 'off', detail: line.detail });
  }
  await Promise.all(adapters.map((adapter) => adapter.stop()));
  await close();
  return findings;
}

async function judge(name: string, check: (signal: AbortSignal) => Promise<string>): Promise<Finding> {
  const { signal, clear } = withTimeout(systemClock, timeoutMs);
  try {
    return { name, state: 'ok', detail: await check(signal) };
  } catch (error) {
    return { name, state: 'failed', detail: describeError(error) };
  } finally {
    clear();
  }
}

function toLine({ name, state, detail }: Finding): string {
  return `${state.padEnd(8)} ${name.padEnd(14)} ${detail}\n`;
}
