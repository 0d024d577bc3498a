import { createHash } from 'node:crypto';
import type { Clock } from '../../../src/clock.ts';
import { Refusal, string } from './arguments.ts';
import type { Args, Method } from './arguments.ts';

/** The app where it is installed: in a workspace, or in an organisation as a whole. */
export interface InstalledPlace {
  readonly team: { readonly id: string; readonly name: string } | null;
  readonly enterprise: { readonly id: string; readonly name: string } | null;
  readonly botUserId: string;
}

/** What a person agrees to on the platform's page. */
export interface Consent {
  readonly place: InstalledPlace;
  readonly userId: string;
}

interface Token {
  readonly place: InstalledPlace;
  readonly userId: string | undefined;
  readonly scope: string;
  readonly refreshToken: string | undefined;
  readonly expiresAt: number;
  isRevoked: boolean;
}

interface RefreshToken extends Pick<Token, 'place' | 'userId' | 'scope'> {
  /** From when on it is not taken any more: it is good once, and for a short while after that. */
  until: number;
}

export interface OAuthOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly appId: string;
  /** Whether tokens end, and come with a refresh token. */
  readonly rotates: () => boolean;
  readonly tokenLifeMs: () => number;
}

const codeLifeMs = 10 * 60_000;
const graceMs = 60_000;
/** The platform keeps this many tokens of one installation alive. */
const maxActive = 2;

/** OAuth v2 as the reference describes it: codes that are good once, PKCE, tokens of workspaces and organisations, rotation. */
export function createOAuth({ clock, clientId, clientSecret, appId, rotates, tokenLifeMs }: OAuthOptions) {
  const { grant, refreshTokens, ...book } = createTokenBook({ clock, rotates, tokenLifeMs });
  const codes = new Map<string, Consent & { query: URLSearchParams; until: number }>();
  const checkClient = createClientCheck({ clientId, clientSecret });
  let count = 0;

  function exchange(args: Args): Readonly<Record<string, unknown>> {
    const code = string(args['code']);
    const consent = codes.get(code);
    if (!consent || consent.until <= clock.now()) throw new Refusal('invalid_code');
    const { query, place, userId } = consent;
    if ((query.get('redirect_uri') ?? '') !== string(args['redirect_uri'])) throw new Refusal('bad_redirect_uri');
    checkClient(args, query.get('code_challenge'));
    codes.delete(code);
    const userScope = query.get('user_scope') ?? '';
    return {
      ...grant({ place, userId: undefined, scope: query.get('scope') ?? '' }),
      ...{ bot_user_id: place.botUserId, app_id: appId, team: place.team, enterprise: place.enterprise },
      is_enterprise_install: place.team === null,
      authed_user: { id: userId, ...(userScope === '' ? {} : grant({ place, userId, scope: userScope })) },
    };
  }

  function refresh(args: Args): Readonly<Record<string, unknown>> {
    checkClient(args, null);
    const found = refreshTokens.get(string(args['refresh_token']));
    if (!found || found.until <= clock.now()) throw new Refusal('invalid_refresh_token');
    found.until = Math.min(found.until, clock.now() + graceMs);
    const { place } = found;
    return {
      ...grant(found),
      ...{ bot_user_id: place.botUserId, app_id: appId, team: place.team, enterprise: place.enterprise },
      is_enterprise_install: place.team === null,
    };
  }

  const access: Method = (args) => {
    if (args['grant_type'] === 'refresh_token') return refresh(args);
    checkClient(args, codes.get(string(args['code']))?.query.get('code_challenge') ?? null);
    return exchange(args);
  };

  return {
    openMethods: { 'oauth.v2.access': access },
    /** The person agrees; returns where the browser is sent back to. */
    approve: (authorizeUrl: string, consent: Consent): string => {
      const { pathname, searchParams: query } = new URL(authorizeUrl);
      if (pathname !== '/oauth/v2/authorize') throw new RangeError(`${pathname} is not where apps are authorised.`);
      if (query.get('client_id') !== clientId) throw new RangeError('There is no app with this client id.');
      count += 1;
      const code = `${count}.emulated-code`;
      codes.set(code, { ...consent, query, until: clock.now() + codeLifeMs });
      return toRedirect(query, { code });
    },
    deny: (authorizeUrl: string): string => toRedirect(new URL(authorizeUrl).searchParams, { error: 'access_denied' }),
    ...book,
  };
}

function createClientCheck({ clientId, clientSecret }: Pick<OAuthOptions, 'clientId' | 'clientSecret'>) {
  return (args: Args, challenge: string | null): void => {
    if (string(args['client_id']) !== clientId) throw new Refusal('invalid_client_id');
    if (challenge === null) {
      if (string(args['client_secret']) !== clientSecret) throw new Refusal('bad_client_secret');
      return;
    }
    const verifier = createHash('sha256').update(string(args['code_verifier'])).digest('base64url');
    if (verifier !== challenge) throw new Refusal('invalid_code_verifier');
  };
}

/** What has been granted. */
function createTokenBook({ clock, rotates, tokenLifeMs }: Pick<OAuthOptions, 'clock' | 'rotates' | 'tokenLifeMs'>) {
  const tokens = new Map<string, Token>();
  const refreshTokens = new Map<string, RefreshToken>();
  let count = 0;

  function grant({ place, userId, scope }: Pick<Token, 'place' | 'userId' | 'scope'>) {
    count += 1;
    const kind = userId === undefined ? 'xoxb' : 'xoxp';
    const isRotating = rotates();
    const token = `${isRotating ? 'xoxe.' : ''}${kind}-${count}-emulated-access-token`;
    const refreshToken = isRotating ? `xoxe-1-${count}-emulated-refresh-token` : undefined;
    const expiresAt = isRotating ? clock.now() + tokenLifeMs() : Number.POSITIVE_INFINITY;
    tokens.set(token, { place, userId, scope, refreshToken, expiresAt, isRevoked: false });
    if (refreshToken !== undefined) refreshTokens.set(refreshToken, { place, userId, scope, until: Number.POSITIVE_INFINITY });
    const active = [...tokens.values()].filter((each) => each.place === place && each.userId === userId && !each.isRevoked);
    if (isRotating) for (const each of active.slice(0, -maxActive)) each.isRevoked = true;
    const rotation = isRotating ? { refresh_token: refreshToken, expires_in: tokenLifeMs() / 1_000 } : {};
    return { access_token: token, scope, token_type: kind === 'xoxb' ? 'bot' : 'user', ...rotation };
  }

  return {
    ...{ grant, refreshTokens: refreshTokens as ReadonlyMap<string, RefreshToken> },
    /** The token, or why it is refused. */
    find: (token: string): Token | string => {
      const found = tokens.get(token);
      if (!found) return 'invalid_auth';
      if (found.isRevoked) return found.userId === undefined ? 'account_inactive' : 'token_revoked';
      return found.expiresAt <= clock.now() ? 'token_expired' : found;
    },
    /** Takes back everything that was granted there, or what one person has granted. */
    revoke: (place: InstalledPlace, userId?: string): void => {
      for (const token of tokens.values()) {
        if (token.place === place && (userId === undefined || token.userId === userId)) token.isRevoked = true;
      }
      for (const [key, token] of refreshTokens) {
        if (token.place === place && (userId === undefined || token.userId === userId)) refreshTokens.delete(key);
      }
    },
    /** Every token that was ever given out. */
    secrets: (): readonly string[] => [...tokens].flatMap(([token, { refreshToken = [] }]) => [token, refreshToken].flat()),
  };
}

function toRedirect(query: URLSearchParams, answer: Readonly<Record<string, string>>): string {
  const url = new URL(query.get('redirect_uri') ?? '');
  for (const [key, value] of Object.entries(answer)) url.searchParams.set(key, value);
  url.searchParams.set('state', query.get('state') ?? '');
  return url.href;
}
