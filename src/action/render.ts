import { hash } from 'node:crypto';
import { parseJson } from '../json.ts';
import { parseLiquid } from '../liquid.ts';
import type { Json, OutboundMessage } from '../message.ts';

/** What templates see, by name. */
export type TemplateData = Readonly<Record<string, unknown>>;

/** What the templates of a reply see. */
export interface ActionData extends TemplateData {
  readonly text: string;
  readonly id: string;
  /** Made of the id. */
  readonly uuid: string;
  readonly conversation: string;
  readonly inReplyTo: string;
  readonly source: string;
  readonly part: number;
  readonly parts: number;
  readonly keep: Json | undefined;
}

export type Render<Result, Data extends TemplateData = TemplateData> = (data: Data) => Result;

export function toActionData(message: OutboundMessage): ActionData {
  const { text, id, inReplyTo, tenant, part, parts, destination, conversationId } = message;
  const conversation = destination['conversation'] ?? conversationId;
  const keep = parseJson(destination['keep'] ?? '{}');
  return { text, id, uuid: toUuid(id), conversation, inReplyTo, source: tenant, part, parts, keep };
}

/** As an answer would be: what cannot be rendered with it never can. */
export function sampleData(kept: readonly string[], id: string): ActionData {
  const keep = Object.fromEntries(kept.map((name) => [name, 'x']));
  return { text: 'x', id, uuid: toUuid(id), conversation: 'x', inReplyTo: 'x', source: 'x', part: 0, parts: 1, keep };
}

/** In the form of version 4 (RFC 9562), which is all that APIs look at; the same for the same id. */
function toUuid(id: string): string {
  const digits = hash('sha256', id, 'hex');
  const variant = '89ab'[Number.parseInt(digits[16] ?? '0', 16) % 4] ?? '8';
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    variant + digits.slice(17, 20),
    digits.slice(20, 32),
  ].join('-');
}

/** The operator's templates, and answers of any length: these bounds are against mistakes. */
const limits = { timeoutMs: 2_000, maxSteps: 100_000, maxMemory: 20_000_000, maxLength: 2_000_000 };

/** Liquid. `escape` is done to every value that is put in. Both steps throw a TypeError. */
export function compileText(template: string, escape?: (value: string) => string): Render<string> {
  const { render } = parseLiquid(template, { limits, escape: (value) => (escape ? escape(value) : value).toWellFormed() });
  return (data) => render(data);
}

/** The name of the argument of which a text is the gap, and nothing else: `{{args.NAME}}`. */
export function argumentOf(template: string): string | undefined {
  return /^\{\{\s*args\.([A-Za-z_][\w-]*)\s*\}\}$/.exec(template)?.[1];
}
