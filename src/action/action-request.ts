import type { ActionBody } from '../http-action.ts';
import { compileUrl } from './action-url.ts';
import { compileQuery } from './query.ts';
import type { QueryTemplate } from './query.ts';
import { compileText } from './render.ts';
import type { Render, TemplateData } from './render.ts';
import { compileBody } from './request-body.ts';
import type { CallBody } from './request-body.ts';

/** A request with gaps. */
export interface RequestTemplate {
  readonly method: string;
  /** Template, in what follows the host. What is filled in is percent-encoded. */
  readonly url: string;
  /** Added to what the url asks for. */
  readonly query?: Readonly<Record<string, QueryTemplate>> | undefined;
  /** Names, and templates of values. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: ActionBody | CallBody | undefined;
  /** The header that carries `id`. Without it none does. */
  readonly idHeader?: string | undefined;
  /** Whether what is filled into the path may hold no `..` of its own, for values that somebody else than the operator chooses. Default false. */
  readonly isStrict?: boolean | undefined;
}

export interface ActionRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/**
 * Takes the templates apart once. Both steps throw a TypeError that says what is wrong and quotes nothing of what was filled in: for a template that cannot be
 * used, and for values that give no request.
 */
export function compileRequest<Data extends TemplateData>(template: RequestTemplate): Render<ActionRequest, Data> {
  const { method, idHeader, query = {}, isStrict = false } = template;
  const url = compileUrl(template.url, { isStrict });
  const renderQuery = compileQuery(query);
  const headers = compileHeaders(template.headers ?? {});
  const body = template.body && compileBody(template.body);
  return (data) => ({
    method,
    url: withQuery(url(data), renderQuery(data)),
    headers: {
      'user-agent': 'Parley',
      accept: body?.accept ?? 'application/json',
      ...(body ? { 'content-type': body.contentType } : {}),
      ...(idHeader === undefined ? {} : { [idHeader.toLowerCase()]: String(data['id']) }),
      ...headers(data),
    },
    body: body?.render(data),
  });
}

function withQuery(url: string, more: string): string {
  if (more === '') return url;
  const [start = '', fragment] = url.split('#', 2);
  return `${start}${start.includes('?') ? '&' : '?'}${more}${fragment === undefined ? '' : `#${fragment}`}`;
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
