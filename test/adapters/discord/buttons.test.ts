import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { customIdsOf } from '../../../adapters/discord/emulator/components.ts';
import type { EmulatedMessage } from '../../../adapters/discord/emulator/world.ts';
import { failureOf, never, toOutbound } from './support.ts';
import { scene } from './interaction-scene.ts';
import type { Scene } from './interaction-scene.ts';

const id = 'answer000000000000000001';
const underAnswers = [`parley:regenerate:${id}`, `parley:good:${id}`, `parley:bad:${id}`];

/** The bot's messages in the home channel. */
function written({ emulator }: Scene): EmulatedMessage[] {
  return emulator.messages(emulator.home.channelId).filter(({ author }) => author === emulator.bot);
}

function buttonsOn(message: EmulatedMessage | undefined): string[] {
  return customIdsOf(message?.components ?? []);
}

function place({ emulator }: Scene) {
  const { guildId, channelId } = emulator.home;
  return { guildId, channelId, channelType: '0' };
}

/** An answer in the channel, with its buttons. */
async function answer(stage: Scene): Promise<EmulatedMessage> {
  await stage.adapter.send(toOutbound(place(stage), 'Upstairs.', { id }), never);
  const message = written(stage).at(-1);
  assert.ok(message);
  return message;
}

describe('buttons under an answer on Discord', () => {
  test('stand under its last part alone', () =>
    scene(async (stage) => {
      await stage.adapter.send(toOutbound(place(stage), 'One.', { parts: 2 }), never);
      await stage.adapter.send(toOutbound(place(stage), 'Two.', { id, part: 1, parts: 2 }), never);

      assert.deepEqual(written(stage).map(buttonsOn), [[], underAnswers]);
    }));

  test('a note about a press that may have been sent is never taken for the answer that was pressed on', () =>
    scene(async (stage) => {
      const { adapter, emulator, eventOf, answered } = stage;
      const { id: messageId } = await answer(stage);
      const press = emulator.press({ messageId, customId: `parley:regenerate:${id}`, user: 'Bea' });
      const event = await eventOf(press);
      assert.ok(event.type === 'action');
      await answered(press);
      const note = toOutbound(event.destination, 'Only who asked can have this answered again.');

      assert.equal(await adapter.find({ ...note, attempt: 2 }, never), undefined);
      await adapter.send(note, never);

      assert.deepEqual(
        written(stage).map(({ content }) => content),
        ['Upstairs.'],
      );
      assert.deepEqual(
        emulator.privateMessages('Bea').map(({ content }) => content),
        [note.text],
      );
    }));

  test('are left out where discord.buttons is off', () =>
    scene(async (stage) => assert.deepEqual(buttonsOn(await answer(stage)), []), { buttons: false }));

  test('change from one that stops the answer, while it grows, to those of the whole answer', () =>
    scene(async (stage) => {
      const { adapter, watch } = stage;
      const opening = { id, conversationId: 'c', tenant: '1', inReplyTo: '1', destination: place(stage) };
      const stream = adapter.stream(opening, never);
      stream.append('Upstairs');
      const opened = await stream.opened;
      assert.ok(typeof opened === 'object');
      await watch.until(() => buttonsOn(written(stage)[0]).includes(`parley:stop:${id}`));
      await stream.close();

      await adapter.send(toOutbound(place(stage), 'Upstairs', { id, opened }), never);

      assert.deepEqual(written(stage).map(buttonsOn), [underAnswers]);
    }));

  test('of a stream do not stay on a part that is not the last', () =>
    scene(async (stage) => {
      const stream = stage.adapter.stream(
        { id, conversationId: 'c', tenant: '1', inReplyTo: '1', destination: place(stage) },
        never,
      );
      stream.append('One');
      const opened = await stream.opened;
      assert.ok(typeof opened === 'object');
      await stream.close();

      await stage.adapter.send(toOutbound(place(stage), 'One', { id, opened, parts: 2 }), never);

      assert.deepEqual(written(stage).map(buttonsOn), [[]]);
    }));

  test('are part of what a lost answer is looked for by: a stream that had all the text is completed', () =>
    scene(async (stage) => {
      const stream = stage.adapter.stream(
        { id, conversationId: 'c', tenant: '1', inReplyTo: '1', destination: place(stage) },
        never,
      );
      stream.append('One');
      await stream.opened;
      await stream.close();
      const message = toOutbound(place(stage), 'One', { id });

      assert.equal((await stage.adapter.find(message, never))?.complete, false);
    }));
});

describe('a press of a button on Discord', () => {
  test('of "Again" asks for another answer, once, and changes nothing that is seen by itself', () =>
    scene(async (stage) => {
      const { emulator, watch } = stage;
      const message = await answer(stage);

      const pressed = emulator.press({ messageId: message.id, customId: `parley:regenerate:${id}`, user: 'Bob' });
      const event = await stage.eventOf(pressed);
      await watch.until(() => pressed.responseType === 6);

      assert.ok(event.type === 'action');
      assert.deepEqual([event.name, event.value, event.messageId, event.author.name], ['regenerate', id, message.id, 'Bob']);
      assert.equal(event.conversationId, `discord:${emulator.home.guildId}:${emulator.home.channelId}`);
    }));

  test('of "Again" on a private answer is answered in its place, and stays private', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const asked = await stage.commandOf(emulator.command({ name: 'ask', options: { question: 'x', private: true } }));
      const opened = await adapter.send(toOutbound(asked.destination, 'First.', { id }), never);

      const pressed = emulator.press({ messageId: opened.id, customId: `parley:regenerate:${id}` });
      const event = await stage.eventOf(pressed);
      await adapter.send(toOutbound(asked.destination, 'Second.', { opened }), never);

      assert.equal(event.conversationId, asked.conversationId);
      assert.deepEqual(
        emulator.privateMessages('Ada').map(({ content }) => content),
        ['Second.'],
      );
      assert.deepEqual(written(stage), []);
    }));

  test('of "Again" that is refused is told to who pressed alone', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const message = await answer(stage);
      const pressed = emulator.press({ messageId: message.id, customId: `parley:regenerate:${id}`, user: 'Bob' });
      const event = await stage.eventOf(pressed);
      await stage.answered(pressed);
      assert.ok(event.type === 'action');

      await adapter.send(toOutbound(event.destination, 'Only who asked can have this answered again.'), never);

      assert.deepEqual(
        emulator.privateMessages('Bob').map(({ content, components }) => [content, components]),
        [['Only who asked can have this answered again.', []]],
      );
      assert.deepEqual(
        written(stage).map(({ content }) => content),
        ['Upstairs.'],
      );
    }));

  test('of a thumb up is a judgement, and thanked for in private', () =>
    scene(async (stage) => {
      const { emulator } = stage;
      const message = await answer(stage);

      const pressed = emulator.press({ messageId: message.id, customId: `parley:good:${id}` });
      const event = await stage.eventOf(pressed);
      await stage.answered(pressed);

      assert.ok(event.type === 'feedback');
      assert.deepEqual([event.rating, event.messageId, event.outboundId, event.reason], ['good', message.id, id, undefined]);
      assert.equal(emulator.privateMessages('Ada').length, 1);
    }));

  test('of a thumb down is a judgement at once, and the form for the reason another with it', () =>
    scene(async (stage) => {
      const { emulator } = stage;
      const message = await answer(stage);

      const pressed = emulator.press({ messageId: message.id, customId: `parley:bad:${id}` });
      const first = await stage.eventOf(pressed);
      await stage.answered(pressed);
      const submitted = emulator.submit(pressed, { reason: ' It is downstairs. ' });
      const second = await stage.eventOf(submitted);
      await stage.answered(submitted);

      assert.ok(first.type === 'feedback' && second.type === 'feedback');
      assert.deepEqual([first.rating, first.messageId, first.reason], ['bad', message.id, undefined]);
      assert.deepEqual(
        [second.rating, second.messageId, second.outboundId, second.reason],
        ['bad', message.id, id, 'It is downstairs.'],
      );
      assert.equal(first.conversationId, second.conversationId);
    }));

  test('of "Stop" names the answer under which it stands, who pressed, and whether they may manage messages', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      emulator.user('Mo', { permissions: String(1n << 13n) });
      emulator.user('Root', { permissions: String(1n << 3n) });
      emulator.user('Tess', { permissions: String(1n << 34n) });
      const stream = adapter.stream({ id, conversationId: 'c', tenant: '1', inReplyTo: '1', destination: place(stage) }, never);
      stream.append('It');
      const opened = await stream.opened;
      assert.ok(typeof opened === 'object');

      const messageId = opened.id;
      const press = async (user: string, customId = `parley:stop:${id}`) => {
        const event = await stage.eventOf(emulator.press({ messageId, customId, user, late: true }));
        assert.ok(event.type === 'stop');
        assert.equal(event.conversationId, `discord:${emulator.home.guildId}:${emulator.home.channelId}`);
        return [event.author.name, event.target];
      };

      assert.deepEqual(await press('Ada'), ['Ada', { outboundId: id, messageId, isModerator: false }]);
      assert.deepEqual(await press('Mo'), ['Mo', { outboundId: id, messageId, isModerator: true }]);
      assert.deepEqual(await press('Root'), ['Root', { outboundId: id, messageId, isModerator: true }]);
      assert.deepEqual(await press('Tess'), ['Tess', { outboundId: id, messageId, isModerator: false }]);
      assert.deepEqual(await press('Ada', 'parley:stop'), ['Ada', { messageId, isModerator: false }]);
      await stream.close();
    }));

  test('an answer to a command grows in place of the deferred response', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const { destination } = await stage.commandOf(emulator.command({ name: 'ask', options: { question: 'x' } }));
      const inReplyTo = destination['interactionId'] ?? '';
      const stream = adapter.stream({ id, conversationId: 'c', tenant: '1', inReplyTo, destination }, never);
      stream.append('It is @everyone');
      const opened = await stream.opened;
      assert.ok(typeof opened === 'object');
      assert.deepEqual(written(stage).map(buttonsOn), [[`parley:stop:${id}`]]);
      await stream.close();

      await adapter.send(toOutbound(destination, 'It is <@&1> upstairs.', { id, opened }), never);

      const [message] = written(stage);
      assert.equal(written(stage).length, 1);
      assert.deepEqual([message?.content, message?.pings], ['It is <@&1> upstairs.', []]);
      assert.deepEqual(buttonsOn(message), underAnswers);
    }));

  test('/help and /reset are answered without buttons', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const { destination } = await stage.commandOf(emulator.command({ name: 'help' }));

      await adapter.send(toOutbound(destination, 'I am here.', { id }), never);

      assert.deepEqual(emulator.privateMessages('Ada').map(buttonsOn), [[]]);
    }));

  test('a follow-up whose answer is lost says that it may be there', () =>
    scene(async (stage) => {
      const { destination } = await stage.commandOf(
        stage.emulator.command({ name: 'ask', options: { question: 'x', private: true } }),
      );
      await stage.adapter.send(toOutbound(destination, 'One.', { parts: 2 }), never);
      stage.emulator.faults.add({ route: 'POST /webhooks/:id/:id', kind: 'lost_response' });
      const second = toOutbound(destination, 'Two.', { part: 1, parts: 2 });

      assert.equal((await failureOf(stage.adapter.send(second, never))).uncertain, true);

      // Nobody can look for what one person alone sees: it is sent again.
      assert.equal(await stage.adapter.find(second, never), undefined);
    }));
});
