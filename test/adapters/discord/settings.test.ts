import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { customIdsOf } from '../../../adapters/discord/emulator/components.ts';
import { manageChannels, manageServer, onSettingsScene, viewChannel } from './settings-scene.ts';

describe('what admins set by /settings', () => {
  test('holds for the next message in that channel and its threads, and in no other', () =>
    onSettingsScene(async ({ emulator, context, told, heard }) => {
      const quiet = emulator.channel({ name: 'quiet' });
      const thread = emulator.thread({ channelId: quiet.id });

      const answer = await told('set', { channelId: quiet.id, options: { mode: 'off' } });
      emulator.say({ channelId: quiet.id, text: 'one', mention: true });
      emulator.say({ channelId: thread.id, text: 'two', mention: true });
      emulator.say({ text: 'three', mention: true });
      await heard();

      assert.match(answer, /^Saved\..*\n.*What is answered: Nothing \(set for this channel by <@\d+>/s);
      assert.deepEqual(
        context.messages().map(({ text, refusal }) => [text, refusal]),
        [
          ['one', `mode, as admins set it for channel ${quiet.id}, is off`],
          ['two', `mode, as admins set it for channel ${quiet.id}, is off`],
          ['three', undefined],
        ],
      );
    }));

  test('goes before the configuration of that place, and what a channel says before what its server says', async () => {
    const guilds: Record<string, { mode: 'off'; language: string }> = {};
    const channels: Record<string, { allow: { users: string[] } }> = {};
    await onSettingsScene(
      async ({ emulator, context, told, heard, restart }) => {
        const { guildId, channelId } = emulator.home;
        const staff = emulator.channel({ name: 'staff' });
        guilds[guildId] = { mode: 'off', language: 'German' };
        channels[staff.id] = { allow: { users: ['1090000000000000001'] } };
        await restart();

        await told('set', { options: { server: true, mode: 'mention', allow: 'everyone', language: 'French' } });
        emulator.say({ channelId, text: 'here', mention: true });
        emulator.say({ channelId: staff.id, text: 'there', mention: true });
        await heard();
        await told('set', { channelId: staff.id, options: { allow: 'everyone' } });
        emulator.say({ channelId: staff.id, text: 'again', mention: true });
        await heard();

        const server = `discord/${guildId}/server/${guildId}`;
        assert.deepEqual(
          context.messages().map(({ text, refusal, profile }) => [text, refusal, profile]),
          [
            ['here', undefined, server],
            ['there', `discord.channels.${staff.id}.allow does not name the author`, `discord/${staff.id}//${server}`],
            ['again', undefined, `discord/${guildId}/${staff.id}/${staff.id}//${server}`],
          ],
        );
        assert.match(await told('show', { channelId: staff.id }), /Language: `French` \(set for the server/);
      },
      { guilds, channels },
    );
  });

  test('is known to the next process, and counts for nothing where the operator wants no settings', () =>
    onSettingsScene(async ({ emulator, context, watch, told, heard, restart }) => {
      await told('set', { options: { mode: 'off' } });

      await restart();
      emulator.say({ text: 'one', mention: true });
      await heard();
      await restart({ settings: undefined });
      emulator.say({ text: 'two', mention: true });
      await heard();

      assert.deepEqual(
        context.messages().map(({ refusal }) => refusal !== undefined),
        [true, false],
      );
      await watch.until(() => !emulator.commands().some(({ name }) => name === 'settings'), 'the command to be gone');
    }));

  test('stays as it is where something else of that place is set; a reset gives it back to the configuration', () =>
    onSettingsScene(async ({ changes, told }) => {
      await told('set', { options: { mode: 'mention', language: 'German', model: 'large' } });
      await told('set', { options: { threads: true } });
      await told('reset', { options: { what: 'language' } });
      const before = changes.at(-1)?.settings;
      const answer = await told('reset');

      assert.deepEqual(before, { profile: { model: 'large' }, rules: { mode: 'mention', autoThread: true } });
      assert.deepEqual(changes.at(-1)?.settings, { profile: {}, rules: {} });
      assert.doesNotMatch(answer, /set for/);
    }));

  test('names people and roles by mentions; anything else is refused with what to write', () =>
    onSettingsScene(async ({ emulator, context, changes, told, heard }) => {
      const ada = emulator.user('Ada');
      emulator.user('Ben', { roles: ['1090000000000000009'] });

      const wrong = await told('set', { options: { allow: 'Ada and <@1>' } });
      const none = await told('set', { options: { allow: ' ' } });
      await told('set', { options: { allow: `<@${ada.id}>, <@&1090000000000000009>` } });
      for (const user of ['Ada', 'Ben', 'Cleo']) emulator.say({ user, text: user, mention: true });
      await heard();

      assert.match(wrong, /^I do not understand “Ada and”\. Name who may ask by mentions/);
      assert.match(none, /^Name who may ask by mentions/);
      assert.equal(changes.length, 1);
      assert.deepEqual(
        context.messages().map(({ text, refusal }) => [text, refusal === undefined]),
        [
          ['Ada', true],
          ['Ben', true],
          ['Cleo', false],
        ],
      );
    }));

  test('is one change, however often its interaction comes', () =>
    onSettingsScene(async ({ emulator, changes, use, told, answerTo, heard }) => {
      const first = use('set', { options: { mode: 'off' } });
      await answerTo(first);
      await told('set', { options: { mode: 'follow' } });

      emulator.redeliverInteraction(first);
      await heard();

      assert.deepEqual(
        changes.map(({ settings }) => settings.rules),
        [{ mode: 'off' }, { mode: 'follow' }],
      );
    }));

  test('is refused with the reason where the bot cannot read what it would have to answer', () =>
    onSettingsScene(
      async ({ changes, told }) => {
        assert.match(await told('set', { options: { mode: 'posts' } }), /the Message Content Intent is switched off/);
        assert.deepEqual(changes, []);
      },
      { messageContentIntent: false },
    ));

  test('that cannot be saved is said to have changed nothing', () =>
    onSettingsScene(async ({ changes, context, told, watch }) => {
      const { push } = changes;
      changes.push = () => {
        throw new Error('the disk is full');
      };

      const answer = await told('set', { options: { mode: 'off' } });
      changes.push = push;

      assert.match(answer, /could not be saved, and nothing has changed/);
      await watch.until(() => context.lines.some((line) => line.startsWith('error') && line.includes('the disk is full')));
    }));

  test('as a model counts only as long as the operator offers it', () =>
    onSettingsScene(async ({ told, restart }) => {
      const before = await told('set', { options: { model: 'large' } });
      await told('set', { options: { server: true, model: 'small' } });

      await restart({ settings: { models: ['small'] } });

      assert.match(before, /Model: `large` \(set for this channel/);
      assert.match(await told('show'), /Model: `small` \(set for the server/);
    }));

  test('says where nothing was asked for', () =>
    onSettingsScene(async ({ emulator, told }) => {
      const { id } = emulator.channel();

      assert.match(await told('set'), /one option at least/);
      assert.match(await told('show', { options: { channel: id, server: true } }), /not both/);
    }));
});

describe('who may use /settings', () => {
  test('is looked at with every use: Manage Server for the server, Manage Channels for that channel alone', () =>
    onSettingsScene(async ({ emulator, changes, told }) => {
      const [own, other, hidden] = ['own', 'other', 'hidden'].map((name) => emulator.channel({ name }).id);
      assert.ok(own && other && hidden);
      emulator.user('Ben', { permissions: String(viewChannel) });
      emulator.permit(own, 'Ben', manageChannels | viewChannel);
      emulator.permit(hidden, 'Ben', manageChannels);
      const by = (channelId: string, options: Record<string, string | boolean>) =>
        told('set', { user: 'Ben', granted: true, channelId, options: { mode: 'off', ...options } });

      assert.match(await by(other, {}), /^Only who may manage this server or that channel/);
      assert.match(await by(own, { server: true }), /^Only who may manage this server \(/);
      assert.match(await by(own, { channel: other }), /^Only who may manage this server or that channel/);
      assert.match(await by(own, { channel: hidden }), /^You do not see that channel/);
      assert.deepEqual(changes, []);
      assert.match(await by(own, {}), /^Saved/);
      assert.match(await by(other, { channel: own, mode: 'mention' }), /^Saved/);
    }));

  test('is offered it by Discord: those who may manage the server; in servers, and where the bot is a member', () =>
    onSettingsScene(
      async ({ emulator, use }) => {
        emulator.user('Ben', { permissions: String(manageChannels | viewChannel) });

        assert.throws(() => use('show', { user: 'Ben' }), /does not see the command/);
        assert.throws(() => use('show', { channelId: emulator.directMessage('Mo').id }), /Nobody sees a command/);
        assert.throws(() => use('show', { byUserInstall: true }), /added the app to their account/);
      },
      { userInstall: true },
    ));

  test('sees a persona that admins have written, and not the words of the configuration', async () => {
    const channels: Record<string, { instructions: string }> = {};
    await onSettingsScene(
      async ({ emulator, use, told, answerTo, restart }) => {
        channels[emulator.home.channelId] = { instructions: 'the words of the operator' };
        await restart();

        const before = await told('show');
        const opened = use('persona');
        await emulatorOpened(opened);
        await answerTo(emulator.submit(opened, { persona: 'Be `kind`\nto all.' }));

        assert.match(before, /Persona: one of its own \(configured for this channel\)/);
        assert.match(await told('show'), /Persona: `Be ´kind´ to all\.` \(set for this channel/);
      },
      { channels },
    );
  });
});

/** Waits for a form by looking: what is waited for is no message. */
async function emulatorOpened(interaction: { readonly modal?: unknown }): Promise<void> {
  while (interaction.modal === undefined) await new Promise((resolve) => setImmediate(resolve));
}

describe('the form for a persona', () => {
  test('shows what is set, and replaces it; empty it gives it back to the configuration', () =>
    onSettingsScene(async ({ emulator, changes, use, answerTo }) => {
      const first = use('persona', { options: { server: true } });
      await emulatorOpened(first);
      await answerTo(emulator.submit(first, { persona: 'You are a pirate.' }));
      const second = use('persona', { options: { server: true } });
      await emulatorOpened(second);
      await answerTo(emulator.submit(second, { persona: '' }));

      assert.match(JSON.stringify(second.modal), /You are a pirate\./);
      assert.deepEqual(
        changes.map(({ place, settings }) => [place, settings.profile]),
        [
          ['server', { instructions: 'You are a pirate.' }],
          ['server', {}],
        ],
      );
    }));

  test('that was opened before somebody else changed the place overwrites nothing', () =>
    onSettingsScene(async ({ emulator, changes, use, told, answerTo }) => {
      const opened = use('persona');
      await emulatorOpened(opened);
      await told('set', { options: { language: 'German' } });

      const answer = await answerTo(emulator.submit(opened, { persona: 'You are a pirate.' }));

      assert.match(answer, /Somebody has changed these settings meanwhile/);
      assert.equal(changes.length, 1);
    }));

  test('is worth nothing to who may not manage the server any more', () =>
    onSettingsScene(async ({ emulator, changes, use, answerTo }) => {
      const opened = use('persona', { options: { server: true } });
      await emulatorOpened(opened);
      emulator.permit(emulator.home.channelId, 'Mo', manageChannels | viewChannel);

      const answer = await answerTo(emulator.submit(opened, { persona: 'You are a pirate.' }));

      assert.match(answer, /^Only who may manage this server/);
      assert.deepEqual(changes, []);
      assert.ok((manageServer & manageChannels) === 0n);
    }));
});

test('an answer to /settings has no buttons and notifies nobody', () =>
  onSettingsScene(async ({ emulator, told }) => {
    const ada = emulator.user('Ada');
    await told('set', { options: { allow: `<@${ada.id}>` } });

    const [message] = emulator.privateMessages('Mo');

    assert.deepEqual([message?.pings, customIdsOf(message?.components ?? [])], [[], []]);
  }));
