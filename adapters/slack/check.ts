import type { CheckReport } from '../../src/adapter.ts';
import { systemClock } from '../../src/clock.ts';
import { AdapterError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import type { SlackCommands } from './command.ts';
import { createSlackCaller, createSlackRequest, type SlackRequest, type SlackResult } from './client.ts';
import { isCredentialError, platformErrorOf, toCredentialError } from './failure.ts';
import { checkDelivery } from './check-delivery.ts';
import { toRedirectUri } from './oauth/flow.ts';
import type { SlackOAuth } from './oauth/flow.ts';
import { eventsPath, missingScopes } from './manifest.ts';
import { isRecord } from './receive.ts';
import type { SlackShortcut } from './shortcuts.ts';
import { describeUnreachable, hostOf } from './unreachable.ts';

export interface CheckedOptions {
  readonly botToken: string | undefined;
  readonly oauth: Pick<SlackOAuth, 'clientId' | 'clientSecret' | 'publicUrl'> | undefined;
  readonly transport:
    | { readonly type: 'http'; readonly signingSecret: string }
    | { readonly type: 'socket'; readonly appToken: string };
  /** Where the outside reaches this server, without a path. */
  readonly publicUrl?: string | undefined;
  readonly followThreads: boolean;
  /** Whether settings name user groups. */
  readonly groups: boolean;
  readonly commands?: SlackCommands;
  readonly shortcuts?: readonly SlackShortcut[];
  /** Whether files are read; true where it is left out. */
  readonly readFiles?: boolean;
  readonly agentView?: boolean | undefined;
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
}

/** A signed request is refused when it is older than five minutes: the clocks must not come near that. */
const largestSkewMs = 60_000;

/** Whether Slack accepts the tokens, whether they may do what is configured, and what else can be told from here. */
export async function checkSlack(options: CheckedOptions, signal: AbortSignal): Promise<CheckReport> {
  const { botToken, oauth, transport, publicUrl, apiUrl, fetch } = options;
  const slack = createChecker(options, signal);
  const found: string[] = [];
  const warnings: string[] = [];
  if (botToken !== undefined) {
    const who = await slack.call(botToken, { setting: 'SLACK_BOT_TOKEN', method: 'auth.test' });
    found.push(`the bot token works: @${String(who['user'])} in the workspace ${String(who['team'])}`);
    warnings.push(...scopeWarnings(who, options));
  }
  if (oauth) found.push(await checkOAuth(oauth, createSlackRequest({ apiUrl, fetch, log: silentLog }), { apiUrl, signal }));
  if (transport.type === 'socket') {
    // It only asks for the address of a connection; none is opened.
    await slack.call(transport.appToken, { setting: 'SLACK_APP_TOKEN', method: 'apps.connections.open' });
    found.push('the app token works (Socket Mode)');
  } else {
    found.push(`events arrive at ${eventsPath}`);
    warnings.push(...secretWarnings(transport.signingSecret));
    if (publicUrl !== undefined) {
      const delivery = await checkDelivery({ publicUrl, signingSecret: transport.signingSecret, fetch }, signal);
      if ('found' in delivery) found.push(delivery.found);
      else warnings.push(delivery.warning);
    }
  }
  return { detail: found.join('; '), warnings: [...warnings, ...skewWarnings(slack.skewMs())] };
}

interface Attempt {
  readonly setting: string;
  readonly method: string;
}

function createChecker({ apiUrl, fetch: given = fetch }: CheckedOptions, signal: AbortSignal) {
  let skewMs: number | undefined;
  const watched: typeof fetch = async (input, init) => {
    const response = await given(input, init);
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isFinite(date)) skewMs = systemClock.now() - date;
    return response;
  };
  return {
    /** How far this machine's clock is ahead of Slack's. */
    skewMs: () => skewMs,
    call: async (token: string, { setting, method }: Attempt): Promise<SlackResult> => {
      try {
        return await createSlackCaller({ apiUrl, fetch: watched, botToken: token, log: silentLog }).call(method, {}, signal);
      } catch (error) {
        if (isCredentialError(error)) throw toCredentialError(error, { setting, method });
        throw new AdapterError(describeUnreachable(error, hostOf(apiUrl)));
      }
    },
  };
}

/** Slack names the scopes of a token in a header of every answer, which the SDK puts into `response_metadata`. */
function scopeWarnings({ response_metadata: metadata }: SlackResult, options: CheckedOptions): string[] {
  const granted = isRecord(metadata) ? metadata['scopes'] : undefined;
  if (!Array.isArray(granted)) return [];
  const missing = missingScopes(granted.map(String), options);
  const needed = missing.filter(({ optional }) => !optional);
  const describe = (all: typeof missing): string =>
    all.map(({ scopes, purpose }) => `${scopes.join(' and ')} (to ${purpose})`).join(', ');
  const mend =
    'Add it on the page "OAuth & Permissions" of the app and install the app again, or compare with: parley slack manifest.';
  if (needed.length > 0) throw new AdapterError(`The bot token works, but lacks ${describe(needed)}. ${mend}`);
  return missing.length > 0 ? [`The bot token lacks ${describe(missing)}. ${mend}`] : [];
}

function skewWarnings(skewMs: number | undefined): string[] {
  if (skewMs === undefined || Math.abs(skewMs) <= largestSkewMs) return [];
  const by = `${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead of' : 'behind'}`;
  return [`The clock of this machine is ${by} Slack's. At 300 s events are refused as replayed: set it, by NTP for example.`];
}

function secretWarnings(secret: string): string[] {
  if (/^[0-9a-f]{32}$/.test(secret)) return [];
  return [
    'SLACK_SIGNING_SECRET does not look like one, which has 32 hexadecimal digits: compare it with the page "Basic Information".',
  ];
}

/** A code that Slack never gave: it is refused as such by who knows the app, and changes nothing. */
async function checkOAuth(
  { clientId, clientSecret, publicUrl }: NonNullable<CheckedOptions['oauth']>,
  request: SlackRequest,
  { apiUrl, signal }: { readonly apiUrl: string | undefined; readonly signal: AbortSignal },
): Promise<string> {
  const { installUrl } = toRedirectUri({ publicUrl });
  const ready = `the app can be installed at ${installUrl}`;
  try {
    await request('oauth.v2.access', { client_id: clientId, client_secret: clientSecret, code: 'parley-doctor' }, signal);
    return ready;
  } catch (error) {
    const code = platformErrorOf(error);
    if (code === undefined) throw new AdapterError(describeUnreachable(error, hostOf(apiUrl)));
    if (code !== 'invalid_client_id' && code !== 'bad_client_secret') return ready;
    const setting = code === 'invalid_client_id' ? 'SLACK_CLIENT_ID' : 'SLACK_CLIENT_SECRET';
    throw new AdapterError(`Slack refuses ${setting} (${code}): compare it with the page "Basic Information" of the app.`, {
      cause: error,
    });
  }
}
