import { readFileSync } from 'node:fs';
import { createExpressions } from '../../expressions/expressions.ts';
import type { ExpressionResult } from '../../expression.ts';
import { createReceiver } from '../../../adapters/webhook/receiver.ts';
import { toMessage } from '../../../adapters/webhook/receive.ts';
import { parsePayload } from '../../../adapters/webhook/request-body.ts';
import { signForSource } from '../../../adapters/webhook/sign.ts';
import { toSignatureProblem } from '../../../adapters/webhook/verify.ts';
import { systemClock } from '../../clock.ts';
import type { LoadedConfig } from '../../config.ts';
import { describeError, UsageError } from '../../errors.ts';
import type { InboundMessage } from '../../message.ts';
import { exitCodes, type Cli } from '../command.ts';
import { createLog } from '../log.ts';
import { toPrintable, toPrintableJson } from '../printable.ts';
import type { TrialAnswer } from './answer.ts';
import { findSource } from './configured.ts';
import { findFixture } from './fixture.ts';

interface TryOptions {
  readonly source: string;
  readonly file?: string;
  readonly fixture?: string;
  readonly header?: readonly string[];
  readonly query?: string;
  readonly at?: string;
  /** Whether to ask the model. */
  readonly answer?: boolean;
  readonly json?: boolean;
}

interface Trial {
  /** `passed`, `not checked`, or why it would be refused. */
  readonly proof: string;
  /** Which of several secrets fitted. */
  readonly key?: string | undefined;
  readonly problem?: string | undefined;
  readonly eventId?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly author?: string | undefined;
  readonly text?: string | undefined;
  /** Why nobody would answer it. */
  readonly ignored?: string | undefined;
  /** What each expression of the source gives. */
  readonly expressions?: readonly ExpressionResult[] | undefined;
  /** Where it was asked for. */
  readonly answer?: TrialAnswer | undefined;
}

interface Tried {
  readonly trial: Trial;
  /** What would be asked. */
  readonly message?: InboundMessage | undefined;
}

export async function tryPayload(options: TryOptions, cli: Cli): Promise<void> {
  const loaded = await cli.loadConfig();
  const { config } = loaded;
  const source = findSource(config, options.source);
  if ((options.file === undefined) === (options.fixture === undefined))
    throw new UsageError('Give either a file or --fixture. Example: parley webhook try tickets payload.json');
  const fixture = options.fixture === undefined ? undefined : await findFixture(loaded, source.name, options.fixture);
  const body = fixture ? Buffer.from(fixture.body.trim()) : readPayload(options.file ?? '-');
  const tried = await runTrial(source, { body, options, carried: fixture?.headers, publicUrl: config.server.publicUrl ?? '' });
  const { problem, proof } = tried.trial;
  const isGood = problem === undefined && (proof === 'passed' || proof === notChecked);
  const answer = options.answer && isGood ? await answerTried(tried, loaded, cli) : undefined;
  if (!isGood || (answer && answer.state !== 'answered')) cli.exitCode = exitCodes.failed;
  const trial = { ...tried.trial, answer };
  cli.stdout.write(options.json ? toPrintableJson(trial) : toText(trial));
}

/** Undefined where nobody would be asked. */
async function answerTried(
  { message }: Tried,
  { config, secrets }: LoadedConfig,
  { stderr }: Cli,
): Promise<TrialAnswer | undefined> {
  if (message === undefined || message.ignored !== undefined) return undefined;
  const { answerTrial } = await import('./answer.ts');
  const log = createLog({ level: 'warn', format: config.log.format, secrets, destination: stderr });
  return answerTrial(message, config, log);
}

const notChecked = 'not checked: only the sender can make it. Give the headers of a real request by --header';

interface TrialInput {
  readonly body: Buffer;
  readonly options: TryOptions;
  /** Headers of the event that prove nothing. */
  readonly carried: Readonly<Record<string, string>> | undefined;
  readonly publicUrl: string;
}

async function runTrial(
  source: ReturnType<typeof findSource>,
  { body, options, carried, publicUrl }: TrialInput,
): Promise<Tried> {
  const receiver = createReceiver(source, { fetch, jobKey: '' });
  const now = parseTime(options.at);
  const given = parseHeaders(options.header ?? []);
  const address = `${publicUrl}/webhooks/${source.name}`;
  const isGiven = options.header !== undefined || options.query !== undefined;
  const made = isGiven ? undefined : await signForSource(source.verify, { id: 'trial', body, now, url: address });
  const headers = { ...carried, ...made?.headers, ...given };
  const query = options.query ?? made?.query ?? '';
  const url = query === '' ? address : `${address}?${query.replace(/^\?/, '')}`;
  const proof = isGiven || made ? await receiver.verify({ headers, body, now, method: 'POST', url, fromProxy: true }) : undefined;
  const checked = describeProof(proof, source);
  const parsed = parsePayload(body, source);
  if (!parsed.ok) return { trial: { ...checked, problem: parsed.detail } };
  const signedId = proof?.ok ? proof.id : undefined;
  const { mapped, message } = await tryMapping(receiver, { ...parsed, headers, body, signedId }, now);
  return { trial: { ...checked, ...mapped }, message };
}

type Receiver = ReturnType<typeof createReceiver>;

async function tryMapping(
  { source, map }: Receiver,
  input: Parameters<Receiver['map']>[0],
  now: number,
): Promise<{ readonly mapped: Partial<Trial>; readonly message?: InboundMessage }> {
  const evaluator = createExpressions({ clock: systemClock });
  const mapped = await map(input, evaluator);
  await evaluator.stop();
  if ('unavailable' in mapped)
    return { mapped: { problem: 'No process can be started that evaluates the expressions of this source.' } };
  const expressions = mapped.expressions.length > 0 ? mapped.expressions : undefined;
  if (!mapped.ok) return { mapped: { problem: `webhooks.${source.name}.${mapped.key} ${mapped.problem}.`, expressions } };
  const message = toMessage(source, mapped.event, now);
  const { eventId, conversationId, author, text, ignored } = message;
  return { mapped: { eventId, conversationId, author: `${author.name} (${author.id})`, text, ignored, expressions }, message };
}

type Proof = Awaited<ReturnType<ReturnType<typeof createReceiver>['verify']>>;

function describeProof(proof: Proof | undefined, { verify }: ReturnType<typeof findSource>): Pick<Trial, 'proof' | 'key'> {
  if (proof === undefined) return { proof: notChecked };
  if (proof.ok) return { proof: 'passed', key: proof.key };
  return { proof: `${proof.reason}. ${toSignatureProblem(proof.reason, verify).detail}` };
}

function readPayload(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${describeError(error)}`, { cause: error });
  }
}

function parseHeaders(lines: readonly string[]): Record<string, string> {
  const entries = lines.map((line): [string, string] => {
    const [, name, value] = /^([^:\s]+)\s*:\s*(.*)$/s.exec(line) ?? [];
    if (name !== undefined && value !== undefined) return [name.toLowerCase(), value.trim()];
    throw new UsageError('--header: write it like "x-signature: abc"');
  });
  return Object.fromEntries(entries);
}

function parseTime(at: string | undefined): number {
  if (at === undefined) return systemClock.now();
  const time = Date.parse(at);
  if (!Number.isNaN(time)) return time;
  throw new UsageError(`--at: "${at}" is no time. Example: --at 2026-11-23T08:00:00Z`);
}

function toText({
  proof,
  key,
  problem,
  eventId,
  conversationId,
  author,
  text,
  ignored,
  expressions = [],
  answer,
}: Trial): string {
  const lines = [
    `proof         ${proof}${key === undefined ? '' : ` (${key})`}`,
    ...expressions.map((result) => `${result.key.padEnd(14)}${describeResult(result)}`),
    ...(problem === undefined ? [] : [`refused       ${problem}`]),
    ...(eventId === undefined ? [] : [`event         ${eventId}`, `conversation  ${conversationId}`]),
    ...(ignored === undefined ? [] : [`ignored       ${ignored}`]),
    ...(text === undefined || ignored !== undefined ? [] : [`author        ${author}`, 'asked', indent(text)]),
    ...(answer === undefined ? [] : describeAnswer(answer)),
  ];
  return toPrintable(`${lines.join('\n')}\n`);
}

function describeAnswer({ by, state, reason, text }: TrialAnswer): readonly string[] {
  return [`${state.padEnd(14)}by ${by}${reason === undefined ? '' : `: ${reason}`}`, ...(text === '' ? [] : [indent(text)])];
}

function indent(text: string): string {
  return `  ${text.replaceAll(/\n(?!\n)/g, '\n  ')}`;
}

/** An expression's value on one line, and what it is. */
function describeResult(result: ExpressionResult): string {
  if (!result.ok) return `fails: ${result.problem}`;
  if (result.type === 'nothing') return 'nothing';
  const shown = result.type === 'text' ? JSON.stringify(result.text) : result.text;
  return `${shown.length > maxShown ? `${shown.slice(0, maxShown).toWellFormed()}...` : shown} (${result.type})`;
}

const maxShown = 200;
