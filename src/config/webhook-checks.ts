import type { Conflict } from './conflict.ts';
import { checkReply } from './reply-checks.ts';
import type { Settings } from './schema.ts';
import { findPublicKeyProblem } from './webhook-verify.ts';

type Source = Settings['webhooks'][string];
type Verify = Source['verify'];

export function checkWebhook(name: string, source: Source, server: Settings['server'] | undefined): Conflict[] {
  const { verify, callback } = source;
  const path = ['webhooks', name, 'verify'];
  return [
    ...checkProof(path, verify),
    ...checkReply(name, source),
    ...(callback
      ? checkOne(['webhooks', name, 'callback'], callback, { names: secretNames, why: 'answers are signed with it' })
      : []),
    ...(verify.scheme === 'hmac' || verify.scheme === 'publicKey'
      ? [...checkSigned(path, verify, server), ...checkForm(path, source)]
      : []),
    ...(verify.scheme === 'jwt' ? checkJwt(path, verify) : []),
    ...(verify.scheme === 'mtls' ? checkClientCertificate(path, verify, server) : []),
  ];
}

/** There must be something to check with, and one way of saying what. */
function checkProof(path: readonly string[], verify: Verify): Conflict[] {
  const why = 'without it anybody could send';
  switch (verify.scheme) {
    case 'mtls':
      return [];
    case 'publicKey':
      return [...checkOne(path, verify, { names: publicKeyNames, why }), ...checkKeys(path, verify, verify.algorithm)];
    case 'standard': {
      const hasKey = verify.publicKey !== undefined || verify.publicKeys !== undefined;
      const secrets = hasKey && !verify.secret && !verify.secrets ? [] : checkOne(path, verify, { names: secretNames, why });
      return [
        ...secrets,
        ...(hasKey ? checkOne(path, verify, { names: publicKeyNames, why }) : []),
        ...checkKeys(path, verify, 'ed25519'),
      ];
    }
    case 'jwt':
      return verify.jwksUrl === undefined ? checkOne(path, verify, { names: secretNames, why }) : [];
    default:
      return checkOne(path, verify, { names: secretNames, why });
  }
}

const secretNames = ['secret', 'secrets'] as const;
const publicKeyNames = ['publicKey', 'publicKeys'] as const;

/** Exactly one of the two. */
function checkOne<Name extends string>(
  path: readonly string[],
  values: { readonly [Key in Name]?: unknown },
  { names: [one, several], why }: { readonly names: readonly [Name, Name]; readonly why: string },
): Conflict[] {
  if (!values[one] && !values[several]) return [{ path: [...path, one], what: `is missing: ${why}` }];
  return values[one] && values[several] ? [{ path: [...path, several], what: `is set beside ${one}: keep one of them` }] : [];
}

interface Keys {
  readonly publicKey?: string | undefined;
  readonly publicKeys?: readonly string[] | undefined;
}

function checkKeys(path: readonly string[], { publicKey, publicKeys }: Keys, algorithm: string): Conflict[] {
  const named = [
    ...(publicKey === undefined ? [] : [{ key: publicKey, name: 'publicKey' }]),
    ...(publicKeys ?? []).map((key) => ({ key, name: 'publicKeys' })),
  ];
  return named.flatMap(({ key, name }) => {
    const problem = findPublicKeyProblem(key, algorithm);
    return problem === undefined ? [] : [{ path: [...path, name], what: `cannot be used. ${problem}` }];
  });
}

type Signed = Extract<Verify, { scheme: 'hmac' | 'publicKey' }>;

function checkSigned(path: readonly string[], verify: Signed, server: Settings['server'] | undefined): Conflict[] {
  const conflicts: Conflict[] = [];
  const hasTime = verify.timestampHeader !== undefined || verify.timestampPrefix !== undefined;
  const signsTime = verify.signed.includes('{timestamp}');
  const signsId = verify.signed.includes('{id}');
  if (signsTime && !hasTime) {
    conflicts.push({ path: [...path, 'timestampHeader'], what: 'is missing: {timestamp} is part of what is signed' });
  }
  if (!signsTime && hasTime) {
    const what = 'does not contain {timestamp} although timestampHeader is set: a time that is not signed protects from nothing';
    conflicts.push({ path: [...path, 'signed'], what });
  }
  if (signsId && !verify.idHeader)
    conflicts.push({ path: [...path, 'idHeader'], what: 'is missing: {id} is part of what is signed' });
  if (!signsId && verify.idHeader) {
    const what = 'does not contain {id} although idHeader is set: an id that is not signed proves nothing';
    conflicts.push({ path: [...path, 'signed'], what });
  }
  const unknown = verify.signed.match(/\{(?!(?:body|form|timestamp|id|method|url)\})[^{}]*\}/)?.[0];
  if (unknown !== undefined) {
    conflicts.push({
      path: [...path, 'signed'],
      what: `knows {body}, {form}, {timestamp}, {id}, {method} and {url}, but not ${unknown}`,
    });
  }
  if (verify.signed.includes('{url}') && server && server.publicUrl === undefined) {
    conflicts.push({ path: ['server', 'publicUrl'], what: `is missing: the sender of webhooks.${path[1]} signs the address` });
  }
  return conflicts;
}

function checkForm(path: readonly string[], { verify, body }: Source): Conflict[] {
  if (!('signed' in verify) || !verify.signed.includes('{form}') || body === 'form') return [];
  return [{ path: [...path, 'signed'], what: 'contains {form}, which needs body: form beside verify' }];
}

function checkJwt(path: readonly string[], verify: Extract<Verify, { scheme: 'jwt' }>): Conflict[] {
  const { jwksUrl, algorithms = [], issuer, audience } = verify;
  const isShared = jwksUrl === undefined;
  const conflicts: Conflict[] = [];
  const wrong = algorithms.find((algorithm) => algorithm.startsWith('HS') !== isShared);
  if (wrong !== undefined) {
    const what = isShared
      ? `holds ${wrong}, which needs jwksUrl: a secret signs by HS256`
      : `holds ${wrong}, which needs a secret`;
    conflicts.push({ path: [...path, 'algorithms'], what, example: isShared ? 'algorithms: [HS256]' : 'algorithms: [RS256]' });
  }
  if (isShared) return conflicts;
  if (verify.secret !== undefined || verify.secrets !== undefined) {
    conflicts.push({ path: [...path, 'secret'], what: 'is set beside jwksUrl: keep one of them' });
  }
  if (!/^https:|^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/]/i.test(jwksUrl)) {
    conflicts.push({
      path: [...path, 'jwksUrl'],
      what: 'must be an https address: whoever changes the keys on the way could sign',
    });
  }
  const why = 'is missing: an issuer signs tokens for others, too';
  if (issuer === undefined) conflicts.push({ path: [...path, 'issuer'], what: why });
  if (audience === undefined) conflicts.push({ path: [...path, 'audience'], what: why });
  return conflicts;
}

function checkClientCertificate(
  path: readonly string[],
  { identityHeader }: Extract<Verify, { scheme: 'mtls' }>,
  server: Settings['server'] | undefined,
): Conflict[] {
  if (server && identityHeader === undefined && server.tls?.clientCa === undefined) {
    const what = `is missing: ${path.slice(0, 2).join('.')} wants a client certificate. Where a proxy checks that, set identityHeader there`;
    return [{ path: ['server', 'tls', 'clientCa'], what }];
  }
  if (identityHeader === undefined) return [];
  if (server === undefined || Array.isArray(server.trustProxy)) return [];
  const what = `must list the addresses of the proxy that checks client certificates: ${path.slice(0, 2).join('.')} believes its headers`;
  return [{ path: ['server', 'trustProxy'], what, example: 'server: { trustProxy: [10.0.0.5] }' }];
}
