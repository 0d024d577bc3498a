import type { AdapterContext } from '../../../src/adapter.ts';
import { withTimeout } from '../../../src/clock.ts';
import { describeError } from '../../../src/errors.ts';
import { redact } from '../../../src/log.ts';
import type { SlackRequest, SlackResult } from '../client.ts';
import { platformErrorOf } from '../failure.ts';
import { toInstallation } from '../installation.ts';
import type { Installation } from '../installation.ts';
import type { Installations } from '../installations.ts';
import type { Page } from './pages.ts';
import { scopesOf } from '../manifest.ts';
import type { FeatureOptions } from '../manifest.ts';
import { checkState, issueState, toChallenge } from './state.ts';
import type { StateIssue } from './state.ts';

export interface SlackOAuth {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly stateSecret: string;
  /** As src/secret-box.ts takes them. */
  readonly encryptionKeys: string;
  /** Without a slash at the end. */
  readonly publicUrl: string;
  readonly userScopes: readonly string[];
  readonly pkce: boolean;
}

export interface FlowOptions {
  readonly oauth: SlackOAuth;
  readonly apiUrl: string | undefined;
  readonly request: SlackRequest;
  readonly installations: Installations;
  readonly context: Pick<AdapterContext, 'accept' | 'loadState' | 'clock' | 'log'>;
  readonly stopping: AbortSignal;
  /** What the scopes depend on. */
  readonly features: FeatureOptions;
}

export interface Callback {
  readonly query: URLSearchParams;
  readonly cookie: string | undefined;
}

export interface InstallFlow {
  /** What the browser is to keep, and where it goes. */
  begin(cookie: string | undefined): StateIssue & { readonly location: string };
  /** What the person is to see. */
  end(callback: Callback): Promise<Page>;
}

const requestTimeoutMs = 10_000;
/** Saved, so that a state does not become good again by a restart. */
const usedStatesKey = 'oauth-states';
/** Anybody can have states and use them up. One that is forgotten is still of no use without a code that Slack takes. */
const maxUsedStates = 1_000;

export function createInstallFlow(options: FlowOptions): InstallFlow {
  const { oauth, apiUrl, request, installations, context, stopping, features } = options;
  const { clock, log } = context;
  const { redirectUri, installUrl } = toRedirectUri(oauth);
  const useState = createUsedStates(context);
  const call = createTimedCall({ request, clock, stopping });

  async function install(code: string, verifier: string): Promise<Installation> {
    const { clientId, clientSecret, pkce } = oauth;
    const proof = pkce ? { code_verifier: verifier } : { client_secret: clientSecret };
    const answer = await call('oauth.v2.access', { client_id: clientId, ...proof, code, redirect_uri: redirectUri });
    const granted = toInstallation(answer, clock.now());
    const { bot_id: botId } = await call('auth.test', { token: granted.bot.token });
    const installation = { ...granted, bot: { ...granted.bot, botId: typeof botId === 'string' ? botId : '' } };
    await installations.install(installation);
    return installation;
  }

  return {
    begin: (cookie) => {
      const issue = issueState(oauth.stateSecret, { now: clock.now(), cookie });
      return { ...issue, location: toAuthorizeUrl(oauth, { issue, apiUrl, features }) };
    },
    end: async ({ query, cookie }) => {
      const again = { label: 'Start again', url: installUrl };
      const check = checkState(oauth.stateSecret, { state: query.get('state') ?? '', cookie, now: clock.now() });
      if (!check.ok) {
        log.warn('slack installation refused: its state is not good', { reason: check.reason });
        return { status: 400, title: 'This link does not work', text: stateHints[check.reason], link: again };
      }
      if (!(await useState(check))) {
        log.warn('slack installation refused: its state was used before');
        return { status: 400, title: 'This link has been used', text: stateHints.used, link: again };
      }
      const code = query.get('code') ?? '';
      if (code === '') return { ...declined(query.get('error')), link: again };
      try {
        const { id, name, isEnterprise, appId } = await install(code, check.verifier);
        log.info('slack app installed', { installation: id, name, isEnterprise });
        return installed({ id, name, isEnterprise, appId });
      } catch (error) {
        log.error('slack installation failed', { error: redact(describeError(error)).slice(0, 300) });
        return { ...failed(platformErrorOf(error)), link: again };
      }
    },
  };
}

export function toRedirectUri({ publicUrl }: Pick<SlackOAuth, 'publicUrl'>): { redirectUri: string; installUrl: string } {
  return { redirectUri: `${publicUrl}/slack/oauth_redirect`, installUrl: `${publicUrl}/slack/install` };
}

function toAuthorizeUrl(
  oauth: SlackOAuth,
  { issue, apiUrl, features }: { issue: StateIssue; apiUrl: string | undefined; features: FeatureOptions },
): string {
  const url = new URL('/oauth/v2/authorize', apiUrl ?? 'https://slack.com/api/');
  url.search = new URLSearchParams({
    client_id: oauth.clientId,
    scope: scopesOf(features).join(','),
    ...(oauth.userScopes.length > 0 ? { user_scope: oauth.userScopes.join(',') } : {}),
    redirect_uri: toRedirectUri(oauth).redirectUri,
    state: issue.state,
    ...(oauth.pkce ? { code_challenge: toChallenge(issue.verifier), code_challenge_method: 'S256' } : {}),
  }).toString();
  return url.href;
}

type Timing = Pick<FlowOptions, 'request' | 'stopping'> & Pick<FlowOptions['context'], 'clock'>;

function createTimedCall({ request, clock, stopping }: Timing) {
  return async (method: string, args: Record<string, unknown>): Promise<SlackResult> => {
    const { signal, clear } = withTimeout(clock, requestTimeoutMs, stopping);
    try {
      return await request(method, args, signal);
    } finally {
      clear();
    }
  };
}

/** Whether a state has not been used yet; from then on it has. */
function createUsedStates({ accept, loadState, clock }: FlowOptions['context']) {
  let used: Promise<Map<string, number>> | undefined;

  async function load(): Promise<Map<string, number>> {
    const saved = await loadState(usedStatesKey);
    return new Map(Object.entries((saved ?? {}) as Record<string, number>)); // written below
  }

  return async ({ nonce, until }: { nonce: string; until: number }): Promise<boolean> => {
    const states = await (used ??= load());
    for (const [key, end] of states) if (end <= clock.now()) states.delete(key);
    if (states.has(nonce)) return false;
    states.set(nonce, until);
    const [oldest] = states.keys();
    if (states.size > maxUsedStates && oldest !== undefined) states.delete(oldest);
    await accept([], { key: usedStatesKey, value: Object.fromEntries(states) });
    return true;
  };
}

const stateHints = {
  forged: ['It was not made by this server, or not whole. Begin the installation here.'],
  foreign: [
    'It belongs to another browser, or this browser keeps no cookies of this site.',
    'Begin the installation in the browser in which you want to end it, and allow cookies for this site.',
  ],
  expired: ['An installation has to be finished within ten minutes.'],
  used: ['Each link installs the app once. If the app is in your workspace already, there is nothing left to do.'],
} as const;

function declined(error: string | null): Page {
  if (error === 'access_denied' || error === null) {
    return {
      status: 400,
      title: 'Nothing was installed',
      text: ['You have cancelled, or the workspace wants an admin to approve the app first.'],
    };
  }
  const code = /^[a-z0-9_]{1,64}$/.test(error) ? error : 'an error without a name';
  return { status: 400, title: 'Slack did not install the app', text: [`Slack says: ${code}.`] };
}

/** What can be done, for the person; `operatorHints`, for who runs the server. */
function failed(code: string | undefined): Page {
  const title = 'The app could not be installed';
  const hint = operatorHints[code ?? ''];
  if (hint !== undefined) return { status: 502, title, text: ['This server is not set up rightly. Tell who runs it:', hint] };
  if (code === 'invalid_code' || code === 'code_already_used') {
    return { status: 400, title, text: ['What Slack gave for this installation is used up or too old.'] };
  }
  return {
    status: 502,
    title,
    text: ['Slack did not answer as expected. Try again in a minute; the log of the server has the reason.'],
  };
}

const operatorHints: Readonly<Record<string, string>> = {
  bad_client_secret: 'Slack refuses SLACK_CLIENT_SECRET. Compare it with the page "Basic Information" of the app.',
  invalid_client_id: 'Slack does not know SLACK_CLIENT_ID. Compare it with the page "Basic Information" of the app.',
  bad_redirect_uri:
    'Add this address to the redirect URLs of the app, on the page "OAuth & Permissions": PUBLIC_URL and /slack/oauth_redirect.',
  invalid_code_verifier: 'Switch PKCE on in the settings of the Slack app, or slack.pkce off.',
};

function installed({ id, name, isEnterprise, appId }: Pick<Installation, 'id' | 'name' | 'isEnterprise' | 'appId'>): Page {
  const where = isEnterprise ? `the organisation ${name}` : `the workspace ${name}`;
  const next = isEnterprise
    ? 'An admin of the organisation now chooses the workspaces in which it can be used.'
    : 'Send it a message, or invite it to a channel and mention it.';
  const target = new URLSearchParams({ app: appId, ...(isEnterprise ? {} : { team: id }) });
  const link = { label: 'Open Slack', url: `https://slack.com/app_redirect?${target.toString()}` };
  return { status: 200, title: 'The app is installed', text: [`It is in ${where}.`, next], link };
}
