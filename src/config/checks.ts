import { howToMakeKey } from '../secret-box.ts';
import type { Conflict } from './conflict.ts';
import type { Settings } from './schema.ts';
import { checkWebhook } from './webhook-checks.ts';

/** Looks at the sections that are right in themselves. */
export function findConflicts(sections: Partial<Settings>): Conflict[] {
  return [
    ...checkDatabase(sections.database),
    ...checkModel(sections.model),
    ...checkLease(sections),
    ...checkSlack(sections.slack),
    ...checkSlackOAuth(sections),
    ...checkSlackChannels(sections),
    ...checkDiscord(sections.discord),
    ...Object.entries(sections.webhooks ?? {}).flatMap(([name, source]) => checkWebhook(name, source, sections.server)),
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

/** Two requests to a platform and a margin, each of the length of a request, are what a delivery may take. */
const timeoutsPerLease = 3;

function checkLease({ worker, delivery }: Partial<Settings>): Conflict[] {
  if (!worker || !delivery || worker.leaseSeconds >= timeoutsPerLease * delivery.timeoutSeconds) return [];
  const { timeoutSeconds } = delivery;
  const longEnough = Math.ceil(timeoutsPerLease * timeoutSeconds);
  const shortEnough = Math.floor((worker.leaseSeconds / timeoutsPerLease) * 10) / 10;
  const what =
    `must be at least ${timeoutsPerLease} times delivery.timeoutSeconds, which is ${timeoutSeconds}: ` +
    'within its lease a delivery is looked up, sent and recorded';
  const example = `worker.leaseSeconds: ${longEnough}, or delivery.timeoutSeconds: ${shortEnough}`;
  return [{ path: ['worker', 'leaseSeconds'], what, example }];
}

function checkSlack(slack: Settings['slack'] | undefined): Conflict[] {
  if (!slack || slack.enabled === false) return [];
  if (!slack.botToken && !hasSlackOAuth(slack)) {
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

/** Whether people can install the Slack app into their workspaces. */
export function hasSlackOAuth({ clientId, clientSecret, stateSecret }: Settings['slack']): boolean {
  return clientId !== undefined && clientSecret !== undefined && stateSecret !== undefined;
}

function checkSlackOAuth({ slack, server, encryptionKeys }: Partial<Settings>): Conflict[] {
  if (!slack || slack.enabled === false || !hasSlackOAuth(slack)) return [];
  const conflicts: Conflict[] = [];
  if ((slack.stateSecret?.length ?? 0) < 16) {
    const what = 'must have at least 16 characters; make one with: openssl rand -hex 32';
    conflicts.push({ path: ['slack', 'stateSecret'], what });
  }
  if (encryptionKeys === undefined) {
    const what = `is missing: the tokens of workspaces that install the app are kept encrypted; ${howToMakeKey}`;
    conflicts.push({ path: ['encryptionKeys'], what });
  }
  if (server && server.publicUrl === undefined) {
    const what = 'is missing: Slack sends people who install the app back to it';
    conflicts.push({ path: ['server', 'publicUrl'], what });
  }
  return conflicts;
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
