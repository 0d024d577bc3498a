import { AdapterError, describeError } from '../../src/errors.ts';
import { redact, silentLog } from '../../src/log.ts';
import { createSlackCaller, createSlackRequest, type SlackRequest, type SlackResult } from './client.ts';
import { isCredentialError, platformErrorOf, toCredentialError } from './failure.ts';
import { toRedirectUri } from './oauth/flow.ts';
import type { SlackOAuth } from './oauth/flow.ts';

export interface CheckedCredentials {
  readonly botToken: string | undefined;
  readonly oauth: Pick<SlackOAuth, 'clientId' | 'clientSecret' | 'publicUrl'> | undefined;
  /** For Socket Mode only. */
  readonly appToken: string | undefined;
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
}

/** Whether Slack accepts the tokens. A signing secret cannot be tried out: the first event will tell. */
export async function checkCredentials(credentials: CheckedCredentials, signal: AbortSignal): Promise<string> {
  const { botToken, oauth, appToken, ...rest } = credentials;
  const call = async (token: string, { setting, method }: { setting: string; method: string }): Promise<SlackResult> => {
    try {
      return await createSlackCaller({ ...rest, botToken: token, log: silentLog }).call(method, {}, signal);
    } catch (error) {
      if (isCredentialError(error)) throw toCredentialError(error, { setting, method });
      throw unreachable(error);
    }
  };
  const found: string[] = [];
  if (botToken !== undefined) {
    const { user, team } = await call(botToken, { setting: 'SLACK_BOT_TOKEN', method: 'auth.test' });
    found.push(`the bot token works: @${String(user)} in the workspace ${String(team)}`);
  }
  if (oauth) found.push(await checkOAuth(oauth, createSlackRequest({ ...rest, log: silentLog }), signal));
  if (appToken === undefined) return [...found, 'events arrive at /slack/events'].join('; ');
  // It only asks for the address of a connection; none is opened.
  await call(appToken, { setting: 'SLACK_APP_TOKEN', method: 'apps.connections.open' });
  return [...found, 'the app token works (Socket Mode)'].join('; ');
}

/** A code that Slack never gave: it is refused as such by who knows the app, and changes nothing. */
async function checkOAuth(
  { clientId, clientSecret, publicUrl }: NonNullable<CheckedCredentials['oauth']>,
  request: SlackRequest,
  signal: AbortSignal,
): Promise<string> {
  const { installUrl } = toRedirectUri({ publicUrl });
  const ready = `the app can be installed at ${installUrl}`;
  try {
    await request('oauth.v2.access', { client_id: clientId, client_secret: clientSecret, code: 'parley-doctor' }, signal);
    return ready;
  } catch (error) {
    const code = platformErrorOf(error);
    if (code === undefined) throw unreachable(error);
    if (code !== 'invalid_client_id' && code !== 'bad_client_secret') return ready;
    const setting = code === 'invalid_client_id' ? 'SLACK_CLIENT_ID' : 'SLACK_CLIENT_SECRET';
    throw new AdapterError(`Slack refuses ${setting} (${code}): compare it with the page "Basic Information" of the app.`, {
      cause: error,
    });
  }
}

function unreachable(error: unknown): AdapterError {
  return new AdapterError(`Slack cannot be reached: ${redact(describeError(error))}`, { cause: error });
}
