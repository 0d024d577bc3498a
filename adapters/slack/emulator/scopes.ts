/**
 * What a bot token must be allowed to call a method, as the page of each method in Slack's reference says. Where several are given, the kind of
 * channel decides. Methods that are not named here need no scope.
 */
const neededByMethod: Readonly<Record<string, readonly string[]>> = {
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.delete': ['chat:write'],
  'chat.startStream': ['chat:write'],
  'chat.appendStream': ['chat:write'],
  'chat.stopStream': ['chat:write'],
  'assistant.threads.setStatus': ['chat:write'],
  'assistant.threads.setTitle': ['assistant:write'],
  'assistant.threads.setSuggestedPrompts': ['assistant:write'],
  'agents.sessions.setStatus': ['chat:write'],
  'agents.sessions.rename': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history', 'mpim:history'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history', 'mpim:history'],
  'chat.postEphemeral': ['chat:write'],
  'conversations.open': ['im:write'],
  'usergroups.users.list': ['usergroups:read'],
  'conversations.members': ['channels:read', 'groups:read', 'im:read', 'mpim:read'],
  'conversations.info': ['channels:read', 'groups:read', 'im:read', 'mpim:read'],
  'users.info': ['users:read'],
  'files.info': ['files:read'],
  'files.getUploadURLExternal': ['files:write'],
  'files.completeUploadExternal': ['files:write'],
  'files.delete': ['files:write'],
};

const scopeByEvent: Readonly<Record<string, string>> = {
  app_mention: 'app_mentions:read',
  'message.channels': 'channels:history',
  'message.groups': 'groups:history',
  'message.im': 'im:history',
  'message.mpim': 'mpim:history',
};

/** The scopes of which the token lacks all; undefined when it may call the method. */
export function lackedScopes(method: string, granted: readonly string[]): readonly string[] | undefined {
  const needed = neededByMethod[method];
  return needed && !needed.some((scope) => granted.includes(scope)) ? needed : undefined;
}

/** What an app must be granted to be subscribed to these events. */
export function scopesOfEvents(events: readonly string[]): string[] {
  return events.map((event) => scopeByEvent[event]).filter((scope) => scope !== undefined);
}
