import type { Command } from 'commander';
import { slackRolesOf } from '../config/slack-roles.ts';
import { namesGroups } from '../../adapters/slack/channel-settings.ts';
import type { ManifestOptions } from '../../adapters/slack/manifest.ts';
import type { Config } from '../config.ts';
import { hasSlackOAuth } from '../config/checks.ts';
import { UsageError } from '../errors.ts';
import type { Cli } from './command.ts';
import type { SettingsOptions } from './list-settings.ts';

interface CommandOptions {
  readonly socket?: boolean;
  readonly url?: string;
  readonly name?: string;
  readonly yaml?: boolean;
}

export function register(command: Command, cli: Cli): void {
  command.description('Helps to set up the Slack app.');
  command
    .command('manifest')
    .description(
      'Prints the manifest of a Slack app that may do what is configured, and no more; and a link that creates the app.',
    )
    .option('--socket', 'events over Socket Mode, which needs no public address')
    .option('--url <url>', 'events by HTTP to this public address of Parley (default: PUBLIC_URL)')
    .option('--name <name>', 'what people see (default: the name of the bot)')
    .option('--yaml', 'as YAML in place of JSON')
    .addHelpText('after', examples)
    .action((options: CommandOptions) => run(options, cli));
  command
    .command('settings')
    .description('Lists what admins have set for channels on the Home tab: who, when and what, newest first.')
    .option('--json', 'as JSON')
    .action(async (options: SettingsOptions) =>
      (await import('./list-settings.ts')).listSettings(options, { adapter: 'slack', cli }),
    );
}

const examples = `
The manifest goes to standard output, the link to standard error.

Examples:
  $ parley slack manifest
  $ parley slack manifest --url https://bot.example.com > manifest.json

Exit status: 0 printed, 2 wrong usage or configuration.
`;

async function run(options: CommandOptions, cli: Cli): Promise<void> {
  const [{ createManifest, toCreationLink }, { config }] = await Promise.all([
    import('../../adapters/slack/manifest.ts'),
    cli.loadConfig(),
  ]);
  const wanted = toManifestOptions(options, config);
  const manifest = createManifest(wanted);
  cli.stdout.write(options.yaml ? (await import('yaml')).stringify(manifest) : `${JSON.stringify(manifest, null, 2)}\n`);
  cli.stderr.write(nextSteps(wanted, toCreationLink(manifest)));
}

function toManifestOptions({ socket, url, name }: CommandOptions, config: Config): ManifestOptions {
  if (socket && url !== undefined) throw new UsageError('--socket and --url exclude each other: Socket Mode needs no address.');
  const { slack, server, bot, attachments } = config;
  const transport = socket ? 'socket' : transportOf(config, url);
  // People who install the app come back to it.
  const oauth = hasSlackOAuth(slack);
  const publicUrl = transport === 'http' || oauth ? toPublicUrl(url ?? server.publicUrl) : undefined;
  const groups = namesGroups(slack.channels) || slackRolesOf(config).length > 0;
  const { agentView, suggestedPrompts: prompts, followThreads, home, command, resetCommand, helpCommand, shortcuts } = slack;
  const sendsFiles = slack.fileAfter !== 'off';
  const commands = { command, resetCommand, helpCommand };
  const asked = { agentView, prompts, followThreads, home, commands, shortcuts, readFiles: attachments.read, sendsFiles };
  return { name: toName(name ?? bot.name), transport, publicUrl, oauth, groups, ...asked };
}

/** Before anything is configured, the way that needs no public address. */
function transportOf({ slack, server }: Config, url: string | undefined): 'socket' | 'http' {
  if (url !== undefined) return 'http';
  return slack.enabled || server.publicUrl !== undefined ? slack.transport : 'socket';
}

function toPublicUrl(given: string | undefined): string {
  const example = 'as in --url https://bot.example.com, or use --socket';
  if (given === undefined) throw new UsageError(`Slack must know where to send events: set PUBLIC_URL or --url, ${example}.`);
  const url = URL.parse(given);
  if (url?.protocol !== 'https:') throw new UsageError(`Slack sends events to https addresses only: ${example}.`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function toName(name: string): string {
  if (name.trim() === '' || name.length > 35) throw new UsageError('The name of a Slack app has 1 to 35 characters: set --name.');
  return name;
}

function nextSteps({ transport }: ManifestOptions, link: string): string {
  const secret =
    transport === 'socket'
      ? '"Basic Information" > "App-Level Tokens": make one with the scope connections:write, and set it as SLACK_APP_TOKEN.'
      : '"Basic Information": set the signing secret as SLACK_SIGNING_SECRET, and start Parley before Slack checks its address.';
  return `
1. Create the app (open this link, choose the workspace):
   ${link}
2. ${secret}
3. "Install App": install it, and set the bot token (xoxb-...) as SLACK_BOT_TOKEN.
4. npx parley doctor slack
`;
}
