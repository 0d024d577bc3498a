import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EmulatedMessage } from '../../adapters/discord/emulator/world.ts';
import { onStage, until } from './stage.ts';
import type { Stage } from './stage.ts';

const yaml = { discord: { commands: true, buttons: true } };

/** The real app with its commands registered; the model answers with what it was asked. */
function onDiscord(play: (stage: Stage) => Promise<void>): Promise<void> {
  return onStage(
    'discord',
    async (stage) => {
      stage.model.behaviour.answer = ({ messages }) =>
        `Asked: ${messages
          .filter(({ role }) => role !== 'system')
          .map(({ content }) => content)
          .join(' | ')}`;
      await stage.start();
      await until(() => stage.discord.commands().length === 10, 'the commands to be registered');
      await play(stage);
    },
    { yaml },
  );
}

function written({ discord }: Stage): EmulatedMessage[] {
  return discord.messages(discord.home.channelId).filter(({ author }) => author === discord.bot);
}

function texts(messages: readonly EmulatedMessage[]): string[] {
  return messages.map(({ content }) => content);
}

test('questions by command that wait together are answered one by one, each in its own place', () =>
  onDiscord(async (stage) => {
    const { discord, model } = stage;
    const { promise: patience, resolve: goOn } = Promise.withResolvers<void>();
    model.behaviour.onCall = (phase) => (phase === 'request' ? patience : undefined);
    const interactions = ['first', 'second', 'third'].map((question) => discord.command({ name: 'ask', options: { question } }));
    await until(() => interactions.every(({ responseType }) => responseType === 5), 'all to be acknowledged');
    goOn();

    await until(() => written(stage).filter(({ content }) => content.startsWith('Asked')).length === 3, 'three answers');
    await until(async () => (await stage.store().stats()).undelivered === 0, 'everything to be delivered');

    const answers = interactions.map(({ originalId }) => written(stage).find(({ id }) => id === originalId)?.content ?? '');
    assert.equal(written(stage).length, 3);
    for (const [index, question] of ['first', 'second', 'third'].entries())
      assert.match(answers[index] ?? '', new RegExp(`${question}$`));
  }));

test('a private question and its answer are no context of what is said in public', () =>
  onDiscord(async (stage) => {
    const { discord } = stage;
    discord.command({ name: 'ask', options: { question: 'my secret', private: true } });
    await until(() => discord.privateMessages('Ada').some(({ content }) => content.includes('my secret')), 'the private answer');

    discord.command({ name: 'ask', options: { question: 'in public' } });
    await until(() => texts(written(stage)).some((text) => text.includes('in public')), 'the public answer');

    assert.doesNotMatch(JSON.stringify([texts(written(stage)), stage.model.calls.at(-1)]), /my secret/);
  }));

test('a lost answer to the completion of a response leaves one whole message', () =>
  onDiscord(async (stage) => {
    const { discord } = stage;
    discord.faults.add({ route: 'PATCH /webhooks/:id/:id/messages/:id', kind: 'lost_response', times: 2 });

    const interaction = discord.command({ name: 'ask', options: { question: 'once' } });
    await until(async () => (await stage.store().stats()).undelivered === 0 && texts(written(stage)).length > 0, 'the answer');
    await until(() => texts(written(stage)).includes('Asked: once'), 'all of it');

    assert.deepEqual(texts(written(stage)), ['Asked: once']);
    assert.equal(interaction.followUps, 0);
  }));

test('/reset and /help are answered in their places', () =>
  onDiscord(async (stage) => {
    const { discord } = stage;

    discord.command({ name: 'help' });
    discord.command({ name: 'reset' });

    await until(() => discord.privateMessages('Ada').some(({ content }) => content.includes('/reset')), 'the help');
    await until(() => texts(written(stage)).some((text) => text.startsWith('Done.')), 'the reset');
  }));

test('a thumb under an answer is kept, with its reason', () =>
  onDiscord(async (stage) => {
    const { discord } = stage;
    discord.command({ name: 'ask', options: { question: 'how' } });
    await until(() => JSON.stringify(written(stage)[0]?.components ?? []).includes('parley:bad:'), 'the buttons');
    const [answer] = written(stage);
    const customId = /parley:bad:[0-9a-z]+/.exec(JSON.stringify(answer?.components))?.[0] ?? '';

    const pressed = discord.press({ messageId: answer?.id ?? '', customId });
    await until(() => pressed.modal !== undefined, 'the form');
    discord.submit(pressed, { reason: 'too short' });

    await until(
      async () => (await stage.store().listFeedback({ since: 0, limit: 10 })).some(({ reason }) => reason === 'too short'),
      'the reason',
    );
  }));

test('a press on "Again" puts another answer in place of the one under which it stands, by who asked alone', () =>
  onDiscord(async (stage) => {
    const { discord, model } = stage;
    discord.command({ name: 'ask', options: { question: 'how' } });
    await until(() => JSON.stringify(written(stage)[0]?.components ?? []).includes('parley:regenerate:'), 'the buttons');
    const [answer] = written(stage);
    const messageId = answer?.id ?? '';
    const customId = /parley:regenerate:[0-9a-z]+/.exec(JSON.stringify(answer?.components))?.[0] ?? '';
    model.behaviour.answer = () => 'Another answer.';

    discord.press({ messageId, customId, user: 'Bob' });
    await until(() => discord.privateMessages('Bob').length === 1, 'Bob to be told');
    discord.press({ messageId, customId });
    discord.press({ messageId, customId });
    await until(() => texts(written(stage)).includes('Another answer.'), 'another answer');
    await until(async () => (await stage.store().stats()).undelivered === 0, 'everything to be delivered');

    assert.match(discord.privateMessages('Bob')[0]?.content ?? '', /Only who asked/);
    assert.deepEqual(
      written(stage).map(({ id, content }) => [id, content]),
      [[messageId, 'Another answer.']],
    );
    assert.match(JSON.stringify(written(stage)[0]?.components), /parley:good:/);
  }));

test('a press on "Again" under a private answer changes it in place, for its person alone', () =>
  onDiscord(async (stage) => {
    const { discord, model } = stage;
    discord.command({ name: 'ask', options: { question: 'how', private: true } });
    await until(
      () => JSON.stringify(discord.privateMessages('Ada')[0]?.components ?? []).includes('parley:regenerate:'),
      'the buttons',
    );
    const [answer] = discord.privateMessages('Ada');
    const customId = /parley:regenerate:[0-9a-z]+/.exec(JSON.stringify(answer?.components))?.[0] ?? '';
    model.behaviour.answer = () => 'Another answer.';

    discord.press({ messageId: answer?.id ?? '', customId });
    await until(() => texts(discord.privateMessages('Ada')).includes('Another answer.'), 'another answer');

    assert.equal(discord.privateMessages('Ada').length, 1);
    assert.deepEqual(written(stage), []);
  }));
