import { WebAPIHTTPError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { describeError } from '../../src/errors.ts';
import { redact } from '../../src/log.ts';

const slackHost = 'slack.com';

/** Where calls go to, without path and credentials: `slack.com`, `127.0.0.1:8080`. */
export function hostOf(apiUrl: string | undefined): string {
  return apiUrl === undefined ? slackHost : new URL(apiUrl).host;
}

/** Why a call came to nothing although nobody refused it, and what an operator can look at: in one sentence each. */
export function describeUnreachable(error: unknown, host: string): string {
  const setting = host === slackHost ? '' : ' and SLACK_API_URL';
  if (error instanceof WebAPIHTTPError) return `Slack cannot be reached: ${host} answers with HTTP ${error.statusCode}.`;
  if (error instanceof WebAPIRateLimitedError) return `Slack asks to wait ${error.retryAfter} s before the next call.`;
  if (!(error instanceof WebAPIRequestError)) return `Slack cannot be used at ${host}: ${reasonOf(error)}.`;
  return `Slack cannot be reached at ${host}: ${reasonOf(error)}. Check the network, name server and firewall of this machine${setting}.`;
}

/** The innermost cause: what wraps it, the SDK and fetch, says only that a request failed. */
export function reasonOf(error: unknown): string {
  let inmost = error;
  while (inmost instanceof Error && inmost.cause instanceof Error) inmost = inmost.cause;
  // Where a name has several addresses, and none of them answers, there is one error for all of them, without a message of its own.
  if (inmost instanceof AggregateError && inmost.message === '') inmost = inmost.errors[0];
  return redact(describeError(inmost)).slice(0, 300).replace(/\.$/, '');
}
