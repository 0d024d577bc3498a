import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scopesOfEvents } from '../../../adapters/slack/emulator/scopes.ts';
import { createManifest, missingScopes, scopesOf, toCreationLink } from '../../../adapters/slack/manifest.ts';
import type { ManifestOptions } from '../../../adapters/slack/manifest.ts';

const socket: ManifestOptions = { name: 'Parley', transport: 'socket', followThreads: true };
const http: ManifestOptions = { ...socket, transport: 'http', publicUrl: 'https://bot.example.com' };

interface Manifest {
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: {
    readonly event_subscriptions: { readonly request_url?: string; readonly bot_events: readonly string[] };
    readonly socket_mode_enabled: boolean;
  };
}

const manifestOf = (options: ManifestOptions): Manifest => createManifest(options) as unknown as Manifest; // what is asserted here

describe('the manifest of the Slack app', () => {
  test('asks for what Parley uses and for nothing else', () => {
    const { oauth_config: oauth, settings } = manifestOf(socket);

    assert.deepEqual(oauth.scopes.bot, [
      ...['app_mentions:read', 'channels:history', 'channels:read', 'chat:write', 'files:read', 'groups:history', 'groups:read'],
      ...['im:history', 'im:write', 'mpim:history', 'users:read'],
    ]);
    assert.deepEqual(settings.event_subscriptions.bot_events, [
      ...['app_mention', 'app_uninstalled', 'message.channels', 'message.groups', 'message.im', 'message.mpim'],
    ]);
  });

  test('asks for files only where they are read', () => {
    const { oauth_config: oauth } = manifestOf({ ...socket, readFiles: false });

    assert.equal(oauth.scopes.bot.includes('files:read'), false);
  });

  test('grants what Slack wants for every event that is subscribed to', () => {
    const { oauth_config: oauth, settings } = manifestOf(http);

    const lacked = scopesOfEvents(settings.event_subscriptions.bot_events).filter((scope) => !oauth.scopes.bot.includes(scope));

    assert.deepEqual(lacked, []);
  });

  test('says where events go: over a socket, or to the public address', () => {
    assert.deepEqual(
      [socket, http].map((options) => {
        const { socket_mode_enabled: isSocket, event_subscriptions: events } = manifestOf(options).settings;
        return [isSocket, events.request_url];
      }),
      [
        [true, undefined],
        [false, 'https://bot.example.com/slack/events'],
      ],
    );
  });

  test('names where people come back to who install it, and asks to be told when they revoke it', () => {
    const manifest = createManifest({ ...http, oauth: true });

    assert.deepEqual(manifest['oauth_config'], {
      redirect_urls: ['https://bot.example.com/slack/oauth_redirect'],
      scopes: { bot: scopesOf(http) },
    });
    assert.ok(manifestOf({ ...http, oauth: true }).settings.event_subscriptions.bot_events.includes('tokens_revoked'));
  });

  test('has a Home tab where that is switched on, and is told of who opens it', () => {
    const shown = [true, false].map((home) => {
      const { features, settings } = createManifest({ ...http, home }) as {
        readonly features: { readonly app_home: { readonly home_tab_enabled: boolean } };
        readonly settings: Manifest['settings'];
      };
      return [features.app_home.home_tab_enabled, settings.event_subscriptions.bot_events.includes('app_home_opened')];
    });

    assert.deepEqual(shown, [
      [true, true],
      [false, false],
    ]);
  });

  test('has the slash commands that are configured, and no scope for them where there are none', () => {
    const commands = { command: '/parley', resetCommand: '/forget' };
    const shortcuts = ['summarise'] as const;
    const {
      features,
      settings,
      oauth_config: oauth,
    } = createManifest({ ...http, commands, shortcuts }) as Readonly<Record<string, Record<string, unknown>>>; // what is asserted here
    const url = 'https://bot.example.com/slack/events';

    assert.deepEqual(features?.['slash_commands'], [
      {
        command: '/parley',
        description: 'Ask a question',
        usage_hint: 'your question, help, memory, reset, or forget me',
        url,
        should_escape: true,
      },
      { command: '/forget', description: 'Forget what I asked here, and start afresh', url, should_escape: true },
    ]);
    assert.deepEqual(features?.['shortcuts'], [
      {
        ...{ type: 'message', callback_id: 'parley.summarise', name: 'Summarise thread' },
        description: 'Tells you alone what this thread is about',
      },
    ]);
    assert.deepEqual(settings?.['interactivity'], { is_enabled: true, request_url: url });
    assert.match(JSON.stringify(oauth), /"commands"/);
    const none = createManifest({ ...socket, commands: { command: 'off' } });
    assert.doesNotMatch(JSON.stringify(none), /slash_commands|"commands"/);
    const [first] = (createManifest({ ...socket, commands }) as { features: { slash_commands: unknown[] } }).features
      .slash_commands;
    assert.equal(Object.hasOwn(Object(first), 'url'), false);
  });

  test('travels whole in the link that creates the app', () => {
    const manifest = createManifest({ ...http, name: 'Fish & Chips #1' });

    const link = new URL(toCreationLink(manifest));

    assert.equal(link.origin + link.pathname, 'https://api.slack.com/apps');
    assert.deepEqual(JSON.parse(link.searchParams.get('manifest_json') ?? ''), manifest);
  });

  test('tells what a token lacks of it, and what for', () => {
    const granted = scopesOf(socket).filter((scope) => scope !== 'chat:write' && scope !== 'users:read');

    assert.deepEqual(missingScopes(granted, socket), [
      { purpose: 'answer, and show answers while they grow', optional: false, scopes: ['chat:write'] },
      { purpose: 'know people by name', optional: true, scopes: ['users:read'] },
    ]);
  });
});
