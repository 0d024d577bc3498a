import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { signForSource } from '../../adapters/webhook/sign.ts';
import { systemClock, withTimeout } from '../clock.ts';
import type { Config } from '../config.ts';
import { describeError, UsageError } from '../errors.ts';
import { exitCodes, type Cli } from './command.ts';
import { findFixture } from './webhook/fixture.ts';
import { toPrintable, toPrintableJson, toPrintableLine } from './printable.ts';

interface SendOptions {
  readonly text?: string;
  readonly conversation?: string;
  readonly file?: string;
  readonly fixture?: string;
  readonly url?: string;
  readonly id?: string;
  readonly wait: string;
  readonly json?: boolean;
}

export function register(command: Command, cli: Cli): void {
  command
    .description('Sends a signed test webhook to a running Parley, as the source NAME of parley.yaml would.')
    .argument('<name>', 'a source under `webhooks:` in parley.yaml')
    .option('--text <text>', 'the question, as {"conversation": ..., "text": ...}')
    .option('--conversation <id>', 'with --text: which conversation (default: "test")')
    .option(
      '--file <path>',
      'a payload to send in place of --text, in JSON or as the form that the source takes; - reads standard input',
    )
    .option('--fixture <name>', 'in place of both: an event that the preset of the source brings along')
    .option('--url <url>', 'where Parley listens (default: the configured address)')
    .option('--id <id>', 'the webhook-id; send the same event twice under one id to see that it is answered once')
    .option('--wait <seconds>', 'how long to wait for the answer, 60 at most', '20')
    .option('--json', 'print the body of the response')
    .addHelpText('after', examples)
    .action((name: string, options: SendOptions) => run(name, options, cli));
}

const examples = `
Examples:
  $ parley send tickets --text "Where is my order?"
  $ parley send tickets --file ticket.json --wait 0
  $ parley send tickets --fixture comment
  $ cat ticket.json | parley send tickets --file - --json | jq -r .answer.text

Exit status: 0 accepted (and answered, if it was in time), 1 refused, failed or not reachable, 2 wrong usage.
`;

async function run(name: string, options: SendOptions, cli: Cli): Promise<void> {
  const loaded = await cli.loadConfig();
  const { config } = loaded;
  const source = config.webhooks[name];
  if (!source) throw new UsageError(unknownSource(name, Object.keys(config.webhooks)));
  const url = toUrl(name, options.url ?? defaultUrl(config));
  const wait = parseWait(options.wait);
  const fixture = options.fixture === undefined ? undefined : await findFixture(loaded, name, options.fixture);
  const body = fixture ? fixture.body.trim() : readPayload(options, source.body);
  const address = `${config.server.publicUrl ?? ''}/webhooks/${name}`;
  const unsigned = { id: parseId(options.id), body, now: systemClock.now(), url: address };
  const credentials = await signForSource(source.verify, unsigned);
  if (!credentials) throw new UsageError(onlySenderSigns(name, source.verify.scheme));
  url.search = credentials.query;
  const headers = {
    ...fixture?.headers,
    ...credentials.headers,
    'content-type': mediaTypes[source.body],
    prefer: `wait=${wait}`,
  };
  try {
    const response = await post(url, { headers, body });
    const view = parseJson(response.text);
    if (!response.ok || view?.['status'] === 'failed') cli.exitCode = exitCodes.failed;
    if (options.json) cli.stdout.write(view ? toPrintableJson(view) : toPrintable(response.text));
    else cli.stdout.write(`${response.status} ${toPrintable(summarize(view, response.text))}\n`);
    if (response.status === 422 && options.text !== undefined)
      cli.stderr.write('--text fits sources without templates. Send this one a payload as it maps it: --file payload.json\n');
  } catch (error) {
    const reason = toPrintableLine(describeError(error));
    cli.stderr.write(`${url.origin} cannot be reached: ${reason}. Is Parley running there? It is started with: npm start\n`);
    cli.exitCode = exitCodes.failed;
  }
}

function onlySenderSigns(name: string, scheme: string): string {
  return `Nobody but the sender of "${name}" can make what its scheme (${scheme}) asks for. See what Parley makes of a payload with: parley webhook try ${name} payload.json`;
}

function unknownSource(name: string, known: readonly string[]): string {
  if (known.length > 0) return `There is no source "${name}" under \`webhooks:\` in parley.yaml. There are: ${known.join(', ')}.`;
  return 'No webhooks are configured. Declare a source under `webhooks:` in parley.yaml; docs/webhooks.md shows how.';
}

function defaultUrl({ server: { host, port } }: Config): string {
  if (port === 0) throw new UsageError('PORT is 0, so nobody knows where Parley listens. Example: --url http://127.0.0.1:3000');
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

function toUrl(name: string, base: string): URL {
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new UsageError(`--url: "${base}" is not an address. Example: --url http://127.0.0.1:3000`);
  return new URL(`${url.pathname.replace(/\/$/, '')}/webhooks/${name}`, url.origin);
}

const mediaTypes = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const;

function readPayload({ text, conversation, file }: SendOptions, format: keyof typeof mediaTypes): string {
  if ((text === undefined) === (file === undefined))
    throw new UsageError('Give either --text or --file. Example: parley send tickets --text "Hello"');
  if (text !== undefined) {
    const question = { conversation: conversation ?? 'test', text };
    return format === 'form' ? new URLSearchParams(question).toString() : JSON.stringify(question);
  }
  if (conversation !== undefined) throw new UsageError('--conversation goes with --text; a file says it itself.');
  try {
    const payload = readFileSync(file === '-' ? 0 : (file ?? ''), 'utf8');
    if (format === 'json') JSON.parse(payload);
    return format === 'json' ? payload : payload.trim();
  } catch (error) {
    throw new UsageError(`--file: ${file} cannot be sent: ${describeError(error)}`, { cause: error });
  }
}

function parseWait(wait: string): number {
  const seconds = Number(wait);
  if (/^\d+$/.test(wait) && seconds <= 60) return seconds;
  throw new UsageError(`--wait: "${wait}" is not a whole number from 0 to 60. Example: --wait 20`);
}

function parseId(id: string | undefined): string {
  if (id === undefined) return randomUUID();
  if (/^[\u0021-\u007e]{1,256}$/.test(id)) return id;
  throw new UsageError('--id: up to 256 ASCII characters without spaces, as it goes into a header. Example: --id test-1');
}

interface Reply {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
}

/** Rejects when the server cannot be reached, or does not finish its answer. */
async function post(url: URL, request: { readonly headers: Record<string, string>; readonly body: string }): Promise<Reply> {
  const { signal, clear } = withTimeout(systemClock, 90_000);
  try {
    const response = await fetch(url, { method: 'POST', redirect: 'manual', signal, ...request });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } finally {
    clear();
  }
}

function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined; // Whoever answers there, it is not Parley.
  }
}

/** The answer where there is one, else what the response says. */
function summarize(view: Readonly<Record<string, unknown>> | undefined, text: string): string {
  if (!view) return text.slice(0, 500);
  const { answer, detail, status, reason, statusUrl } = view;
  if (typeof answer === 'object' && answer !== null && 'text' in answer) return String(answer.text);
  return [detail, status, reason, statusUrl].filter((each) => typeof each === 'string').join(' ');
}
