import { z } from 'zod';
import { discordPlaces } from './discord-places.ts';
import { agentView, suggestedPrompts } from './slack-agent.ts';
import { slackChannels } from './slack-channels.ts';
import { slackHome } from './slack-home.ts';
import { slackInteraction } from './slack-interaction.ts';
import { secretText, setting, text, url } from './setting.ts';

export const slack = z
  .strictObject({
    enabled: setting(z.boolean().optional(), {
      description: 'Whether Parley connects to Slack.',
      example: 'false',
      defaultNote: 'true when botToken, or clientId and what belongs to it, is set',
    }),
    botToken: setting(secretText.regex(/^xoxb-|^xoxe\.xoxb-/, 'must be a bot token, which begins with xoxb-').optional(), {
      env: 'SLACK_BOT_TOKEN',
      secret: true,
      description: 'Bot token of the Slack app, from its page "OAuth & Permissions".',
      example: 'xoxb-...',
    }),
    signingSecret: setting(
      secretText.regex(/^(?!xox|xapp-)/, 'must be the signing secret from "Basic Information", and this is a token').optional(),
      {
        env: 'SLACK_SIGNING_SECRET',
        secret: true,
        description:
          'Proves that an HTTP request comes from Slack; from the page "Basic Information". Not needed for Socket Mode.',
        example: '8f742231b10e...',
      },
    ),
    appToken: setting(secretText.regex(/^xapp-/, 'must be an app-level token, which begins with xapp-').optional(), {
      env: 'SLACK_APP_TOKEN',
      secret: true,
      description: 'App-level token with the scope connections:write. Turns Socket Mode on, which needs no public URL.',
      example: 'xapp-1-...',
    }),
    transport: setting(z.enum(['socket', 'http']).optional(), {
      description: 'How events arrive: over a WebSocket that Parley opens, or as HTTP requests at /slack/events.',
      example: 'http',
      defaultNote: 'socket when appToken is set, else http',
    }),
    clientId: setting(text.optional(), {
      env: 'SLACK_CLIENT_ID',
      description:
        'With the two below, lets people add the app to their workspaces at /slack/install; from the page "Basic Information".',
      example: '1234567890.1234567890',
    }),
    clientSecret: setting(secretText.optional(), {
      env: 'SLACK_CLIENT_SECRET',
      secret: true,
      description: 'Client secret of the Slack app, from the same page.',
      example: '5b2e91...',
    }),
    stateSecret: setting(secretText.optional(), {
      env: 'SLACK_STATE_SECRET',
      secret: true,
      description: 'A random text of your own, which ties an installation to the browser that began it.',
      example: 'a long random text',
    }),
    userScopes: setting(
      text.regex(/^[a-z][a-z0-9.:_-]*(?:,[a-z][a-z0-9.:_-]*)*$|^$/, 'must be scopes with commas between them').default(''),
      {
        description:
          'Scopes to ask of the person who installs, beside those of the bot, with commas between them. The tokens are kept for each person.',
        example: 'search:read',
      },
    ),
    pkce: setting(z.boolean().default(false), {
      description:
        'Whether installations use PKCE. Only for a Slack app in which PKCE has been switched on, which cannot be undone there.',
      example: 'true',
    }),
    apiUrl: setting(url.default('https://slack.com/api/'), {
      env: 'SLACK_API_URL',
      description: "Where Slack's Web API is. Only tests and proxies need another one.",
      example: 'http://127.0.0.1:4001/api/',
    }),
    streaming: setting(z.boolean().default(true), {
      description: 'Whether answers are shown while they grow.',
      example: 'false',
    }),
    followThreads: setting(z.boolean().default(true), {
      description: 'Whether messages in a thread that the bot takes part in are answered without a new mention.',
      example: 'false',
    }),
    unfurl: setting(z.boolean().default(false), {
      description:
        'Whether Slack shows previews of the pages that an answer links to. A preview is a request to an address that a model chose, so it is off.',
      example: 'true',
    }),
    fileAfter: setting(z.union([z.int().min(12_000).max(1_000_000), z.literal('off')]).default(30_000), {
      description:
        'An answer of more characters than this goes out as its beginning and a file with all of it. Shorter ones stand in as many messages as they need. off for messages only.',
      example: '50000',
    }),
    agentView,
    suggestedPrompts,
    botTurnsPerHour: setting(z.int().min(0).max(1000).default(0), {
      description:
        'How many messages of other bots are answered in one conversation within an hour, at most. 0 for none: two bots that answer each other never stop.',
      example: '10',
    }),
    ...slackHome,
    ...slackInteraction,
    channels: slackChannels,
  })
  .prefault({});

export const discord = z
  .strictObject({
    enabled: setting(z.boolean().optional(), {
      description: 'Whether Parley connects to Discord.',
      example: 'false',
      defaultNote: 'true when token is set',
    }),
    token: setting(secretText.regex(/^(?!Bot )/i, 'must be the token alone, without the word Bot').optional(), {
      env: 'DISCORD_TOKEN',
      secret: true,
      description: 'Token of the bot, from the page "Bot" of the Discord application.',
      example: 'MTA5...',
    }),
    applicationId: setting(text.regex(/^\d+$/, 'must be the number on the page "General Information"').optional(), {
      env: 'DISCORD_APPLICATION_ID',
      description: 'Id of the Discord application. Discord also tells it at the login.',
      example: '1090000000000000000',
    }),
    publicKey: setting(
      text.regex(/^[0-9a-f]{64}$/i, 'must be the 64 hexadecimal digits on the page "General Information"').optional(),
      {
        env: 'DISCORD_PUBLIC_KEY',
        description:
          'Public key of the Discord application, from the page "General Information". With it commands and buttons may arrive by HTTP, at /discord/interactions.',
        example: 'the 64 hexadecimal digits that Discord shows',
      },
    ),
    apiUrl: setting(url.default('https://discord.com/api'), {
      env: 'DISCORD_API_URL',
      description: "Where Discord's API is. Only tests and proxies need another one.",
      example: 'http://127.0.0.1:4003/api',
    }),
    messageContentIntent: setting(z.boolean().default(true), {
      description:
        'Whether to ask for the text of messages that do not mention the bot (a privileged intent, to be switched on in the developer portal).',
      example: 'false',
    }),
    gateway: setting(z.boolean().default(true), {
      description:
        'Whether Parley connects to the gateway, which brings messages. Without it there are commands and buttons only, by HTTP, which needs publicKey.',
      example: 'false',
    }),
    commands: setting(z.boolean().default(true), {
      description:
        'Whether /ask, /reset, /help, /memory, /remember, /forget, /settings, /solved and the commands on messages are registered with Discord.',
      example: 'false',
    }),
    commandGuilds: setting(
      z.array(z.string().regex(/^\d{1,20}$/, 'must hold ids of servers, as in "1090000000000000000", in quotes')).default([]),
      {
        description: 'Ids of the servers in which the commands are registered, in quotes. None for everywhere.',
        example: '["1090000000000000000"]',
      },
    ),
    privateAnswers: setting(z.boolean().default(false), {
      description: 'Whether only the person who asks by a command sees the answer, unless the command says otherwise.',
      example: 'true',
    }),
    userInstall: setting(z.boolean().default(false), {
      description:
        'Whether people may add the app to their own account, and use its commands where the bot is no member. To be switched on in the developer portal, too (Installation).',
      example: 'true',
    }),
    buttons: setting(z.boolean().default(true), {
      description: 'Whether answers carry buttons: stop while they grow; ask anew, good and bad when they are complete.',
      example: 'false',
    }),
    streaming: setting(z.boolean().default(true), {
      description: 'Whether answers are shown while they grow.',
      example: 'false',
    }),
    fileAfter: setting(z.union([z.int().min(4_000).max(1_000_000), z.literal('off')]).default(10_000), {
      description:
        'An answer of more characters than this goes out as its beginning and a file with all of it. Shorter ones stand in as many messages as they need. off for messages only.',
      example: '20000',
    }),
    backfillMinutes: setting(z.number().min(0).max(1440).default(60), {
      description: 'How far back missed messages are fetched when a connection cannot be resumed. 0 for not at all.',
      example: '60',
    }),
    ...discordPlaces,
  })
  .prefault({});
