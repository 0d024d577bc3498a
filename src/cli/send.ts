import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { systemClock, withTimeout } from '../clock.ts';
import { describeError, UsageError } from '../errors.ts';
import { signRequest } from '../signature.ts';
import { exitCodes, type Cli } from './command.ts';

interface SendOptions {
  readonly text?: string;
  readonly conversation: string;
  readonly file?: string;
  readonly url?: string;
  readonly id?: string;
  readonly wait: string;
  readonly json?: boolean;
}

export function register(command: Command, cli: Cli): void {
  command
    .description('Sends a signed test webhook to a running Parley, as the sender NAME of parley.yaml would.')
    .argument('<name>', 'a sender under `webhooks:` in parley.yaml')
    .option('--text <text>', 'the question, as {"conversation": ..., "text": ...}')
    .option('--conversation <id>', 'with --text: which conversation', 'test')
    .option('--file <path>', 'a JSON payload to send in place of --text; - reads standard input')
    .option('--url <url>', 'where to send it (default: the configured address)')
    .option('--id <id>', 'the webhook-id; send the same one twice to see that it is answered once')
    .option('--wait <seconds>', 'how long to wait for the answer', '20')
    .option('--json', 'print the response as it is')
    .addHelpText('after', examples)
    .action((name: string, options: SendOptions) => run(name, options, cli));
}

const examples = `
Examples:
  $ parley send tickets --text "Where is my order?"
  $ parley send tickets --file ticket.json --wait 0

Exit status: 0 accepted (and answered, where it waits), 1 refused or not reachable, 2 wrong usage.
`;

async function run(name: string, options: SendOptions, cli: Cli): Promise<void> {
  const { config } = await cli.loadConfig();
  const source = config.webhooks[name];
  if (!source) throw new UsageError(unknownSource(name, Object.keys(config.webhooks)));
  const host = config.server.host === '0.0.0.0' || config.server.host === '::' ? '127.0.0.1' : config.server.host;
  const base = options.url ?? `http://${host.includes(':') ? `[${host}]` : host}:${config.server.port}`;
  const url = new URL(`/webhooks/${name}`, base);
  const body = readPayload(options);
  const id = options.id ?? randomUUID();
  const headers = {
    ...signRequest(source.verify, { id, body, now: systemClock.now() }),
    'content-type': 'application/json',
    prefer: `wait=${parseWait(options.wait)}`,
  };
  const response = await post(url, { headers, body });
  const text = await response.text();
  if (!response.ok) cli.exitCode = exitCodes.failed;
  cli.stdout.write(options.json ? `${text}\n` : `${response.status} ${summarize(text)}\n`);
}

function unknownSource(name: string, known: readonly string[]): string {
  if (known.length > 0) return `There is no sender "${name}" under \`webhooks:\` in parley.yaml. There are: ${known.join(', ')}.`;
  return 'No webhooks are configured. Declare a sender under `webhooks:` in parley.yaml; docs/webhooks.md shows how.';
}

function readPayload({ text, conversation, file }: SendOptions): string {
  if ((text === undefined) === (file === undefined)) throw new UsageError('Give either --text or --file. Example: parley send tickets --text "Hello"');
  if (text !== undefined) return JSON.stringify({ conversation, text });
  try {
    const payload = readFileSync(file === '-' ? 0 : (file ?? ''), 'utf8');
    JSON.parse(payload);
    return payload;
  } catch (error) {
    throw new UsageError(`--file: ${file} cannot be sent: ${describeError(error)}`, { cause: error });
  }
}

function parseWait(wait: string): number {
  const seconds = Number(wait);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > 60) throw new UsageError(`--wait: "${wait}" is not a whole number from 0 to 60. Example: --wait 20`);
  return seconds;
}

async function post(url: URL, request: { headers: Record<string, string>; body: string }): Promise<Response> {
  const { signal, clear } = withTimeout(systemClock, 90_000);
  try {
    return await fetch(url, { method: 'POST', redirect: 'manual', signal, ...request });
  } catch (error) {
    throw new UsageError(`${url.origin} cannot be reached: ${describeError(error)}. Is Parley running there? Start it with: npm start`, { cause: error });
  } finally {
    clear();
  }
}

/** The answer where there is one, else what the response says. */
function summarize(text: string): string {
  try {
    const { answer, detail, status, statusUrl } = JSON.parse(text) as { answer?: { text?: string }; detail?: string; status?: string; statusUrl?: string };
    return answer?.text ?? detail ?? `${status ?? ''} ${statusUrl ?? ''}`.trim();
  } catch {
    return text.slice(0, 500);
  }
}
