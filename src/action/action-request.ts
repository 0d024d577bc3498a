import type { Json } from '../message.ts';
import { compileUrl } from './action-url.ts';
import type { ActionBody, HttpAction } from '../http-action.ts';
import { compileText } from './render.ts';
import type { Render } from './render.ts';

export interface ActionRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Takes the templates apart once. Both steps throw a TypeError that says what is wrong and quotes nothing of what was filled in: for a template that cannot be
 * used, and for values that give no request.
 */
export function compileRequest(action: HttpAction): Render<ActionRequest> {
  const url = compileUrl(action.url);
  const headers = compileHeaders(action.headers ?? {});
  const { contentType, render } = compileBody(action.body);
  const idHeader = (action.idempotencyHeader ?? 'idempotency-key').toLowerCase();
  return (data) => ({
    method: action.method,
    url: url(data),
    headers: {
      'user-agent': 'Parley',
      accept: 'application/json',
      'content-type': contentType,
      [idHeader]: data.id,
      ...headers(data),
    },
    body: render(data),
  });
}

/** What belongs to the connection, or is made of the rest of the request. */
const ownHeaders = /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*)$/i;

function compileHeaders(templates: Readonly<Record<string, string>>): Render<Record<string, string>> {
  const compiled = Object.entries(templates).map(([name, template]) => {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/i.test(name) || ownHeaders.test(name))
      throw new TypeError(`headers cannot hold "${name.slice(0, 60)}".`);
    return { name: name.toLowerCase(), render: compileText(template) };
  });
  return (data) => {
    const entries = compiled.map(({ name, render }) => {
      const value = render(data);
      // A line break would begin another header (RFC 9110 section 5.5).
      if (!/^[\t\x20-\x7e]*$/.test(value))
        throw new TypeError(`the header ${name} would hold a line break, or another character that headers cannot.`);
      return [name, value] as const;
    });
    return Object.fromEntries(entries);
  };
}

function compileBody(body: ActionBody): { readonly contentType: string; readonly render: Render<string> } {
  switch (body.type) {
    case 'json': {
      const render = compileJson(body.value);
      return { contentType: 'application/json', render: (data) => JSON.stringify(render(data)) };
    }
    case 'form': {
      const fields = Object.entries(body.fields).map(([name, template]) => [name, compileText(template)] as const);
      const render: Render<string> = (data) =>
        new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value(data)])).toString();
      return { contentType: 'application/x-www-form-urlencoded', render };
    }
    default:
      return { contentType: body.contentType, render: compileText(body.text) };
  }
}

/** The texts are filled in before the whole is written as JSON, so that nothing in them can end a text. */
function compileJson(value: Json): Render<Json> {
  if (typeof value === 'string') {
    return compileText(value);
  }
  if (typeof value !== 'object' || value === null) return () => value;
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => compileJson(item));
    return (data) => items.map((item) => item(data));
  }
  const entries = Object.entries(value).map(([key, item]) => [key, compileJson(item)] as const);
  return (data) => Object.fromEntries(entries.map(([key, item]) => [key, item(data)]));
}
