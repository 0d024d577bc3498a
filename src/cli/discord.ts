import type { Command } from 'commander';
import type { FeatureOptions } from '../../adapters/discord/features.ts';
import { systemClock, withTimeout } from '../clock.ts';
import type { Config } from '../config.ts';
import { UsageError } from '../errors.ts';
import { createFetch } from '../http/fetch.ts';
import type { Cli } from './command.ts';
import type { SettingsOptions } from './list-settings.ts';
import { toPrintableJson } from './printable.ts';

interface CommandOptions {
  readonly explain?: boolean;
  readonly json?: boolean;
}

export function register(command: Command, cli: Cli): void {
  command.description('Helps to set up the Discord application.');
  command
    .command('invite')
    .description(
      'Prints the link that adds the bot to a server, with the permissions that what is switched on needs, and no more.',
    )
    .option('--explain', 'say what each permission, intent and scope is for')
    .option('--json', 'as JSON, with what each is for')
    .addHelpText('after', examples)
    .action((options: CommandOptions) => run(options, cli));
  command
    .command('settings')
    .description('Lists what admins have set by /settings for servers and channels: who, when and what, newest first.')
    .option('--json', 'as JSON')
    .action(async (options: SettingsOptions) =>
      (await import('./list-settings.ts')).listSettings(options, { adapter: 'discord', cli }),
    );
}

const examples = `
The application id is DISCORD_APPLICATION_ID; where that is not set, Discord is asked for it with DISCORD_TOKEN.

Examples:
  $ parley discord invite
  $ parley discord invite --explain

Exit status: 0 printed, 1 Discord could not be asked, 2 wrong usage or configuration.
`;

async function run({ explain, json }: CommandOptions, cli: Cli): Promise<void> {
  const [{ createInvitation, featuresOf }, { placeFeatures }, { config }] = await Promise.all([
    import('../../adapters/discord/features.ts'),
    import('../../adapters/discord/place-settings.ts'),
    cli.loadConfig(),
  ]);
  const options = { ...toFeatureOptions(config), ...placeFeatures(config.discord) };
  const applicationId = config.discord.applicationId ?? (await askForId(config));
  const invitation = createInvitation(applicationId, options);
  const features = featuresOf(options);
  if (json) {
    cli.stdout.write(toPrintableJson({ applicationId, ...invitation, features }));
    return;
  }
  cli.stdout.write(`${invitation.url}\n`);
  if (invitation.userUrl) cli.stdout.write(`${invitation.userUrl}\n`);
  if (!explain) return;
  cli.stdout.write('\nDiscord lets Parley\n');
  for (const { purpose, permissions, intents, scopes } of features) {
    const asked = [...permissions, ...intents.map((intent) => `intent ${intent}`), ...scopes.map((scope) => `scope ${scope}`)];
    cli.stdout.write(`- ${purpose}: ${asked.join(', ')}\n`);
  }
}

function toFeatureOptions({ discord }: Config): FeatureOptions {
  const { gateway, messageContentIntent, commands, userInstall, fileAfter } = discord;
  return { gateway, messageContentIntent, commands, userInstall, sendsFiles: fileAfter !== 'off' };
}

const timeoutMs = 15_000;

async function askForId({ discord }: Config): Promise<string> {
  const help = 'Set DISCORD_APPLICATION_ID to the application id on the page "General Information" of the developer portal';
  if (discord.token === undefined) throw new UsageError(`${help}, or DISCORD_TOKEN, so that Discord can be asked for it.`);
  const { fetch, close } = createFetch();
  const { signal, clear } = withTimeout(systemClock, timeoutMs);
  try {
    const response = await fetch(`${discord.apiUrl.replace(/\/+$/, '')}/v10/applications/@me`, {
      headers: { authorization: `Bot ${discord.token}` },
      signal,
    });
    const application: unknown = await response.json();
    const id = typeof application === 'object' && application !== null && 'id' in application ? application.id : undefined;
    if (typeof id === 'string' && /^\d{1,20}$/.test(id)) return id;
    throw new UsageError(`Discord does not say the application id (HTTP ${response.status}). ${help}.`);
  } finally {
    clear();
    await close();
  }
}
