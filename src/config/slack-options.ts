import type { Config } from '../config.ts';
import { toHomeOptions } from './slack-home.ts';
import { slackRolesOf } from './slack-roles.ts';

/** What the Slack adapter is told. */
export function toSlackOptions(config: Config) {
  const { attachments, bot, slack } = config;
  const { transport, appToken = '', signingSecret = '', botToken, apiUrl, streaming, followThreads, unfurl } = slack;
  const { channels, botTurnsPerHour, buttons, command, resetCommand, helpCommand, commandReply, shortcuts } = slack;
  const { agentView, suggestedPrompts, fileAfter } = slack;
  const by = transport === 'socket' ? ({ type: 'socket', appToken } as const) : ({ type: 'http', signingSecret } as const);
  return {
    ...{ transport: by, botToken, apiUrl, streaming, followThreads, unfurl, channels, botTurnsPerHour, buttons, shortcuts },
    commands: { command, resetCommand, helpCommand, commandReply },
    ...{ agentView, suggestedPrompts, readFiles: attachments.read },
    fileAfter: fileAfter === 'off' ? undefined : fileAfter,
    publicUrl: config.server.publicUrl,
    roles: slackRolesOf(config),
    home: toHomeOptions(slack, bot),
    oauth: toOAuth(config),
  };
}

function toOAuth({ slack, server, encryptionKeys }: Config) {
  const { clientId, clientSecret, stateSecret, userScopes, pkce } = slack;
  const { publicUrl } = server;
  if (!clientId || !clientSecret || !stateSecret || !encryptionKeys || !publicUrl) return undefined;
  const scopes = userScopes === '' ? [] : userScopes.split(',');
  return { clientId, clientSecret, stateSecret, userScopes: scopes, pkce, encryptionKeys, publicUrl };
}
