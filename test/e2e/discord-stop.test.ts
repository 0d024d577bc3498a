import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customIdsOf } from '../../adapters/discord/emulator/components.ts';
import type { EmulatedMessage } from '../../adapters/discord/emulator/world.ts';
import { onStage, until } from './stage.ts';
import type { Stage } from './stage.ts';

/** It takes the model longer to say this than any test waits. */
const endless = Array.from({ length: 5_000 }, (_, index) => `word${index}`).join(' ');

/** The real app; the model answers in a few words, or at length where it is asked to. */
function onDiscord(play: (stage: Stage) => Promise<void>): Promise<void> {
  return onStage('discord', async (stage) => {
    const { model, discord } = stage;
    model.behaviour.answer = ({ messages }) => (String(messages.at(-1)?.content).includes('at length') ? endless : 'In short.');
    await stage.start();
    await until(() => discord.connected() > 0, 'the gateway');
    await play(stage);
  });
}

function answers({ discord }: Stage): EmulatedMessage[] {
  return discord.messages(discord.home.channelId).filter(({ author }) => author === discord.bot);
}

/** The Stop button under the answer that has been growing for so many messages of the bot. */
async function stopButton(stage: Stage, count: number): Promise<{ messageId: string; customId: string }> {
  const find = () => answers(stage)[count - 1];
  const idOf = (message: EmulatedMessage | undefined) =>
    customIdsOf(message?.components ?? []).find((id) => id.startsWith('parley:stop'));
  await until(() => idOf(find()) !== undefined, `a Stop button under answer ${count}`);
  return { messageId: find()?.id ?? '', customId: idOf(find()) ?? '' };
}

async function whisperTo(stage: Stage, user: string): Promise<string> {
  await until(() => stage.discord.privateMessages(user).length > 0, `${user} to be told`);
  return stage.discord.privateMessages(user).at(-1)?.content ?? '';
}

async function rest(stage: Stage): Promise<void> {
  const isAtRest = async () => {
    const { waiting, undelivered } = await stage.store().stats();
    return waiting + undelivered === 0;
  };
  await until(isAtRest, 'everything to be answered');
}

test('Stop is for who asked and for who may manage messages: others are told so, and the answer goes on', () =>
  onDiscord(async (stage) => {
    const { discord } = stage;
    discord.user('Mo', { permissions: String(1n << 13n) });
    discord.say({ user: 'Ada', text: 'Tell me at length.', mention: true });
    const button = await stopButton(stage, 1);

    discord.press({ ...button, user: 'Bob' });
    assert.match(await whisperTo(stage, 'Bob'), /^Only who asked, and who may manage messages here/);
    const { length } = answers(stage)[0]?.content ?? '';
    await until(() => (answers(stage)[0]?.content.length ?? 0) > length, 'the answer to grow on');
    const pressed = discord.press({ ...button, user: 'Mo' });
    await rest(stage);

    assert.match(answers(stage)[0]?.content ?? '', /^word0 word1 .*\n\n_Stopped\._$/);
    assert.equal(pressed.responseType, 6);
    assert.deepEqual(discord.privateMessages('Mo'), []);
  }));

test('Stop ends the answer under which it stands; what others asked meanwhile is answered', () =>
  onDiscord(async (stage) => {
    const { discord, store } = stage;
    discord.say({ user: 'Ada', text: 'Tell me at length.', mention: true });
    const button = await stopButton(stage, 1);
    discord.say({ user: 'Ben', text: 'And what is it in short?', mention: true });
    await until(async () => (await store().stats()).waiting === 2, 'the second question to wait');

    discord.press({ ...button, user: 'Ada' });
    await until(() => answers(stage).length === 2, 'the second answer');
    await rest(stage);

    assert.match(answers(stage)[0]?.content ?? '', /_Stopped\._$/);
    assert.equal(answers(stage)[1]?.content, 'In short.');
  }));

test('Stop that is pressed when its answer has ended does nothing to the next one, and says that it is complete', () =>
  onDiscord(async (stage) => {
    const { discord } = stage;
    discord.say({ user: 'Ada', text: 'Tell me at length.', mention: true });
    const first = await stopButton(stage, 1);
    discord.press({ ...first, user: 'Ada' });
    await rest(stage);
    discord.say({ user: 'Ada', text: 'Tell me more, at length.', mention: true });
    const second = await stopButton(stage, 2);

    discord.press({ ...first, user: 'Ada', late: true });
    assert.equal(await whisperTo(stage, 'Ada'), 'This answer is complete already.');
    discord.press({ messageId: first.messageId, customId: 'parley:stop', user: 'Bob', late: true });
    assert.equal(await whisperTo(stage, 'Bob'), 'This answer is complete already.');
    const { length } = answers(stage)[1]?.content ?? '';
    await until(() => (answers(stage)[1]?.content.length ?? 0) > length, 'the second answer to grow on');

    discord.press({ messageId: second.messageId, customId: 'parley:stop', user: 'Ada', late: true });
    await rest(stage);
    assert.match(answers(stage)[1]?.content ?? '', /_Stopped\._$/);
  }));
