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
    ...checkSlackChannels(sections),
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
  if (!slack.botToken) {
    return slack.enabled ? [{ path: ['slack', 'botToken'], what: 'is missing: Slack cannot be answered without it' }] : [];
  }
  const transport = slack.transport ?? (slack.appToken ? 'socket' : 'http');
  if (transport === 'socket' && !slack.appToken) {
    return [{ path: ['slack', 'appToken'], what: 'is missing: Socket Mode needs it' }];
  }
  if (transport === 'socket' || slack.signingSecret) return [];
  const what =
    'is missing: events that arrive by HTTP need it. For Socket Mode set slack.appToken (SLACK_APP_TOKEN) in its place';
  return [{ path: ['slack', 'signingSecret'], what }];
}

function checkSlackChannels({ slack, model }: Partial<Settings>): Conflict[] {
  const channels = Object.entries(slack?.channels ?? {});
  return channels.flatMap(([name, settings]) => {
    const path = ['slack', 'channels', name];
    const hasModel = model !== undefined && settings.model !== undefined && model.provider !== 'openai';
    const what = 'cannot be chosen while the built-in model answers: set model.provider to openai, and its key or address';
    return [
      ...(hasModel ? [{ path: [...path, 'model'], what }] : []),
      ...(settings.allow && !settings.allow.users && !settings.allow.groups
        ? [{ path: [...path, 'allow'], what: 'names nobody: give it users or groups, or leave it out so that everybody may ask' }]
        : []),
    ];
  });
}

function checkDiscord(discord: Settings['discord'] | undefined): Conflict[] {
  if (discord?.enabled !== true || discord.token) return [];
  return [{ path: ['discord', 'token'], what: 'is missing: Discord cannot be reached without it' }];
}

function checkWebhook(name: string, { verify, callback }: Settings['webhooks'][string]): Conflict[] {
  const path = ['webhooks', name, 'verify'];
  const conflicts = checkSecrets(path, verify, 'without it anybody could send');
  if (callback) conflicts.push(...checkSecrets(['webhooks', name, 'callback'], callback, 'answers are signed with it'));
  if (verify.scheme !== 'hmac') return conflicts;
  const signsTime = verify.signed.includes('{timestamp}');
  if (signsTime && !verify.timestampHeader) {
    conflicts.push({ path: [...path, 'timestampHeader'], what: 'is missing: {timestamp} is part of what is signed' });
  }
  if (!signsTime && verify.timestampHeader) {
    const what = 'does not contain {timestamp} although timestampHeader is set: a time that is not signed protects from nothing';
    conflicts.push({ path: [...path, 'signed'], what });
  }
  return conflicts;
}

interface Secrets {
  readonly secret?: string | undefined;
  readonly secrets?: readonly string[] | undefined;
}

function checkSecrets(path: readonly string[], { secret, secrets }: Secrets, why: string): Conflict[] {
  if (!secret && !secrets) return [{ path: [...path, 'secret'], what: `is missing: ${why}` }];
  return secret && secrets ? [{ path: [...path, 'secrets'], what: 'is set beside secret: keep one of them' }] : [];
}
