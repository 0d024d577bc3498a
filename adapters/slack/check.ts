import { AdapterError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { createSlackCaller, type SlackResult } from './client.ts';
import { isCredentialError, toCredentialError } from './failure.ts';
import { describeUnreachable, hostOf } from './unreachable.ts';

export interface CheckedCredentials {
  readonly botToken: string;
  /** For Socket Mode only. */
  readonly appToken: string | undefined;
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
}

/** Whether Slack accepts the tokens. A signing secret cannot be tried out: the first event will tell. */
export async function checkCredentials(credentials: CheckedCredentials, signal: AbortSignal): Promise<string> {
  const { botToken, appToken, ...rest } = credentials;
  const call = async (token: string, { setting, method }: { setting: string; method: string }): Promise<SlackResult> => {
    try {
      return await createSlackCaller({ ...rest, botToken: token, log: silentLog }).call(method, {}, signal);
    } catch (error) {
      if (isCredentialError(error)) throw toCredentialError(error, { setting, method });
      throw new AdapterError(describeUnreachable(error, hostOf(credentials.apiUrl)));
    }
  };
  const { user, team } = await call(botToken, { setting: 'SLACK_BOT_TOKEN', method: 'auth.test' });
  const who = `the bot token works: @${String(user)} in the workspace ${String(team)}`;
  if (appToken === undefined) return `${who}; events arrive at /slack/events`;
  // It only asks for the address of a connection; none is opened.
  await call(appToken, { setting: 'SLACK_APP_TOKEN', method: 'apps.connections.open' });
  return `${who}; the app token works (Socket Mode)`;
}
