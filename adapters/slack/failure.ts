import { WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api';
import { AdapterError, DeliveryError } from '../../src/errors.ts';
import { reasonOf } from './unreachable.ts';

/** What Slack itself says about a refused call, as in `channel_not_found`; undefined where it is not Slack that speaks. */
export function platformErrorOf(error: unknown): string | undefined {
  if (!(error instanceof WebAPIPlatformError)) return undefined;
  const code: unknown = error.data.error;
  // The SDK also puts the page there that a proxy answered with.
  return typeof code === 'string' && /^[a-z0-9_]{1,64}$/.test(code) ? code : undefined;
}

/** How long Slack asks to wait, in ms; undefined where the call failed for another reason. */
export function rateLimitOf(error: unknown): number | undefined {
  if (error instanceof WebAPIRateLimitedError) return error.retryAfter * 1000;
  if (!(error instanceof WebAPIPlatformError) || !rateLimits.has(error.data.error)) return undefined;
  return (error.data.response_metadata?.retryAfter ?? 1) * 1000;
}

const rateLimits = new Set(['ratelimited', 'rate_limited']);

/** Refusals that say nothing about the message: Slack had trouble, and may have done what it was asked. */
const troubles = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'messaging_processing_failed',
]);

/** The token is no good (any more). */
const deadTokenErrors = new Set(['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired']);

/** The token is of no use for the call. */
const credentialErrors = new Set([
  ...deadTokenErrors,
  ...['missing_scope', 'not_allowed_token_type', 'no_permission', 'org_login_required', 'team_access_not_granted'],
]);

const newToken = 'set a new SLACK_BOT_TOKEN, or add the app again to a workspace that it came to by OAuth.';

/** What an operator can do about the refusals that come up in practice. */
const remedies: Readonly<Record<string, string>> = {
  channel_not_found: 'The channel is gone, or private and without the bot: invite the bot to it.',
  not_in_channel: 'The bot is not in the channel: invite it.',
  is_archived: 'The channel is archived: restore it, or discard the message.',
  restricted_action: 'The workspace does not let the bot write in this channel: ask one of its admins.',
  restricted_action_read_only_channel: 'The channel is read-only: let the bot write there.',
  restricted_action_thread_locked: 'The thread is locked.',
  msg_too_long: 'The message is longer than Slack takes. This is a fault in how answers are cut: please report it.',
  no_text: 'The message is empty.',
  missing_scope: 'The Slack app lacks a permission: add the scopes of the manifest, and install it again.',
  invalid_auth: `Slack refuses the bot token: ${newToken}`,
  not_authed: `No bot token was sent: ${newToken}`,
  account_inactive: `The bot token belongs to a removed app or workspace: install the app again and ${newToken}`,
  token_revoked: `The bot token was revoked: install the app again and ${newToken}`,
  token_expired: `The bot token has expired: switch token rotation off and ${newToken}`,
  not_allowed_token_type: 'SLACK_BOT_TOKEN holds a token of the wrong kind: a bot token begins with xoxb-.',
  message_limit_exceeded: 'The workspace has used up the messages of its plan.',
  messages_tab_disabled: 'Switch the messages tab on in the settings of the Slack app (App Home).',
};

/** Whether the call was refused because of the token, which no repetition will change. */
export function isCredentialError(error: unknown): boolean {
  const code = platformErrorOf(error);
  return code !== undefined && credentialErrors.has(code);
}

/** Whether no call at all will succeed with this token. */
export function isDeadTokenError(error: unknown): boolean {
  const code = platformErrorOf(error);
  return code !== undefined && deadTokenErrors.has(code);
}

/** `opened`: a message stands there already, so that even a certain failure leaves something to look for. */
export function toDeliveryError(
  error: unknown,
  { method, opened = false }: { readonly method: string; readonly opened?: boolean },
): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const retryAfterMs = rateLimitOf(error);
  if (retryAfterMs !== undefined) {
    const message = `Slack asks to wait ${retryAfterMs / 1000} s before the next ${method}.`;
    return new DeliveryError({ message, retryable: true, uncertain: opened, retryAfterMs, cause: error });
  }
  const code = platformErrorOf(error);
  if (code === undefined || troubles.has(code)) {
    return new DeliveryError({ message: `${method} failed: ${reasonOf(error)}`, retryable: true, uncertain: true, cause: error });
  }
  return new DeliveryError({ message: `${method}: ${explain(code)}`, retryable: false, uncertain: opened, cause: error });
}

/** For a token that Slack refuses at the start. `setting` is SLACK_BOT_TOKEN or SLACK_APP_TOKEN. */
export function toCredentialError(
  error: unknown,
  { setting, method }: { readonly setting: string; readonly method: string },
): AdapterError {
  const code = platformErrorOf(error) ?? 'unknown_error';
  const remedy = setting === 'SLACK_APP_TOKEN' ? appTokenRemedy : (remedies[code] ?? '');
  return new AdapterError(`Slack refuses the token in ${setting}: ${method} answers ${code}. ${remedy}`.trimEnd(), {
    cause: error,
  });
}

const appTokenRemedy = 'It must be an app-level token, which begins with xapp- and has the scope connections:write.';

function explain(code: string): string {
  return `${remedies[code] ?? 'Slack refuses the message.'} (${code})`;
}
