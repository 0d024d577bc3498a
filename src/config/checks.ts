import { howToMakeKey } from '../secret-box.ts';
import type { Conflict } from './conflict.ts';
import { checkEmbeddings } from './embedding-checks.ts';
import { checkLimits } from './limit-checks.ts';
import { checkKnowledge } from './knowledge.ts';
import { checkModel, checkModeration, checkRedact } from './model-checks.ts';
import type { Settings } from './schema.ts';
import { checkHttpTools, checkToolPost, checkToolPresets } from './tool-checks.ts';
import { checkPost } from './webhook-post.ts';
import { checkWebhook } from './webhook-checks.ts';

/** Looks at the sections that are right in themselves. */
export function findConflicts(sections: Partial<Settings>): Conflict[] {
  return [
    ...checkDatabase(sections.database),
    ...checkModel(sections.model),
    ...checkRedact(sections),
    ...checkModeration(sections),
    ...checkEmbeddings(sections),
    ...checkLimits(sections),
    ...checkTools(sections.tools),
    ...checkHttpTools(sections.tools),
    ...checkToolPresets(sections.tools),
    ...checkKnowledge(sections.knowledge),
    ...checkToolPost(sections),
    ...checkAlerts(sections.alerts),
    ...checkLease(sections),
    ...checkSlack(sections.slack),
    ...checkSlackCommands(sections.slack),
    ...checkSlackOAuth(sections),
    ...checkPlaces(sections),
    ...checkDiscord(sections.discord),
    ...Object.entries(sections.webhooks ?? {}).flatMap(([name, source]) => [
      ...checkWebhook(name, source, sections.server),
      ...(source.post ? checkPost(['webhooks', name, 'post'], source.post, sections) : []),
    ]),
  ];
}

function checkTools(tools: Settings['tools'] | undefined): Conflict[] {
  return Object.entries(tools?.mcp ?? {}).flatMap(([name, { command, url, token, oauth, readOnly, acting }]) => {
    const path = ['tools', 'mcp', name];
    if (command && url !== undefined) return [{ path: [...path, 'url'], what: 'is set beside command: keep one of them' }];
    if (!command && url === undefined) return [{ path: [...path, 'command'], what: 'is missing: give a command, or a url' }];
    const both = acting.find((pattern) => readOnly.includes(pattern));
    if (both !== undefined)
      return [{ path: [...path, 'acting'], what: `names ${both}, which readOnly names too: keep one of them` }];
    if (oauth && (command || token !== undefined))
      return [{ path: [...path, 'oauth'], what: 'goes with url, and not beside a token' }];
    if (oauth && oauth.clientSecret === undefined)
      return [{ path: [...path, 'oauth', 'clientSecret'], what: 'is missing: no token is given out without it' }];
    return command && token !== undefined
      ? [{ path: [...path, 'token'], what: 'goes with url: a command gets what it needs by env' }]
      : [];
  });
}

function checkDatabase(database: string | undefined): Conflict[] {
  if (database === undefined || /^(?:sqlite|file):./.test(database)) return [];
  // The value is not repeated: such a URL holds a password.
  const what = /^postgres(?:ql)?:/i.test(database)
    ? 'PostgreSQL is not supported by this version. Remove the setting to use SQLite in the data folder'
    : 'must be sqlite:PATH';
  return [{ path: ['database'], what }];
}

function checkAlerts(alerts: Settings['alerts'] | undefined): Conflict[] {
  if (alerts?.url !== undefined && alerts.secret === undefined)
    return [{ path: ['alerts', 'secret'], what: 'is missing: alerts are signed with it' }];
  return alerts?.secret !== undefined && alerts.url === undefined
    ? [{ path: ['alerts', 'url'], what: 'is missing: there is a secret for alerts, and nowhere to send them' }]
    : [];
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

function checkSlackCommands(slack: Settings['slack'] | undefined): Conflict[] {
  const own = (['resetCommand', 'helpCommand'] as const).filter((key) => slack?.[key] !== undefined);
  return own.flatMap((key, index) => {
    const name = slack?.[key];
    const isTaken = name === slack?.command || own.slice(0, index).some((other) => slack?.[other] === name);
    return isTaken ? [{ path: ['slack', key], what: 'is the name of another of the commands: each needs its own' }] : [];
  });
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

function checkPlaces({ slack, discord, model }: Partial<Settings>): Conflict[] {
  const isBuiltin = model?.provider === 'builtin';
  const offered = { slack: slack?.models, discord: discord?.models };
  const choices = Object.entries(offered).flatMap(([platform, models]) =>
    isBuiltin && models ? [{ path: [platform, 'models'], what: noChoice }] : [],
  );
  const places = [
    ...Object.entries(slack?.channels ?? {}).map(([name, place]) => ({
      path: ['slack', 'channels', name],
      place,
      who: 'groups',
    })),
    ...Object.entries(discord?.guilds ?? {}).map(([id, place]) => ({ path: ['discord', 'guilds', id], place, who: 'roles' })),
    ...Object.entries(discord?.channels ?? {}).map(([id, place]) => ({ path: ['discord', 'channels', id], place, who: 'roles' })),
  ];
  const mistakes = places.flatMap(({ path, place: settings, who }) => {
    const hasModel = isBuiltin && settings.model !== undefined;
    return [
      ...(hasModel ? [{ path: [...path, 'model'], what: noChoice }] : []),
      ...(settings.allow && Object.values(settings.allow).every((named) => named === undefined)
        ? [{ path: [...path, 'allow'], what: `names nobody: give it users or ${who}, or leave it out so that everybody may ask` }]
        : []),
    ];
  });
  return [...choices, ...mistakes];
}

const noChoice = 'cannot be chosen while the built-in model answers: set model.provider to openai, and its key or address';

function checkDiscord(discord: Settings['discord'] | undefined): Conflict[] {
  if (!discord || discord.enabled === false) return [];
  if (!discord.token) {
    return discord.enabled ? [{ path: ['discord', 'token'], what: 'is missing: Discord cannot be reached without it' }] : [];
  }
  if (discord.gateway || discord.publicKey) return [];
  const what = 'is missing: without the gateway everything arrives by HTTP, and it proves that a request comes from Discord';
  return [{ path: ['discord', 'publicKey'], what }];
}
