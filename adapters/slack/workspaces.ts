import type { AdapterContext } from '../../src/adapter.ts';
import { withTimeout } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { toConversationId } from '../../src/conversation-id.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { InboundEvent } from '../../src/message.ts';
import { createSecretBox } from '../../src/secret-box.ts';
import { createSlackRequest, createTokenCaller } from './client.ts';
import type { SlackCaller, SlackPlace, SlackRequest, SlackResult } from './client.ts';
import { adapterName } from './conversation.ts';
import type { IdentityCheck } from './identity.ts';
import type { Installation } from './installation.ts';
import { Installations } from './installations.ts';
import { toRedirectUri } from './oauth/flow.ts';
import type { SlackOAuth } from './oauth/flow.ts';
import { isRecord } from './receive.ts';
import { createTokens } from './tokens.ts';
import type { Tokens } from './tokens.ts';
import { hostOf } from './unreachable.ts';

export interface WorkspacesOptions {
  readonly oauth: SlackOAuth;
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
  readonly context: AdapterContext;
  /** The workspace of the configured bot token, where there is one. */
  readonly own: { readonly slack: SlackCaller; readonly identity: IdentityCheck } | undefined;
}

/** For whom an event came. */
export interface Arrival {
  readonly userId: string | undefined;
  readonly botId: string | undefined;
  /** Undefined: for the workspace of the configured bot token. */
  readonly installation?: string;
}

export interface Workspaces {
  readonly installations: Installations;
  readonly tokens: Tokens;
  /** Without a token, for `oauth.v2.access`; or with the one among the arguments. */
  readonly request: SlackRequest;
  readonly slack: SlackCaller;
  /** Undefined where the app is not installed. Rejects where it may be: then the event must not be acknowledged. */
  arrive(body: Readonly<Record<string, unknown>>): Promise<Arrival | undefined>;
  identity(place: SlackPlace, signal: AbortSignal): Promise<{ readonly userId: string; readonly botId: string }>;
  /** The removal from an organisation is one from each of its workspaces. */
  expand(event: InboundEvent, arrival: Arrival): readonly InboundEvent[];
  /** People have taken back what they granted. */
  forgetUsers(arrival: Arrival, body: Readonly<Record<string, unknown>>): Promise<void>;
}

const requestTimeoutMs = 10_000;

/** Installations in many workspaces, beside the one of the configured bot token if there is one: which token belongs to what. */
export function createWorkspaces({ oauth, apiUrl, fetch, context, own }: WorkspacesOptions): Workspaces {
  const { clock, log } = context;
  const installations = new Installations({
    box: createSecretBox(oauth.encryptionKeys),
    stored: context.installations,
    clock,
    log,
  });
  const request = createSlackRequest({ apiUrl, fetch, log });
  const { installUrl } = toRedirectUri(oauth);
  const tokens = createTokens({ installations, clock, log, installUrl, refresh: createRefresh(oauth, { request, clock }) });
  const callers = new Map<string, SlackCaller>();

  /** Whether the configured bot token is for this workspace. Until Slack has said whose it is, it is for all that have no other. */
  function isOwn(id: string): boolean {
    const team = own?.identity.current()?.team;
    return own !== undefined && (team === id || (team === undefined && !installations.find(id)));
  }

  function callerFor(id: string): SlackCaller {
    if (own && isOwn(id)) return own.slack;
    const caller = callers.get(id) ?? createTokenCaller(request, tokens.of(id), slack.host);
    callers.set(id, caller);
    return caller;
  }

  const slack: SlackCaller = {
    call: async (method, args, signal) => {
      if (own) return own.slack.call(method, args, signal);
      const message = `${method} was to be called for no workspace in particular.`;
      throw new DeliveryError({ message, retryable: false, uncertain: false });
    },
    isRefused: () => own?.slack.isRefused() ?? false,
    token: async (signal) => own?.slack.token(signal) ?? '',
    host: hostOf(apiUrl),
    of: (place) => {
      const id = idOf(place);
      return id === undefined ? slack : callerFor(id);
    },
  };

  return {
    ...{ installations, tokens, request, slack },
    arrive: async (body) => {
      const { team } = placeOf(body);
      if (own && isOwn(team)) return own.identity.current() ?? nobody;
      return arrivalOf(installations, body);
    },
    identity: async (place, signal) => {
      const id = idOf(place);
      if (own && (id === undefined || isOwn(id))) return own.identity.get(signal);
      const bot = id === undefined ? undefined : installations.find(id)?.bot;
      return bot ?? { userId: '', botId: '' };
    },
    expand: (event, arrival) => expand(installations, event, arrival),
    forgetUsers: (arrival, body) => forgetUsers(installations, arrival, body),
  };
}

async function arrivalOf(installations: Installations, body: Body): Promise<Arrival | undefined> {
  const { team, enterprise, isEnterprise } = placeOf(body);
  const ids = (isEnterprise ? [enterprise, team] : [team, enterprise]).filter((id) => id !== '');
  const found = await findFirst(installations, ids);
  if (found) {
    const { id, bot } = await rememberTeam(installations, { found, team });
    return { userId: bot.userId, botId: bot.botId, installation: id };
  }
  const unreadable = ids.find((id) => installations.unreadable.includes(id));
  if (unreadable !== undefined) throw new Error(`The installation ${unreadable} cannot be read.`);
  return undefined;
}

function createRefresh({ clientId, clientSecret }: SlackOAuth, { request, clock }: { request: SlackRequest; clock: Clock }) {
  return async (refreshToken: string): Promise<SlackResult> => {
    const grant = { client_id: clientId, client_secret: clientSecret, grant_type: 'refresh_token', refresh_token: refreshToken };
    const { signal, clear } = withTimeout(clock, requestTimeoutMs);
    try {
      return await request('oauth.v2.access', grant, signal);
    } finally {
      clear();
    }
  };
}

function expand(installations: Installations, event: InboundEvent, { installation: id }: Arrival): readonly InboundEvent[] {
  const installation = id === undefined ? undefined : installations.get(id);
  if (event.type !== 'uninstall' || !installation) return [event];
  const isLate = (installations.installedAt(installation.id) ?? 0) > event.sentAt + 999; // Slack tells whole seconds
  const teams = isLate ? [] : installation.teams.filter((team) => !installations.get(team));
  return [installation.id, ...teams].map((tenant) => ({
    ...event,
    tenant,
    conversationId: toConversationId({ adapter: adapterName, tenant, path: ['app'] }),
  }));
}

async function forgetUsers(installations: Installations, { installation: id }: Arrival, body: Body): Promise<void> {
  const gone = revokedUsers(body);
  if (id === undefined || gone.length === 0) return;
  await installations.change(id, (current) => {
    const users = Object.entries(current.users).filter(([user]) => !gone.includes(user));
    return users.length === Object.keys(current.users).length ? current : { ...current, users: Object.fromEntries(users) };
  });
}

const nobody: Arrival = { userId: undefined, botId: undefined };

/** The asking person's own workspace is the last resort: in a shared channel it is not the bot's. */
function idOf({ tenant, destination }: SlackPlace): string | undefined {
  return destination?.['installation'] ?? tenant ?? destination?.['teamId'];
}

/** Another process may have installed it: the ledger knows best. */
async function findFirst(installations: Installations, ids: readonly string[]): Promise<Installation | undefined> {
  for (const id of ids) {
    const known = installations.find(id);
    if (known) return known;
  }
  for (const id of ids) {
    const saved = await installations.reload(id);
    if (saved) return saved;
  }
  return undefined;
}

/** An answer may have to go out long after its event came, and the removal of an organisation concerns all its workspaces. */
async function rememberTeam(
  installations: Installations,
  { found, team }: { found: Installation; team: string },
): Promise<Installation> {
  if (!found.isEnterprise || team === '' || team === found.id || found.teams.includes(team)) return found;
  const changed = await installations.change(found.id, (current) =>
    current.teams.includes(team) ? current : { ...current, teams: [...current.teams, team] },
  );
  return changed ?? found;
}

type Body = Readonly<Record<string, unknown>>;

/** Events say by `authorizations` through which installation they come; commands and actions name the workspace and the organisation. */
function placeOf(body: Body): { team: string; enterprise: string; isEnterprise: boolean } {
  const { authorizations } = body;
  const first: unknown = Array.isArray(authorizations) ? authorizations[0] : undefined;
  const by = isRecord(first) ? first : {};
  const team = text(body['context_team_id']) || text(by['team_id']) || text(body['team_id']) || idIn(body['team']);
  const enterprise = text(by['enterprise_id']) || text(body['enterprise_id']) || idIn(body['enterprise']);
  const flag = by['is_enterprise_install'] ?? body['is_enterprise_install'];
  return { team, enterprise, isEnterprise: flag === true || flag === 'true' };
}

function revokedUsers({ event }: Body): readonly unknown[] {
  if (!isRecord(event) || event['type'] !== 'tokens_revoked' || !isRecord(event['tokens'])) return [];
  const { oauth } = event['tokens'];
  return Array.isArray(oauth) ? oauth : [];
}

function idIn(value: unknown): string {
  return isRecord(value) ? text(value['id']) : '';
}

function text(value: unknown): string {
  return typeof value === 'string' && value.length <= 255 ? value : '';
}

/** For health and the like. */
export function describeInstallations({ installations: { size, unreadable } }: Workspaces, installUrl: string): string {
  const lost = unreadable.length > 0 ? ` (and ${unreadable.length} that no key in PARLEY_ENCRYPTION_KEYS opens)` : '';
  const times = size === 1 ? 'once' : `${size} times`;
  return size === 0 ? `no workspace has installed the app yet${lost}: open ${installUrl}` : `installed ${times} by OAuth${lost}`;
}
