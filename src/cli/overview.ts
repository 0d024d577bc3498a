import { relative } from 'node:path';
import type { Config } from '../config.ts';
import { hasSlackOAuth } from '../config/checks.ts';
import { toBaseUrl } from '../provider-presets.ts';

/** One part of Parley: whether it is on, and how; or what it would need. */
export interface OverviewLine {
  readonly part: 'model' | 'slack' | 'discord' | 'webhook';
  /** For people. */
  readonly name: string;
  readonly on: boolean;
  readonly detail: string;
}

/** What the configuration comes to, for people. Names no secret. */
export function describeConfig(config: Config, cwd: string): readonly OverviewLine[] {
  return [modelLine(config, cwd), slackLine(config), discordLine(config), webhookLine(config)];
}

/** A table for the terminal, one line each. */
export function renderOverview(lines: readonly OverviewLine[]): string {
  const width = Math.max(...lines.map(({ name }) => name.length)) + 3;
  return lines.map(({ name, on, detail }) => `  ${name.padEnd(width)}${on ? '' : 'off, '}${detail}\n`).join('');
}

function modelLine({ model, knowledge }: Config, cwd: string): OverviewLine {
  const common = { part: 'model', name: 'Model', on: true } as const;
  if (model.provider !== 'builtin') {
    const [first, ...others] = [model.provider, ...model.fallback].map((name) => describeProvider(model, name));
    return { ...common, detail: others.length === 0 ? `${first}` : `${first}; where that fails ${others.join(', then ')}` };
  }
  const folder = relative(cwd, knowledge.folder) || '.';
  const shown = folder.startsWith('..') ? knowledge.folder : folder;
  const detail = `built in: it quotes the documents in ${shown}. For an AI model set OPENAI_API_KEY, or OPENAI_BASE_URL for another endpoint`;
  return { ...common, detail };
}

function describeProvider({ openai, providers }: Config['model'], name: string): string {
  const provider = providers[name];
  const [model, address] = provider ? [provider.model, toBaseUrl(provider)] : [openai.model, openai.baseUrl];
  return `${model} at ${new URL(address).host}`.trim();
}

function slackLine({ slack, server }: Config): OverviewLine {
  const common = { part: 'slack', name: 'Slack', on: slack.enabled } as const;
  const by = slack.transport === 'socket' ? 'on, by Socket Mode' : 'on, events arrive at /slack/events';
  const oauth = hasSlackOAuth(slack) ? `; workspaces install it at ${server.publicUrl}/slack/install` : '';
  if (slack.enabled) return { ...common, detail: `${by}${oauth}` };
  const detail = 'needs SLACK_BOT_TOKEN, and SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP); see docs/slack.md';
  return { ...common, detail };
}

function discordLine({ discord }: Config): OverviewLine {
  const common = { part: 'discord', name: 'Discord', on: discord.enabled } as const;
  if (!discord.enabled) return { ...common, detail: 'needs DISCORD_TOKEN; see docs/discord.md' };
  return { ...common, detail: discord.messageContentIntent ? 'on' : 'on, without the Message Content Intent' };
}

function webhookLine({ webhooks }: Config): OverviewLine {
  const names = Object.keys(webhooks);
  const common = { part: 'webhook', name: 'Webhooks', on: names.length > 0 } as const;
  if (!common.on) return { ...common, detail: 'needs a source under `webhooks:` in parley.yaml; see docs/webhooks.md' };
  return { ...common, detail: `on, ${names.map((name) => `/webhooks/${name}`).join(', ')}` };
}
