import type { Conflict } from './conflict.ts';
import { judgeJsonText } from './json-text.ts';
import type { Settings } from './schema.ts';

type Source = Settings['webhooks'][string];

/** What only shows when the settings of a reply are looked at together. The templates are read by the adapter. */
export function checkReply(name: string, { reply, callback }: Source): Conflict[] {
  if (!reply) return [];
  const path = ['webhooks', name, 'reply'];
  const conflicts = checkBody(path, reply);
  if (callback)
    conflicts.push({ path, what: 'is set beside callback: keep one of them', example: 'reply: { url: ..., json: ... }' });
  return [...conflicts, ...checkProof(path, reply)];
}

type Proof = Pick<NonNullable<Source['reply']>, 'auth' | 'tls' | 'headers'>;

/** How a request shows who sends it. */
export function checkProof(path: readonly string[], { auth, tls, headers }: Proof): Conflict[] {
  const conflicts: Conflict[] = [];
  if (auth && !auth.secret)
    conflicts.push({ path: [...path, 'auth', 'secret'], what: 'is missing: the desk takes nothing without it' });
  const proof = Object.keys(headers).find((header) => /^(?:authorization|cookie)$/i.test(header));
  if (proof !== undefined)
    conflicts.push({
      path: [...path, 'headers', proof],
      what: 'belongs into auth, where it is masked',
      example: 'auth: { scheme: bearer, secret: "${DESK_TOKEN}" }',
    });
  if (auth?.scheme === 'jwt' && auth.algorithm.startsWith('HS') && (auth.secret?.length ?? 32) < 32)
    conflicts.push({ path: [...path, 'auth', 'secret'], what: 'must have at least 32 characters' });
  if (tls && (tls.cert === undefined) !== (tls.key === undefined))
    conflicts.push({
      path: [...path, 'tls', tls.cert === undefined ? 'cert' : 'key'],
      what: 'is missing: a certificate goes with its key',
    });
  return conflicts;
}

function checkBody(path: readonly string[], { json, form, text }: NonNullable<Source['reply']>): Conflict[] {
  const given = Object.entries({ json, form, text }).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  const [, second] = given;
  if (given.length === 0) return [{ path: [...path, 'json'], what: 'is missing: a reply has a body (json, form or text)' }];
  if (second !== undefined) return [{ path: [...path, second], what: `is set beside ${given[0]}: keep one of them` }];
  const what = json === undefined ? undefined : judgeJsonText(json);
  return what === undefined ? [] : [{ path: [...path, 'json'], what }];
}
