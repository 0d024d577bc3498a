import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDiscordAdapter } from '../../../adapters/discord/index.ts';
import type { DiscordOptions } from '../../../adapters/discord/index.ts';
import type { CheckReport } from '../../../src/adapter.ts';
import { permissionsIn } from '../../../adapters/discord/permissions.ts';
import type { DiscordEmulator, DiscordEmulatorOptions } from '../../../adapters/discord/emulator.ts';
import { defaults, never, onStage, withEmulator } from './support.ts';

const sendMessages = 1n << 11n;
const viewChannel = 1n << 10n;
const readHistory = 1n << 16n;

interface Scene {
  readonly emulator: DiscordEmulator;
  check(options?: Partial<DiscordOptions>): Promise<CheckReport>;
}

/** An adapter that has not been started, as `parley doctor` has it. */
function scene(play: (scene: Scene) => Promise<void>, options: Partial<DiscordEmulatorOptions> = {}): Promise<void> {
  return withEmulator(
    (emulator) =>
      play({
        emulator,
        check: async (more = {}) => {
          const adapter = createDiscordAdapter({ ...defaults(emulator), ...more });
          try {
            return await (adapter.check?.(never) ?? assert.fail());
          } finally {
            await adapter.stop();
          }
        },
      }),
    options,
  );
}

describe('parley doctor discord', () => {
  test('says who the bot is, and has nothing to mend where all is well', () =>
    onStage(async ({ emulator, context, watch, start }) => {
      const adapter = await start({ commands: true });
      await watch.until(() => context.states.has('commands'));

      const report = await adapter.check?.(never);

      assert.match(report?.detail ?? '', /the bot is parley; 1 servers, 1 channels/);
      assert.deepEqual(report?.warnings, []);
      assert.equal(emulator.commands().length, 8);
    }));

  test('names each channel in which a permission is missing, and leaves those alone that the bot is kept out of', () =>
    scene(async ({ emulator, check }) => {
      emulator.deny(emulator.channel({ name: 'quiet' }).id, sendMessages | readHistory);
      emulator.deny(emulator.channel({ name: 'secret' }).id, viewChannel);

      const { detail, warnings } = await check();

      assert.match(detail, /3 channels, 1 of which it cannot see/);
      assert.equal(warnings?.length, 1);
      assert.match(warnings?.[0] ?? '', /SendMessages, ReadMessageHistory in #quiet \(server Lighthouse\)/);
    }));

  test('looks at five servers at most', () =>
    scene(async ({ emulator, check }) => {
      for (let guild = 0; guild < 9; guild += 1) emulator.guild();
      const calls: string[] = [];
      emulator.onCall((route, phase) => phase === 'after' && calls.push(route));

      const { detail } = await check();

      assert.match(detail, /10 servers, 5 of them looked at/);
      assert.equal(calls.filter((route) => route === 'GET /guilds/:id/channels').length, 5);
    }));

  test('says which commands are missing, unless none has ever been registered', () =>
    scene(async ({ emulator, check }) => {
      assert.deepEqual((await check({ commands: true })).warnings, []);
      const headers = { authorization: `Bot ${emulator.token}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ name: 'ask', description: 'Ask.' });
      await fetch(`${emulator.apiUrl}/v10/applications/${emulator.bot.id}/commands`, { method: 'POST', headers, body });

      assert.match(
        (await check({ commands: true })).warnings?.join() ?? '',
        /missing: reset, help, memory, remember, forget, Answer this, Summarise/,
      );
    }));

  test('says that the bot is in no server', () =>
    scene(async ({ emulator, check }) => {
      emulator.leaveGuild(emulator.home.guildId);

      assert.match((await check()).warnings?.join() ?? '', /parley discord invite/);
    }));

  test('refuses an intent that is off in the portal, and a public key of another application', () =>
    scene(
      async ({ check }) => {
        await assert.rejects(check(), /Message Content Intent is off.*discord\.messageContentIntent/);
        await assert.rejects(check({ messageContentIntent: false, publicKey: 'ab'.repeat(32) }), /DISCORD_PUBLIC_KEY/);
      },
      { messageContent: false },
    ));

  test('tells where commands go when they do not come here', () =>
    scene(async ({ emulator, check }) => {
      const { publicKey } = emulator;
      assert.match((await check({ gateway: false, publicKey })).warnings?.join() ?? '', /No command can arrive/);

      emulator.setEndpoint('https://elsewhere.example/discord/interactions');

      assert.match((await check()).warnings?.join() ?? '', /commands go there: set DISCORD_PUBLIC_KEY/);
      assert.deepEqual((await check({ gateway: false, publicKey })).warnings, []);
    }));

  test('refuses a token that is not accepted, by its name', () =>
    scene(async ({ check }) => {
      await assert.rejects(check({ token: 'wrong' }), /DISCORD_TOKEN/);
    }));
});

describe('what a member may do in a channel', () => {
  const roles = [
    { id: '1', permissions: '7168' },
    { id: '2', permissions: '65536' },
    { id: '3', permissions: '8' },
  ];
  const guild = { id: '1', owner_id: '9' };
  const overwrite = (id: string, allow: bigint, deny: bigint) => ({ id, allow: String(allow), deny: String(deny) });
  for (const { name, overwrites, roleIds = ['2'], userId = '5', expected } of [
    { name: 'adds up over roles', overwrites: [], expected: 7168n | readHistory },
    {
      name: 'is less where everyone is denied it',
      overwrites: [overwrite('1', 0n, viewChannel)],
      expected: (7168n | readHistory) & ~viewChannel,
    },
    {
      name: 'is given back by a role, over everyone',
      overwrites: [overwrite('1', 0n, viewChannel), overwrite('2', viewChannel, 0n)],
      expected: 7168n | readHistory,
    },
    {
      name: 'is decided by the member in the end',
      overwrites: [overwrite('2', viewChannel, 0n), overwrite('5', 0n, viewChannel)],
      expected: (7168n | readHistory) & ~viewChannel,
    },
    { name: 'is everything for administrators', overwrites: [overwrite('1', 0n, ~0n & 0xffffn)], roleIds: ['3'], expected: ~0n },
    { name: 'is everything for the owner', overwrites: [], userId: '9', expected: ~0n },
  ]) {
    test(name, () => {
      assert.equal(permissionsIn({ permission_overwrites: overwrites }, { guild, roles, userId, roleIds }), expected);
    });
  }
});
