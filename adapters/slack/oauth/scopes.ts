/** What the bot asks of a workspace; what each is for is told in docs/slack.md. */
export const botScopes: readonly string[] = [
  'app_mentions:read',
  'assistant:write',
  'channels:history',
  'chat:write',
  'groups:history',
  'im:history',
  'mpim:history',
  'users:read',
];
