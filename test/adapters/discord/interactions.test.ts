import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failureOf, never, toOutbound } from './support.ts';
import { asked, scene, shown } from './interaction-scene.ts';

describe('commands on Discord', () => {
  test('/ask is saved before it is acknowledged, and answered in place of the deferred response', () =>
    scene(async (stage) => {
      const { emulator, context, adapter } = stage;
      const savedAtResponse: number[] = [];
      emulator.onCall((route, phase) => {
        if (route === 'POST /interactions/:id/:id/callback' && phase === 'before') savedAtResponse.push(asked(context).length);
      });

      const interaction = emulator.command({ name: 'ask', options: { question: 'Where is the lamp?' } });
      const { name, text, author, destination, conversationId, tenant } = await stage.commandOf(interaction);
      await adapter.send(toOutbound(destination, 'Upstairs.'), never);

      assert.deepEqual(savedAtResponse, [1]);
      assert.deepEqual([name, text, author.name, tenant], ['ask', 'Where is the lamp?', 'Ada', emulator.home.guildId]);
      assert.equal(conversationId, `discord:${tenant}:${emulator.home.channelId}`);
      assert.equal(interaction.responseType, 5);
      assert.deepEqual(shown(stage), ['Upstairs.']);
    }));

  test('the token is kept sealed, and never stands in the log', () =>
    scene(async (stage) => {
      const { emulator, context, adapter } = stage;
      emulator.faults.add({ route: 'POST /interactions/:id/:id/callback', kind: 'platform_error', code: 10062 });

      const interaction = emulator.command({ name: 'ask', options: { question: 'x' } });
      const { destination } = await stage.commandOf(interaction);
      emulator.faults.add({ route: 'PATCH /webhooks/:id/:id/messages/:id', kind: 'server_error' });
      const failure = await failureOf(adapter.send(toOutbound(destination, 'An answer'), never));

      const written = JSON.stringify([
        context.events,
        [...context.states],
        context.lines,
        failure.message,
        String(failure.cause),
      ]);
      assert.doesNotMatch(written, new RegExp(interaction.token.slice(-20).replaceAll('-', String.raw`\-`)));
      assert.ok(context.lines.some((line) => line.includes('could not be acknowledged')));
    }));

  test('a private answer is seen by its person alone, and is a conversation of its own', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;

      const interaction = emulator.command({ name: 'ask', options: { question: 'A secret?', private: true } });
      const { destination, conversationId } = await stage.commandOf(interaction);
      await adapter.send(toOutbound(destination, 'Hush.', { parts: 2 }), never);
      await adapter.send(toOutbound(destination, 'Hush again.', { part: 1, parts: 2 }), never);

      const { guildId, channelId } = emulator.home;
      assert.equal(conversationId, `discord:${guildId}:${channelId}:private:${interaction.user.id}`);
      assert.deepEqual(shown(stage), []);
      assert.deepEqual(
        emulator.privateMessages('Ada').map(({ content }) => content),
        ['Hush.', 'Hush again.'],
      );
      assert.deepEqual(emulator.privateMessages('Bob'), []);
    }));

  test('discord.privateAnswers is what counts where the command does not say', () =>
    scene(
      async (stage) => {
        const { destination } = await stage.commandOf(stage.emulator.command({ name: 'ask', options: { question: 'x' } }));
        const open = await stage.commandOf(stage.emulator.command({ name: 'ask', options: { question: 'x', private: false } }));

        assert.deepEqual([destination['audience'], open.destination['audience']], ['person', 'channel']);
      },
      { privateAnswers: true },
    ));

  test('what is remembered and the wish to be forgotten are for the eyes of who asks; what to remember, where the command says', () =>
    scene(async (stage) => {
      const { emulator } = stage;
      const ask = async (name: string, options: Record<string, string | boolean>) => {
        const { text, audience } = await stage.commandOf(emulator.command({ name, options }));
        return [name, text, audience];
      };

      assert.deepEqual(await ask('memory', {}), ['memory', '', 'author']);
      assert.deepEqual(await ask('forget', { whom: 'me' }), ['forget', 'me', 'author']);
      assert.deepEqual(await ask('remember', { text: 'I drink tea' }), ['remember', 'I drink tea', undefined]);
      assert.deepEqual(await ask('remember', { text: 'I drink tea', private: true }), ['remember', 'I drink tea', 'author']);
      assert.throws(() => emulator.command({ name: 'forget', options: {} }));
    }));

  test('"Answer this" and "Summarise" take the message that they are used on', () =>
    scene(async (stage) => {
      const { emulator } = stage;
      const message = emulator.say({ user: 'Bob', text: 'How tall is the lighthouse?' });

      const answer = await stage.commandOf(emulator.command({ name: 'Answer this', messageId: message.id }));
      const summary = await stage.commandOf(emulator.command({ name: 'Summarise', messageId: message.id }));

      assert.deepEqual([answer.name, answer.text, answer.author.name], ['ask', 'How tall is the lighthouse?', 'Ada']);
      assert.equal(summary.name, 'summarise');
    }));

  test('"Summarise" reads the message and what was said after it, and nothing from before', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      emulator.say({ user: 'Eve', text: 'Earlier.' });
      const message = emulator.say({ user: 'Bob', text: 'How tall is the lighthouse?' });
      emulator.say({ user: 'Eve', text: '41 metres.' });

      const command = await stage.commandOf(emulator.command({ name: 'Summarise', messageId: message.id }));
      const said = await adapter.readThread?.(command, never);

      assert.deepEqual(said, [
        { author: 'Bob', text: 'How tall is the lighthouse?' },
        { author: 'Eve', text: '41 metres.' },
      ]);
    }));

  test('"Summarise" takes the message alone where the bot cannot read the others', () =>
    scene(
      async (stage) => {
        const { emulator } = stage;
        const message = emulator.say({ user: 'Bob', text: 'A long story.' });

        const command = await stage.commandOf(emulator.command({ name: 'Summarise', messageId: message.id }));

        assert.equal(command.name, 'ask');
        assert.match(command.text, /> A long story\.$/);
      },
      { messageContentIntent: false },
    ));

  test('a message without text is told so, and nothing waits for an answer', () =>
    scene(async (stage) => {
      const { emulator, context } = stage;
      const file = { filename: 'a.png', contentType: 'image/png', size: 1, url: 'https://cdn.example/a.png' };
      const message = emulator.say({ user: 'Bob', text: '', attachments: [file] });

      const interaction = emulator.command({ name: 'Answer this', messageId: message.id });
      await stage.answered(interaction);

      assert.deepEqual(asked(context), []);
      assert.match(emulator.privateMessages('Ada')[0]?.content ?? '', /no text/);
    }));

  test('one that comes again is answered once', () =>
    scene(async (stage) => {
      const { emulator, context, watch } = stage;
      const interaction = emulator.command({ name: 'ask', options: { question: 'x' } });
      await stage.commandOf(interaction);
      await stage.answered(interaction);

      emulator.redeliverInteraction(interaction);
      emulator.say({ text: 'after it', mention: true });
      await watch.until(() => context.messages().length === 1);

      assert.equal(asked(context).length, 2);
    }));

  test('one that cannot be saved at once is saved with the other dispatches, and answered in the channel', () =>
    scene(async (stage) => {
      const { emulator, context, adapter } = stage;
      context.rejectNext(1);

      const interaction = emulator.command({ name: 'ask', options: { question: 'x' } });
      const { destination } = await stage.commandOf(interaction);
      stage.skip(6000);
      await adapter.send(toOutbound(destination, 'Late.'), never);

      assert.equal(interaction.responseType, undefined);
      assert.deepEqual(shown(stage), ['Late.']);
    }));

  test('an answer that is ready before Discord knows of the acknowledgement is tried again soon', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const { destination } = await stage.commandOf(emulator.command({ name: 'ask', options: { question: 'x' } }));
      emulator.faults.add({ route: 'PATCH /webhooks/:id/:id/messages/:id', kind: 'platform_error', code: 10015 });

      const failure = await failureOf(adapter.send(toOutbound(destination, 'Quick.'), never));

      assert.deepEqual([failure.retryable, failure.uncertain, failure.retryAfterMs], [true, false, 500]);
    }));
});
