import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDiscordEmulator, type DiscordEmulator } from '../../adapters/discord/emulator.ts';
import { createSlackEmulator, type SlackEmulator } from '../../adapters/slack/emulator.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config.ts';
import { startParley } from '../../src/main.ts';
import { openSqliteStore } from '../../src/store/sqlite/client.ts';
import type { Store } from '../../src/store/store.ts';
import { createWorkFolder } from '../support/call-cli.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from '../support/openai-emulator.ts';
import { startParleyProcess } from '../support/running-parley.ts';
import { createFastClock } from './fast-clock.ts';
import { until } from './stage.ts';

interface Scene {
  readonly slack: SlackEmulator;
  readonly discord: DiscordEmulator;
  readonly model: OpenAiEmulator;
  /** Of the forum. */
  readonly forum: string;
  /** A comment on a ticket, by one of the sources `slack`, `discord` and `forum`. */
  comment(source: string, ticket: string, text: string): Promise<void>;
  kill(): Promise<void>;
  /** Of the one in this process. */
  store(): Store;
  restart(): Promise<void>;
  /** What stands in the thread of the ticket, its opening message first. */
  inSlack(ticket: string): readonly string[];
  inDiscord(ticket: string): readonly string[];
  inForum(ticket: string): readonly string[];
}

const secret = 'a-secret-of-the-desk';

/** Answers tickets and shows the answers in a channel of Slack, in one of Discord and in a forum: in this process, where time passes fast, or in one that can be killed. */
async function open(t: TestContext, isMortal = false): Promise<Scene> {
  const cwd = createWorkFolder(t);
  const clock = isMortal ? systemClock : createFastClock(10);
  const slack = createSlackEmulator({ clock, ackTimeoutMs: 60_000, retryDelaysMs: Array.from({ length: 1_000 }, () => 600) });
  const discord = createDiscordEmulator({ clock, heartbeatMs: 10_000_000 });
  const model = createOpenAiEmulator({ clock: systemClock });
  model.behaviour.answer = ({ messages }) =>
    `Heard ${messages.filter(({ role }) => role === 'user').length} of <!channel> @everyone.`;
  await Promise.all([slack.start(), discord.listen(), model.start()]);
  const forum = discord.forum().id;
  const source = (place: object) => ({
    verify: { scheme: 'bearer', secret },
    ...{ eventId: '{{id}}', conversation: '{{ticket}}', text: '{{text}}', author: '{{by}}' },
    post: { ...place, title: '{{subject}}', link: '{{link}}' },
  });
  const yaml = {
    delivery: { baseDelayMs: 50, maxDelaySeconds: 0.5, timeoutSeconds: 2 },
    webhooks: {
      slack: source({ slack: { channel: slack.channel('support').id } }),
      discord: source({ discord: { channel: discord.home.channelId } }),
      forum: source({ discord: { channel: forum } }),
    },
  };
  writeFileSync(join(cwd, 'parley.yaml'), JSON.stringify(yaml));
  const env = {
    ...{ SLACK_BOT_TOKEN: slack.botToken, SLACK_API_URL: slack.apiUrl, SLACK_SIGNING_SECRET: slack.signingSecret },
    ...{ DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl },
    ...{ OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: model.baseUrl },
  };
  let running: { readonly url: string | undefined; readonly end: () => Promise<void> } | undefined;
  let store: Store | undefined;
  const inThisProcess = async () => {
    const { config } = await loadConfig({ cwd, env });
    const openStore = async (): Promise<Store> => {
      store = await openSqliteStore({ folder: join(cwd, 'data'), exclusive: true, clock });
      return store;
    };
    const parley = await startParley({
      config,
      log: createMemoryLog(),
      clock,
      http: true,
      openStore,
      onFatal: (error) => assert.fail(error),
    });
    return { url: parley.url, end: () => parley.stop() };
  };
  const start = async (): Promise<void> => {
    if (isMortal) {
      const child = await startParleyProcess(t, { cwd, env });
      running = { url: child.url, end: () => child.kill() };
    } else running = await inThisProcess();
    slack.eventsUrl = `${running.url}/slack/events`;
    slack.retryPending();
  };
  t.after(async () => {
    await running?.end();
    await Promise.all([slack.stop(), discord.close(), model.stop()]);
  });
  await start();
  const isBy = (title: string) => (text: string) => text.includes(title);
  const texts = (channelId: string): string[] =>
    discord.messages(channelId).flatMap((each) => (each.author === discord.bot ? [each.content] : []));
  return {
    ...{ slack, discord, model, forum },
    comment: async (name, ticket, text) => {
      const event = {
        id: `${ticket}-${text}`,
        ticket,
        text,
        by: 'Kim',
        subject: `Ticket ${ticket}`,
        link: `https://desk.example.com/${ticket}`,
      };
      const response = await fetch(`${running?.url}/webhooks/${name}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify(event),
      });
      assert.equal(response.status, 202);
    },
    kill: async () => running?.end(),
    store: () => store ?? assert.fail('it is in another process'),
    restart: start,
    inSlack: (ticket) => {
      const roots = slack
        .messages('support')
        .filter(({ text, threadTs, isBot }) => isBot && threadTs === undefined && isBy(`Ticket ${ticket}`)(text));
      assert.ok(roots.length <= 1, 'one thread for a ticket');
      return roots.flatMap(({ ts }) =>
        slack
          .thread('support', ts)
          .filter(({ isBot, deleted }) => isBot && !deleted)
          .map(({ text }) => text),
      );
    },
    inDiscord: (ticket) => {
      const roots = discord.messages(discord.home.channelId).filter(({ content }) => isBy(`Ticket ${ticket}`)(content));
      assert.ok(roots.length <= 1, 'one thread for a ticket');
      return roots.flatMap(({ id, content }) => [content, ...texts(id)]);
    },
    inForum: (ticket) => {
      const posts = discord.posts(forum).filter(({ name }) => name.includes(`Ticket ${ticket}`));
      assert.ok(posts.length <= 1, 'one post for a ticket');
      return posts.flatMap(({ id }) => texts(id));
    },
  };
}

const ways = {
  slack: { of: (scene: Scene) => scene.inSlack, send: 'chat.postMessage' },
  discord: { of: (scene: Scene) => scene.inDiscord, send: 'POST /channels/:id/messages' },
  forum: { of: (scene: Scene) => scene.inForum, send: 'POST /channels/:id/threads' },
} as const;

/** Before and after which of the calls that show something the process dies. */
const deaths: Readonly<Record<string, readonly (readonly ['before' | 'after', number])[]>> = {
  slack: [
    ['before', 2],
    ['after', 1],
    ['after', 2],
  ],
  discord: [['after', 1]],
  forum: [['after', 1]],
};

for (const [name, { of, send }] of Object.entries(ways)) {
  test(`${name}: a ticket has one thread, with a link, in which all its comments are answered`, async (t) => {
    const scene = await open(t);
    await scene.comment(name, '7', 'Where is it? <!channel> @everyone');
    await until(() => of(scene)('7').length === 2, 'the first answer');
    await scene.comment(name, '7', 'Still nothing.');
    await scene.comment(name, '8', 'Another matter.');
    await until(() => of(scene)('7').length === 4 && of(scene)('8').length === 2, 'the other answers');

    const [opener = '', first = '', question = '', second = ''] = of(scene)('7');
    assert.match(opener, /Ticket 7/);
    assert.match(opener, /https:\/\/desk\.example\.com\/7/);
    assert.match(opener, /Kim/);
    assert.match(opener, /Where is it\?/);
    assert.match(first, /Heard 1 of/);
    assert.match(question, /Still nothing\./);
    assert.match(second, /Heard 2 of/);
    assert.doesNotMatch([opener, first, question, second].join(), name === 'slack' ? /<!channel>/ : /a^/);
    assert.ok(scene.discord.messages(scene.discord.home.channelId).every(({ pings }) => pings.length === 0));
  });

  for (const [kind, takesEffect] of [
    ['rate_limit', false],
    ['server_error', false],
    ['server_error', true],
    ['lost_response', true],
  ] as const) {
    test(`${name}: one thread and one answer, although the calls meet ${kind}${takesEffect ? ' and take effect' : ''}`, async (t) => {
      const scene = await open(t);
      for (const route of new Set([send, ways.discord.send])) {
        const fault = { kind, takesEffect, times: 2 };
        if (name === 'slack') scene.slack.faults.add({ method: ways.slack.send, ...fault });
        else scene.discord.faults.add({ route, ...fault });
      }
      await scene.comment(name, '7', 'Where is it?');
      await until(() => of(scene)('7').length >= 2, 'the answer');
      await scene.comment(name, '7', 'Well?');
      await until(() => of(scene)('7').length >= 4, 'the next answer');

      assert.equal(of(scene)('7').length, 4);
    });
  }

  for (const [moment, nth] of deaths[name] ?? []) {
    test(`${name}: one of each, when the process is killed ${moment} call ${nth} that shows something`, async (t) => {
      const scene = await open(t, true);
      const killed = Promise.withResolvers<void>();
      let calls = 0;
      const onCall = (method: string, phase: string): void => {
        const isShowing = name === 'slack' ? method === send : method === send || method === ways.discord.send;
        if (!isShowing || phase !== moment) return;
        calls += 1;
        if (calls === nth) killed.resolve(scene.kill());
      };
      scene.slack.onCall((method, _args, phase) => onCall(method, phase));
      scene.discord.onCall((route, phase) => onCall(route, phase));
      await scene.comment(name, '7', 'Where is it?');
      await killed.promise;
      await scene.restart();
      await until(() => of(scene)('7').length >= 2, 'the answer');
      await scene.comment(name, '7', 'Well?');
      await until(() => of(scene)('7').length >= 4, 'the next answer');

      const [opener = '', first = '', question = '', second = ''] = of(scene)('7');
      assert.equal(of(scene)('7').length, 4);
      assert.match(`${opener} | ${first} | ${question} | ${second}`, /Where is it.*\| Heard 1.*\| .*Well.*\| Heard 2/s);
    });
  }
}

test('who mentions the bot in the thread of a ticket is answered with what stands there, and the sender of the ticket is not', async (t) => {
  const scene = await open(t);
  const { slack, model } = scene;
  await scene.comment('slack', '7', 'The code is plum-cake.');
  await until(() => scene.inSlack('7').length === 2, 'the answer');
  const root = slack.messages('support').find(({ isBot }) => isBot) ?? assert.fail();
  const before = model.calls.length;

  slack.say({ channel: 'support', threadTs: root.ts, text: 'I look into it.' });
  slack.say({ channel: 'support', threadTs: root.ts, text: 'what did they say?', mention: true });
  await until(() => slack.thread('support', root.ts).filter(({ isBot }) => isBot).length === 3, 'the answer to the colleague');

  assert.equal(model.calls.length, before + 1, 'people may talk among themselves');
  assert.match(JSON.stringify(model.calls.at(-1)?.request), /plum-cake.*Heard 1.*what did they say/s);
});

test('where the channel is not there a dead letter says so, the ticket is answered all the same, and a replay brings it', async (t) => {
  const scene = await open(t);
  const { slack } = scene;
  slack.faults.add({ method: 'chat.postMessage', kind: 'platform_error', error: 'channel_not_found' });
  const letters = () => scene.store().listDeadLetters({ limit: 9 });
  const status = () => scene.store().status({ adapter: 'webhook', tenant: 'slack', eventId: '7-Where is it?' });
  await scene.comment('slack', '7', 'Where is it?');
  await until(async () => (await letters()).length === 1, 'the dead letter');

  const [letter] = await letters();
  assert.equal(letter?.adapter, 'slack');
  assert.match(letter.error, /channel_not_found/);
  assert.deepEqual([(await status())?.state, (await status())?.answer.length], ['answered', 1]);

  await scene.comment('slack', '7', 'Well?');
  await until(() => scene.inSlack('7').length === 2, 'another thread');
  assert.match(scene.inSlack('7').join(), /Well.*Heard 2/s);
  await scene.store().replayDeadLetter(letter.id);
  const shown = () =>
    slack
      .messages('support')
      .map(({ text }) => text)
      .join();
  await until(() => /Where is it.*Heard 1/s.test(shown()), 'what was not shown');
  assert.equal((await letters()).length, 0);
  assert.equal(slack.messages('support').filter(({ threadTs }) => threadTs === undefined).length, 2);
});
