import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ConfigError } from '../../src/errors.ts';
import type { Author } from '../../src/message.ts';
import { compileTemplate, templatePaths } from '../../src/template.ts';
import type { Template } from '../../src/template.ts';
import { credentialHeaders, isSensitive, signsBody } from './credentials.ts';
import type { WebhookSource } from './source.ts';

export interface Mapped {
  readonly eventId: string;
  readonly conversation: string;
  readonly text: string;
  readonly author: Author;
  /** What the reply will need, as JSON. */
  readonly keep?: string | undefined;
}

export interface MappingInput {
  readonly payload: unknown;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  /** The id that the signature covers, where the scheme has one. */
  readonly signedId?: string | undefined;
}

/** What an event says, or the key of the template that gave nothing for it. */
export type MappingResult =
  | { readonly ok: true; readonly event: Mapped }
  | { readonly ok: false; readonly key: 'conversation' | 'text' };

export type Mapping = (input: MappingInput) => MappingResult;

/** Throws a ConfigError where a template cannot be used. */
export function createMapping(source: WebhookSource): Mapping {
  const templates = {
    eventId: compile(source, 'eventId'),
    conversation: compile(source, 'conversation'),
    text: compile(source, 'text'),
    author: compile(source, 'author'),
    authorId: compile(source, 'authorId'),
  };
  return (input) => {
    const scope = { $headers: input.headers, $source: source.name };
    const render = (template: Template | undefined, maxLength: number) =>
      clean(template?.(input.payload, { scope, maxLength }) ?? '');
    const conversation = toKey(render(templates.conversation, maxKeySource));
    const text = render(templates.text, maxTextLength);
    if (conversation === '') return { ok: false, key: 'conversation' };
    if (text === '') return { ok: false, key: 'text' };
    const name = render(templates.author, maxNameLength).replaceAll(/\s+/g, ' ');
    const authorId = toKey(render(templates.authorId, maxKeySource));
    const author = { id: authorId || name || source.name, name: name || authorId || source.name, isBot: false };
    const eventId = toKey(render(templates.eventId, maxKeySource)) || defaultEventId(source, input);
    return { ok: true, event: { eventId, conversation, text, author } };
  };
}

const maxTextLength = 100_000;
const maxNameLength = 100;
/** Longer keys are kept as digests, made of the whole of them. */
const maxKeyLength = 200;
const maxKeySource = 1_000_000;

function compile(source: WebhookSource, key: 'eventId' | 'conversation' | 'text' | 'author' | 'authorId'): Template | undefined {
  const text = source[key];
  if (text === undefined) return undefined;
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
