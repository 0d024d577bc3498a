import type { Settings } from './schema.ts';

/** A mistake that only shows when several settings are looked at together. */
export interface Conflict {
  readonly path: readonly string[];
  readonly what: string;
}

/** Looks at the sections that are right in themselves. */
export function findConflicts(sections: Partial<Settings>): Conflict[] {
  return [
    ...checkDatabase(sections.database),
    ...checkModel(sections.model),
    ...checkSlack(sections.slack),
    ...checkDiscord(sections.discord),
    ...Object.entries(sections.webhooks ?? {}).flatMap(([name, source]) => checkWebhook(name, source)),
  ];
}

function checkDatabase(database: string | undefined): Conflict[] {
  if (database === undefined || /^(?:sqlite|file):./.test(database)) return [];
  // The value is not repeated: such a URL holds a password.
  const what = /^postgres(?:ql)?:/i.test(database)
    ? 'PostgreSQL is not supported by this version. Remove the setting to use SQLite in the data folder'
    : 'must be sqlite:PATH';
  return [{ path: ['database'], what }];
}

function checkModel(model: Settings['model'] | undefined): Conflict[] {
  if (model?.provider !== 'openai' || model.openai.apiKey) return [];
  if (new URL(model.openai.baseUrl).hostname !== 'api.openai.com') return [];
  return [{ path: ['model', 'openai', 'apiKey'], what: 'is missing, and api.openai.com answers nobody without a key' }];
}

function checkSlack(slack: Settings['slack'] | undefined): Conflict[] {
  if (!slack || slack.enabled === false) return [];
  const conflicts: Conflict[] = [];
  const named = [slack.signingSecret, slack.appToken].some(Boolean) || slack.enabled === true;
  if (!slack.botToken) {
    return named ? [{ path: ['slack', 'botToken'], what: 'is missing: Slack cannot be answered without it' }] : conflicts;
  }
  const transport = slack.transport ?? (slack.appToken ? 'socket' : 'http');
  if (transport === 'http' && !slack.signingSecret) {
    const what = 'is missing: events that arrive by HTTP need it. For Socket Mode set slack.appToken (SLACK_APP_TOKEN) in its place';
    conflicts.push({ path: ['slack', 'signingSecret'], what });
  }
  if (transport === 'socket' && !slack.appToken) {
    conflicts.push({ path: ['slack', 'appToken'], what: 'is missing: Socket Mode needs it' });
  }
  return conflicts;
}

function checkDiscord(discord: Settings['discord'] | undefined): Conflict[] {
  if (discord?.enabled !== true || discord.token) return [];
  return [{ path: ['discord', 'token'], what: 'is missing: Discord cannot be reached without it' }];
}

function checkWebhook(name: string, source: Settings['webhooks'][string]): Conflict[] {
  const { verify } = source;
  const path = ['webhooks', name, 'verify'];
  const conflicts: Conflict[] = [];
  if (!verify.secret && !verify.secrets) conflicts.push({ path: [...path, 'secret'], what: 'is missing: without it anybody could send' });
  if (verify.secret && verify.secrets) {
    conflicts.push({ path: [...path, 'secrets'], what: 'is set beside secret: keep one of them' });
  }
  if (verify.scheme === 'hmac' && verify.signed.includes('{timestamp}') && !verify.timestampHeader) {
    conflicts.push({ path: [...path, 'timestampHeader'], what: 'is missing: {timestamp} is part of what is signed' });
  }
  return conflicts;
}
