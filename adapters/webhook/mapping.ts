import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ConfigError } from '../../src/errors.ts';
import type { Author, CopyTo, Ignored } from '../../src/message.ts';
import { compileTemplate, templatePaths } from '../../src/template.ts';
import type { Template } from '../../src/template.ts';
import { credentialHeaders, isSensitive, signsBody } from './credentials.ts';
import type { ExpressionResult, Expressions, KeyedExpression } from '../../src/expression.ts';
import type { WebhookSource } from './source.ts';

export interface Mapped {
  readonly eventId: string;
  readonly conversation: string;
  readonly text: string;
  readonly author: Author;
  /** Why it is no question, where the source's `when` says so. */
  readonly ignored?: Ignored | undefined;
  /** What the reply will need, as JSON. */
  readonly keep?: string | undefined;
  /** Where the answer is shown, too. */
  readonly copyTo?: CopyTo | undefined;
}

export interface MappingInput {
  readonly payload: unknown;
  /** The payload as JSON, where the body is something else. */
  readonly json?: Uint8Array | undefined;
  readonly headers: IncomingHttpHeaders;
  /** As it came. */
  readonly body: Uint8Array;
  /** The id that the signature covers, where the scheme has one. */
  readonly signedId?: string | undefined;
}

type TextKey = 'eventId' | 'conversation' | 'text' | 'author' | 'authorId';

/**
 * What an event says, or the first key of the source that cannot be made out and why: `problem` completes "webhooks.NAME.KEY ...". Nothing
 * but `unavailable` is another when it is tried again. `expressions` has what each JSONata and Liquid expression gave, in the order of the keys.
 */
export type MappingResult =
  | { readonly ok: true; readonly event: Mapped; readonly expressions: readonly ExpressionResult[] }
  | (Failure & { readonly ok: false; readonly expressions: readonly ExpressionResult[] })
  | { readonly ok: false; readonly unavailable: true };

/** `expressions` is not asked where the source has templates only. Never rejects. */
export type Mapping = (input: MappingInput, expressions: Pick<Expressions, 'evaluate'>) => Promise<MappingResult>;

/** Throws a ConfigError where a template cannot be used. */
export function createMapping(source: WebhookSource): Mapping {
  const templates = new Map(textKeys.map((key) => [key, compile(source, key)]));
  const keyed = listExpressions(source);
  return async (input, { evaluate }) => {
    const job = {
      json: input.json ?? input.body,
      headers: readableHeaders(input.headers, source),
      source: source.name,
      expressions: keyed,
    };
    const expressions = keyed.length === 0 ? [] : await evaluate(job);
    if (expressions === 'unavailable') return { ok: false, unavailable: true };
    const scope = { $headers: input.headers, $source: source.name };
    const render: Render = (key, maxLength) => {
      const result = expressions.find((each) => each.key === key);
      if (result) return clean(result.ok ? result.text.slice(0, maxLength) : '');
      return clean(templates.get(key)?.(input.payload, { scope, maxLength }) ?? '');
    };
    const when = expressions.find(({ key }) => key === 'when');
    const isQuestion = when === undefined || (when.ok && when.text === 'true');
    const failed = findFailed(expressions, isQuestion ? undefined : ['when', 'eventId']) ?? findOddWhen(when);
    if (failed) return { ok: false, ...failed, expressions };
    const event = isQuestion ? toQuestion(source, input, render) : toIgnored(source, input, render);
    return 'problem' in event ? { ok: false, ...event, expressions } : { ok: true, event, expressions };
  };
}

const textKeys: readonly TextKey[] = ['eventId', 'conversation', 'text', 'author', 'authorId'];

interface Failure {
  readonly key: string;
  readonly problem: string;
}

/** The first expression that could not be evaluated; of `keys` only, where they are given. */
function findFailed(results: readonly ExpressionResult[], keys: readonly string[] | undefined): Failure | undefined {
  for (const result of results) {
    const isNeeded = keys === undefined || keys.includes(result.key);
    if (!result.ok && isNeeded) return { key: result.key, problem: `cannot be evaluated for this body. ${result.problem}` };
  }
  return undefined;
}

/** What is not there is no reason to answer; what is neither true nor false is a mistake. */
function findOddWhen(when: ExpressionResult | undefined): Failure | undefined {
  if (!when?.ok || when.type === 'boolean' || when.type === 'nothing') return undefined;
  return {
    key: 'when',
    problem: `gives a ${when.type} for this body. It must give true or false: compare, like status = "open"`,
  };
}

/** What the key gives for the body. */
type Render = (key: TextKey, maxLength: number) => string;

function toQuestion(source: WebhookSource, input: MappingInput, render: Render): Mapped | Failure {
  const conversation = toKey(render('conversation', maxKeySource));
  const text = render('text', maxTextLength);
  if (conversation === '') return { key: 'conversation', problem: givesNothing };
  if (text === '') return { key: 'text', problem: givesNothing };
  const name = render('author', maxNameLength).replaceAll(/\s+/g, ' ');
  const authorId = toKey(render('authorId', maxKeySource));
  const author = { id: authorId || name || source.name, name: name || authorId || source.name, isBot: false };
  return { eventId: toEventId(source, input, render), conversation, text, author };
}

const givesNothing = 'gives nothing for this body';

/** What nobody answers needs no text and no author, and where its conversation cannot be told it is one by itself. */
function toIgnored(source: WebhookSource, input: MappingInput, render: Render): Mapped {
  const eventId = toEventId(source, input, render);
  return {
    eventId,
    conversation: toKey(render('conversation', maxKeySource)) || eventId,
    text: '',
    author: { id: source.name, name: source.name, isBot: false },
    ignored: `webhooks.${source.name}.when is not true`,
  };
}

function toEventId(source: WebhookSource, input: MappingInput, render: Render): string {
  return toKey(render('eventId', maxKeySource)) || defaultEventId(source, input);
}

const maxTextLength = 100_000;
const maxNameLength = 100;
/** Longer keys are kept as digests, made of the whole of them. */
const maxKeyLength = 200;
const maxKeySource = 1_000_000;

function compile(source: WebhookSource, key: TextKey): Template | undefined {
  const text = source[key];
  if (typeof text !== 'string') return undefined;
  try {
    const template = compileTemplate(text);
    for (const [root, name, ...rest] of templatePaths(text)) {
      if (root === '$headers' && (name === undefined || rest.length > 0 || !mayBeRead(name, source))) {
        throw new TypeError(
          '$headers takes the name of one header in lower case, like {{$headers.x-github-delivery}}; signatures and credentials are not given away',
        );
      }
    }
    return template;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`webhooks.${source.name}.${key}: ${reason}. For example: ${key}: "{{ticket.id}}"`]);
  }
}

function listExpressions(source: WebhookSource): readonly KeyedExpression[] {
  return (['when', ...textKeys] as const).flatMap((key) => {
    const expression = source[key];
    return typeof expression === 'object' ? [{ key, expression }] : [];
  });
}

function readableHeaders(headers: IncomingHttpHeaders, source: WebhookSource): Readonly<Record<string, string>> {
  const readable = Object.entries(headers).filter(([name, value]) => value !== undefined && mayBeRead(name, source));
  return Object.fromEntries(readable.map(([name, value]) => [name, String(value)]));
}

function mayBeRead(header: string, { verify }: WebhookSource): boolean {
  if (header !== header.toLowerCase() || isSensitive(header)) return false;
  return !credentialHeaders(verify).includes(header);
}

function defaultEventId({ verify }: WebhookSource, { headers, body, signedId }: MappingInput): string {
  // Where the body is signed no header may tell a replay from a new event but a signed one.
  const given = signsBody(verify) ? signedId : (headers['webhook-id'] ?? headers['idempotency-key']);
  return (typeof given === 'string' && toKey(given)) || digest(body);
}

/** Without what a database or a terminal would stumble over: half characters, NUL. */
function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '').trim();
}

function toKey(text: string): string {
  return text.length > maxKeyLength ? digest(text) : text;
}

function digest(content: string | Uint8Array): string {
  return `sha256:${hash('sha256', content, 'base64url')}`;
}
