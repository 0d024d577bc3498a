import { accessSync, constants, mkdirSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import { systemClock, withTimeout } from '../clock.ts';
import type { CheckReport } from '../adapter.ts';
import type { Config } from '../config.ts';
import { describeError, StoreLockedError } from '../errors.ts';
import { createFetch } from '../http/fetch.ts';
import { redact, silentLog } from '../log.ts';
import { createAdapters } from '../main/adapters.ts';
import { createAiModel } from '../main/mind.ts';
import { moderatorOf } from '../main/moderation.ts';
import type { Store } from '../store/store.ts';
import { exitCodes, type Cli } from './command.ts';
import { openLedger } from './ledger.ts';
import { describeConfig, type OverviewLine } from './overview.ts';
import { toPrintableJson, toPrintableLine } from './printable.ts';

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
    .addArgument(new Argument('[part]', 'this one alone').choices(['model', 'slack', 'discord', 'webhook', 'tools']))
    .option('--json', 'as JSON')
    .addHelpText('after', examples)
    .action((part: string | undefined, options: { json?: boolean }) => run({ ...options, part }, cli));
}

const examples = `
Examples:
  $ parley doctor
  $ parley doctor slack
  $ parley doctor --json | jq '.[] | select(.state == "failed")'

Asks Slack, Discord and the AI model whether they accept the credentials, and whether MCP servers and those who are sent answers to webhooks can be reached.
No message is sent, no event is taken and no tool is called.

Exit status: 0 all that is on works, 1 something does not, 2 the configuration cannot be used.
`;

async function run({ json, part }: { json?: boolean; part: string | undefined }, cli: Cli): Promise<void> {
  const { config, warnings, secrets } = await cli.loadConfig();
  const overview = describeConfig(config, process.cwd()).filter((line) => part === undefined || line.part === part);
  const findings: Finding[] = [
    { name: 'Node.js', state: 'ok', detail: process.versions.node },
    ...warnings.map((detail): Finding => ({ name: 'Configuration', state: 'warning', detail })),
    checkData(config),
    await checkLedger(config),
    ...(await checkParts(config, overview)),
    ...(part === undefined || part === 'tools' ? await checkMcp(config) : []),
  ];
  const clean = findings.map((finding) => ({ ...finding, detail: redact(finding.detail, secrets) }));
  if (clean.some(({ state }) => state === 'failed')) cli.exitCode = exitCodes.failed;
  cli.stdout.write(json ? toPrintableJson(clean) : clean.map(toLine).join(''));
}

function checkData({ data }: Config): Finding {
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    accessSync(data, constants.W_OK);
    return { name: 'Data folder', state: 'ok', detail: data };
  } catch (error) {
    return {
      name: 'Data folder',
      state: 'failed',
      detail: `${describeError(error)}. Set PARLEY_DATA to a folder that this user may write to.`,
    };
  }
}

async function checkLedger(config: Config): Promise<Finding> {
  const name = 'Ledger';
  try {
    const { store, isInUse } = openBeside(config);
    const { waiting, undelivered, deadLetters } = await store.stats();
    await store.close();
    const counts = `${waiting} events waiting, ${undelivered} answers under way, ${deadLetters} dead letters`;
    const detail = `${config.database}: ${counts}${isInUse ? '; in use by a running Parley' : ''}`;
    return deadLetters > 0
      ? { name, state: 'warning', detail: `${detail}; see: parley dead-letters` }
      : { name, state: 'ok', detail };
  } catch (error) {
    return { name, state: 'failed', detail: describeError(error) };
  }
}

function openBeside(config: Config): { readonly store: Store; readonly isInUse: boolean } {
  try {
    return { store: openLedger(config, { exclusive: true }), isInUse: false };
  } catch (error) {
    if (!(error instanceof StoreLockedError)) throw error;
    return { store: openLedger(config, { exclusive: false }), isInUse: true };
  }
}

/** The model and the platforms, all at once: one that does not answer takes its whole time. */
async function checkParts(config: Config, overview: readonly OverviewLine[]): Promise<Finding[]> {
  const { fetch, close } = createFetch();
  const adapters = await createAdapters(config, fetch);
  const checks = overview.map((line) => {
    const check = line.part === 'model' ? modelCheck(config, fetch) : adapters.find(({ name }) => name === line.part)?.check;
    return checkPart(line, check);
  });
  const findings = (await Promise.all(checks)).flat();
  await Promise.all(adapters.map((adapter) => adapter.stop()));
  await close();
  return findings;
}

/** Loaded where there is a server: few have one. */
async function checkMcp(config: Config): Promise<readonly Finding[]> {
  if (Object.keys(config.tools.mcp).length === 0) return [];
  const { checkServers } = await import('./tools/check-servers.ts');
  return checkServers(config);
}

type Check = (signal: AbortSignal) => Promise<CheckReport>;

/** Undefined for the built-in model, which needs nobody's consent. */
function modelCheck(config: Config, fetch: typeof globalThis.fetch): Check | undefined {
  if (config.model.provider === 'builtin') return undefined;
  const { input, output } = config.safety.moderation;
  return async (signal) => {
    const created = await createAiModel(config, { fetch, clock: systemClock, log: silentLog });
    const said = [await created.check(signal)];
    if ([...input, ...output].includes('endpoint')) {
      await moderatorOf(config, { fetch, clock: systemClock })(['Hello.'], signal);
      said.push('The moderation endpoint gives verdicts.');
    }
    if (config.knowledge.embeddings.provider !== undefined) said.push(await checkEmbeddings(config, fetch, signal));
    return { detail: said.join(' ') };
  };
}

async function checkEmbeddings(config: Config, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<string> {
  const { createEmbedder } = await import('../main/vectors.ts');
  const embedder = await createEmbedder(config, { fetch, clock: systemClock, log: silentLog });
  const [vector] = await embedder.embed(['Hello.'], signal);
  return `The embeddings endpoint makes vectors of ${vector?.length ?? 0} numbers.`;
}

async function checkPart({ name, on, detail }: OverviewLine, check: Check | undefined): Promise<Finding[]> {
  if (!check) return [{ name, state: on ? 'ok' : 'off', detail }];
  const { signal, clear } = withTimeout(systemClock, timeoutMs);
  try {
    const { detail: works, warnings: toLookAt = [] } = await check(signal);
    return [
      { name, state: 'ok', detail: works },
      ...toLookAt.map((warning): Finding => ({ name, state: 'warning', detail: warning })),
    ];
  } catch (error) {
    return [{ name, state: 'failed', detail: describeError(error) }];
  } finally {
    clear();
  }
}

function toLine({ name, state, detail }: Finding): string {
  return `${state.padEnd(8)} ${name.padEnd(14)} ${toPrintableLine(detail)}\n`;
}
