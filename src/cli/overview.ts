import { relative } from 'node:path';
import type { Config } from '../config.ts';

/** One line about one part: whether it is on, and what it would take where it is off. */
export interface OverviewLine {
  readonly name: string;
  readonly on: boolean;
  readonly detail: string;
}

/** What the configuration comes to, for people. Names no secret. */
export function describeConfig(config: Config, cwd: string): readonly OverviewLine[] {
  return [modelLine(config, cwd), slackLine(config), discordLine(config), webhookLine(config)];
}

/** A table for the terminal, one line each. */
export function renderOverview(lines: readonly { readonly name: string; readonly detail: string }[]): string {
  const width = Math.max(...lines.map(({ name }) => name.length)) + 3;
  return lines.map(({ name, detail }) => `  ${name.padEnd(width)}${detail}\n`).join('');
}

function modelLine({ model, knowledge }: Config, cwd: string): OverviewLine {
  if (model.provider === 'openai')
    return { name: 'Model', on: true, detail: `${model.openai.model} at ${new URL(model.openai.baseUrl).host}` };
  const folder = relative(cwd, knowledge.folder) || '.';
  const shown = folder.startsWith('..') ? knowledge.folder : folder;
  const detail = `built in: it quotes the documents in ${shown}. For an AI model set OPENAI_API_KEY, or OPENAI_BASE_URL for another endpoint`;
  return { name: 'Model', on: true, detail };
}

function slackLine({ slack }: Config): OverviewLine {
  if (!slack.enabled) {
    const detail =
      'off. Needs SLACK_BOT_TOKEN, and SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP); see docs/slack.md';
    return { name: 'Slack', on: false, detail };
  }
  return {
    name: 'Slack',
    on: true,
    detail: slack.transport === 'socket' ? 'on, by Socket Mode' : 'on, events arrive at /slack/events',
  };
}

function discordLine({ discord }: Config): OverviewLine {
  if (!discord.enabled) return { name: 'Discord', on: false, detail: 'off. Needs DISCORD_TOKEN; see docs/discord.md' };
  return { name: 'Discord', on: true, detail: discord.messageContentIntent ? 'on' : 'on, without the message content intent' };
}

function webhookLine({ webhooks }: Config): OverviewLine {
  const names = Object.keys(webhooks);
  if (names.length === 0)
    return { name: 'Webhooks', on: false, detail: 'off. Needs a sender under `webhooks:` in parley.yaml; see docs/webhooks.md' };
  return { name: 'Webhooks', on: true, detail: `on, ${names.map((name) => `/webhooks/${name}`).join(', ')}` };
}
