import { parseJson, toJson } from '../json.ts';
import type { Json } from '../message.ts';
import type { Settings } from './schema.ts';

type HttpTool = Settings['tools']['http'][string];

/** As `src/tools/http/` takes them. Expects settings without conflicts. */
export function toHttpTools({ http, resultCharacters }: Pick<Settings['tools'], 'http' | 'resultCharacters'>) {
  return Object.entries(http).map(([name, tool]) => {
    const {
      description,
      title = `Using ${name}`,
      url,
      query,
      headers,
      auth,
      tls,
      result,
      expectStatus,
      idempotencyHeader,
    } = tool;
    const body = toBody(tool);
    const method = tool.method ?? (body ? 'POST' : 'GET');
    return {
      ...{ name, title, description, tls, result, expectStatus, idempotencyHeader },
      parameters: toJson(tool.parameters) as { readonly [key: string]: Json }, // The schema asks for an object.
      readOnly: tool.readOnly ?? method === 'GET',
      request: { method, url, query, headers, body },
      maxLength: Math.min(tool.resultCharacters ?? resultCharacters, resultCharacters),
      timeoutMs: tool.timeoutSeconds * 1_000,
      ...(auth ? { auth: { ...auth, secret: auth.secret ?? '' } } : {}),
    };
  });
}

function toBody({ json, form, text, xml, contentType, graphql, jsonRpc }: HttpTool) {
  if (json !== undefined) return { type: 'json', value: readJson(json) } as const;
  if (form) return { type: 'form', fields: form } as const;
  if (xml !== undefined) return { type: 'xml', text: xml, contentType: contentType ?? 'application/xml; charset=utf-8' } as const;
  if (graphql) return { type: 'graphql', query: graphql.query, variables: readJson(graphql.variables ?? {}) } as const;
  if (jsonRpc) return { type: 'jsonRpc', method: jsonRpc.method, params: jsonRpc.params && readJson(jsonRpc.params) } as const;
  return text === undefined
    ? undefined
    : ({ type: 'text', text, contentType: contentType ?? 'text/plain; charset=utf-8' } as const);
}

function readJson(given: unknown): Json {
  return typeof given === 'string' ? (parseJson(given) ?? null) : toJson(given);
}
