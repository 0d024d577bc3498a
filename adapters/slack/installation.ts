import type { SlackResult } from './client.ts';
import { isRecord } from './receive.ts';

/** The app in one workspace, or in a whole organisation (Enterprise): what Slack said when it was installed there. */
export interface Installation {
  /** Of the workspace (`T…`), or of the organisation (`E…`) when it is installed in that as a whole. */
  readonly id: string;
  readonly isEnterprise: boolean;
  readonly name: string;
  readonly appId: string;
  readonly bot: SlackToken & { readonly userId: string; readonly botId: string };
  /** What people have granted for themselves, by their ids: of everybody who has installed the app here. */
  readonly users: Readonly<Record<string, SlackToken>>;
  /** Of an organisation: the workspaces that events have come from. */
  readonly teams: readonly string[];
}

export interface SlackToken {
  readonly token: string;
  readonly scopes: readonly string[];
  /** Where tokens are rotated: what buys the next one, and when this one ends, in ms since 1970. */
  readonly refreshToken?: string;
  readonly expiresAt?: number;
}

/** What `oauth.v2.access` answers to a code. Throws a TypeError where it is no installation of a bot. */
export function toInstallation(answer: SlackResult, now: number): Omit<Installation, 'bot'> & { readonly bot: BotWithoutId } {
  const { team, enterprise, authed_user: person, bot_user_id: userId, app_id: appId } = answer;
  const isEnterprise = answer['is_enterprise_install'] === true;
  const place = isEnterprise ? enterprise : team;
  const bot = toToken(answer, now);
  if (!isRecord(place) || !isText(place['id'])) throw new TypeError('Slack did not say where the app was installed.');
  if (!bot || !isText(userId)) throw new TypeError('Slack gave no bot token: the app has no bot user, or no scope for one.');
  const user = isRecord(person) && isText(person['id']) ? { id: person['id'], token: toToken(person, now) } : undefined;
  return {
    id: place['id'],
    isEnterprise,
    name: isText(place['name']) ? place['name'] : place['id'],
    appId: isText(appId) ? appId : '',
    bot: { ...bot, userId },
    users: user?.token ? { [user.id]: user.token } : {},
    teams: [],
  };
}

type BotWithoutId = Omit<Installation['bot'], 'botId'>;

/** A token and when it ends, as it stands in every answer of `oauth.v2.access`. */
export function toToken(given: SlackResult, now: number): SlackToken | undefined {
  const { access_token: token, refresh_token: refreshToken, expires_in: seconds, scope } = given;
  if (!isText(token)) return undefined;
  const scopes = isText(scope) ? scope.split(',') : [];
  if (!isText(refreshToken) || typeof seconds !== 'number' || !Number.isFinite(seconds)) return { token, scopes };
  return { token, scopes, refreshToken, expiresAt: now + seconds * 1_000 };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
