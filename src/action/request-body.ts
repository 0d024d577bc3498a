import type { ActionBody } from '../http-action.ts';
import type { Json } from '../message.ts';
import { argumentOf, compileText } from './render.ts';
import type { Render, TemplateData } from './render.ts';

/** Bodies of calls, beside those of replies. */
export type CallBody =
  /** A template; what is filled in is escaped for text and attributes. */
  | { readonly type: 'xml'; readonly text: string; readonly contentType: string }
  /** The query is sent as it is: what is filled in goes into the variables. */
  | { readonly type: 'graphql'; readonly query: string; readonly variables: Json }
  /** JSON-RPC 2.0. Its id is that of the call. */
  | { readonly type: 'jsonRpc'; readonly method: string; readonly params: Json | undefined };

export interface CompiledBody {
  readonly contentType: string;
  readonly accept: string;
  readonly render: Render<string>;
}

const json = { contentType: 'application/json', accept: 'application/json' };

/** Both steps throw a TypeError. */
export function compileBody(body: ActionBody | CallBody): CompiledBody {
  switch (body.type) {
    case 'json': {
      const render = compileJson(body.value);
      return { ...json, render: (data) => JSON.stringify(render(data) ?? null) };
    }
    case 'form': {
      const fields = Object.entries(body.fields).map(([name, template]) => [name, compileText(template)] as const);
      const render: Render<string> = (data) =>
        new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value(data)])).toString();
      return { ...json, contentType: 'application/x-www-form-urlencoded', render };
    }
    case 'xml':
      return { contentType: body.contentType, accept: 'application/xml, text/xml', render: compileText(body.text, escapeXml) };
    case 'graphql': {
      const variables = compileJson(body.variables);
      return { ...json, render: (data) => JSON.stringify({ query: body.query, variables: variables(data) }) };
    }
    case 'jsonRpc': {
      const params = body.params === undefined ? undefined : compileJson(body.params);
      const { method } = body;
      return {
        ...json,
        render: (data) => JSON.stringify({ jsonrpc: '2.0', id: String(data['id']), method, params: params?.(data) }),
      };
    }
    default:
      return { ...json, contentType: body.contentType, render: compileText(body.text) };
  }
}

/**
 * The texts are filled in before the whole is written as JSON, so that nothing in them can end a text. A text that is nothing but the gap of an
 * argument gives the argument with its type; undefined where that was left out, and then its field is, too.
 */
function compileJson(value: Json): (data: TemplateData) => Json | undefined {
  if (typeof value === 'string') {
    const name = argumentOf(value);
    const render = compileText(value);
    return (data) => (name === undefined || data['args'] === undefined ? render(data) : ownOf(data['args'], name));
  }
  if (typeof value !== 'object' || value === null) return () => value;
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => compileJson(item));
    return (data) => items.map((item) => item(data)).filter((item) => item !== undefined);
  }
  const entries = Object.entries(value).map(([key, item]) => [key, compileJson(item)] as const);
  return (data) => Object.fromEntries(entries.map(([key, item]) => [key, item(data)] as const).filter(isThere));
}

function isThere(entry: readonly [string, Json | undefined]): entry is [string, Json] {
  return entry[1] !== undefined;
}

/** An own property only. */
export function ownOf(args: unknown, name: string): Json | undefined {
  if (typeof args !== 'object' || args === null || !Object.hasOwn(args, name)) return undefined;
  return (args as Readonly<Record<string, Json>>)[name]; // arguments are Json
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** What XML 1.0 cannot hold (section 2.2) is shown as missing. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? '');
}
