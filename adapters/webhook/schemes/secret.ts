import { createSecretMatcher } from '../../../src/signature.ts';
import { single } from '../../../src/signed-header.ts';
import type { ApiKeyVerification, BasicVerification, UrlSecretVerification } from '../../../src/verification.ts';
import type { SourceVerify } from './source-verify.ts';

export function createApiKeyVerifier({ secrets, header }: ApiKeyVerification): SourceVerify {
  const name = header.toLowerCase();
  return createCheck(secrets, ({ headers }) => single(headers[name]) || undefined);
}

export function createBasicVerifier({ secrets, username }: BasicVerification): SourceVerify {
  if (username.includes(':')) throw new TypeError('"username" must not contain a colon: it ends the name.');
  const withNames = secrets.map((secret) => `${username}:${secret}`);
  return createCheck(
    secrets,
    ({ headers }) => {
      const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(single(headers['authorization']) ?? '')?.[1];
      return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
    },
    withNames,
  );
}

export function createUrlSecretVerifier({ secrets, parameter }: UrlSecretVerification): SourceVerify {
  return createCheck(secrets, ({ url = '' }) => {
    const query = url.indexOf('?');
    if (query === -1) return undefined;
    // Twice the same name is no answer: a proxy in front may have looked at the other one.
    const given = new URLSearchParams(url.slice(query + 1)).getAll(parameter);
    return given.length === 1 && given[0] ? given[0] : undefined;
  });
}

/** `accepted` are what `read` must give, where that is not the secrets themselves. */
function createCheck(
  secrets: readonly string[],
  read: (request: Parameters<SourceVerify>[0]) => string | undefined,
  accepted: readonly string[] = secrets,
): SourceVerify {
  if (secrets.some((secret) => secret.trim() === '')) throw new TypeError('A secret is empty.');
  if (secrets.length === 0) return () => ({ ok: false, reason: 'unconfigured' });
  const matches = createSecretMatcher(accepted);
  return (request) => {
    const given = read(request);
    return given === undefined ? { ok: false, reason: 'missing' } : matches(given);
  };
}
