import assert from 'node:assert/strict';
import { test } from 'node:test';
import { letAsk, role, tools } from './approvals-scene.ts';
import { onStage, until, type Stage, type StageOptions } from './stage.ts';

async function quiet({ store }: Stage): Promise<void> {
  await until(async () => {
    const { waiting, undelivered } = await store().stats();
    return waiting + undelivered === 0;
  }, 'everything to come to rest');
}

const callsMade = async ({ store }: Stage) => (await store().listToolCalls({ acting: true, limit: 9 })).map(({ state }) => state);

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: a call is approved by a button, made once, and the buttons go; others are told that they may not`, () =>
    onSlack(slackOver, async (stage) => {
      const { slack } = stage;
      const said = slack.say({ text: 'what time is it?', mention: true });
      const shown = () => slack.thread(said.channel, said.ts).filter(({ isBot, deleted }) => isBot && !deleted);
      await until(() => shown().some(({ blocks }) => JSON.stringify(blocks ?? []).includes('parley.approve')), 'the request');
      await quiet(stage);
      const [request] = shown();
      assert.ok(request);
      assert.match(request.text, /timeZone: "UTC"/);
      const button = { channel: said.channel, ts: request.ts, threadTs: said.ts };

      await slack.press({ ...button, user: 'Bea', label: 'Approve' }).acknowledged;
      await until(() => slack.whispers('Bea').length === 1, 'the note');
      assert.deepEqual(await callsMade(stage), []);
      const press = slack.press({ ...button, label: 'Approve' });
      assert.equal(await press.acknowledged, true);
      await slack.repeat(press).acknowledged;
      await until(() => shown().length === 2, 'the answer');
      await quiet(stage);

      assert.match(slack.whispers('Bea')[0]?.text ?? '', /Only who the operator has named/);
      assert.match(shown()[0]?.text ?? '', /Approved by ada.*, \d{4}-/);
      assert.doesNotMatch(JSON.stringify(shown()[0]?.blocks ?? []), /parley\./);
      assert.match(shown()[1]?.text ?? '', /So: Approved by ada In UTC/);
      assert.deepEqual(await callsMade(stage), ['done']);
      assert.equal(shown().length, 2);
    }));
}

test('slack: a request that waits over a restart is declined by a button, and nothing is called', () =>
  onSlack('http', async (stage) => {
    const { slack } = stage;
    const said = slack.say({ text: 'what time is it?', mention: true });
    const shown = () => slack.thread(said.channel, said.ts).filter(({ isBot, deleted }) => isBot && !deleted);
    await until(() => shown().some(({ blocks }) => JSON.stringify(blocks ?? []).includes('parley.decline')), 'the request');
    await quiet(stage);
    await stage.stop();
    await stage.start();

    await slack.press({ channel: said.channel, ts: shown()[0]?.ts ?? '', label: 'Decline' }).acknowledged;
    await until(() => shown().length === 2, 'the answer');
    await quiet(stage);

    assert.match(shown()[1]?.text ?? '', /So: Declined by ada nothing/);
    assert.deepEqual(await callsMade(stage), []);
  }));

test('discord: a call is decided by who has the role, and the message says so without buttons', () =>
  onDiscord(async (stage) => {
    const { discord } = stage;
    discord.user('Bea', { roles: [role] });
    discord.say({ text: 'what time is it?', mention: true });
    const shown = () => discord.messages(discord.home.channelId).filter(({ author }) => author.isBot);
    await until(() => shown().some(({ components }) => JSON.stringify(components).includes('parley:approve')), 'the request');
    await quiet(stage);
    const [request] = shown();
    const { id: messageId = '', components } = request ?? {};
    const idOf = (name: string) => new RegExp(`parley:${name}:[0-9a-z]{24}`).exec(JSON.stringify(components))?.[0] ?? '';

    discord.press({ messageId, customId: idOf('approve') });
    await until(() => discord.privateMessages('Ada').length === 1, 'the note');
    assert.deepEqual(await callsMade(stage), []);
    discord.press({ messageId, customId: idOf('approve'), user: 'Bea' });
    discord.press({ messageId, customId: idOf('decline'), user: 'Bea' });
    await until(() => shown().length === 2, 'the answer');
    await quiet(stage);

    assert.match(discord.privateMessages('Ada')[0]?.content ?? '', /Only who the operator has named/);
    assert.match(shown()[0]?.content ?? '', /Approved by Bea/);
    assert.deepEqual(shown()[0]?.components, []);
    assert.match(shown()[1]?.content ?? '', /So: Approved by Bea In UTC/);
    assert.match(discord.privateMessages('Bea')[0]?.content ?? '', /Your press changes nothing/);
    assert.deepEqual(await callsMade(stage), ['done']);
  }));

test('discord: the answer that goes on after a slash command leaves the request where it stands', () =>
  onDiscord(
    async (stage) => {
      const { discord } = stage;
      discord.user('Bea', { roles: [role] });
      await until(() => discord.commands().some(({ name }) => name === 'ask'), 'the command');
      discord.command({ name: 'ask', options: { question: 'what time is it?' } });
      const shown = () => discord.messages(discord.home.channelId).filter(({ author }) => author.isBot);
      await until(() => shown().some(({ components }) => JSON.stringify(components).includes('parley:approve')), 'the request');
      await quiet(stage);
      const { id: messageId = '', components } = shown()[0] ?? {};
      const customId = /parley:approve:[0-9a-z]{24}/.exec(JSON.stringify(components))?.[0] ?? '';

      discord.press({ messageId, customId, user: 'Bea' });
      await until(() => shown().length === 2, 'the answer');
      await quiet(stage);

      assert.match(shown()[0]?.content ?? '', /timeZone: "UTC".*Approved by Bea/s);
      assert.match(shown()[1]?.content ?? '', /So: Approved by Bea In UTC/);
    },
    { commands: true },
  ));

function onSlack(slackOver: 'http' | 'socket', play: (stage: Stage) => Promise<void>): Promise<void> {
  return onPlatform('slack', play, {
    slackOver,
    yaml: { tools, slack: { streaming: slackOver === 'http', transport: slackOver } },
  });
}

function onDiscord(play: (stage: Stage) => Promise<void>, discord: object = {}): Promise<void> {
  return onPlatform('discord', play, { yaml: { tools, discord } });
}

function onPlatform(platform: 'slack' | 'discord', play: (stage: Stage) => Promise<void>, options: StageOptions): Promise<void> {
  const isConnected = ({ slack, discord }: Stage): boolean =>
    platform === 'discord' ? discord.connected() > 0 : options.slackOver !== 'socket' || slack.connected() > 0;
  return onStage(
    platform,
    async (stage) => {
      letAsk(stage.model);
      await stage.start();
      await until(() => isConnected(stage), 'the connection');
      await play(stage);
    },
    options,
  );
}
