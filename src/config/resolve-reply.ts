import { parseJson } from '../json.ts';
import type { Json } from '../message.ts';
import type { Settings } from './schema.ts';

type ReplySettings = NonNullable<Settings['webhooks'][string]['reply']>;

/** As the webhook adapter takes it. Expects settings without conflicts. */
export function toAction({ json, form, text, contentType, timeoutSeconds, auth, ...reply }: ReplySettings) {
  return {
    ...reply,
    body: toBody({ json, form, text, contentType }),
    timeoutMs: timeoutSeconds * 1_000,
    ...(auth ? { auth: { ...auth, secret: auth.secret ?? '' } } : {}),
  };
}

function toBody({ json, form, text = '', contentType }: Pick<ReplySettings, 'json' | 'form' | 'text' | 'contentType'>) {
  if (form) return { type: 'form', fields: form } as const;
  if (json === undefined) return { type: 'text', text, contentType } as const;
  const value: Json = parseJson(json) ?? null;
  return { type: 'json', value } as const;
}
