import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { SlackChannels } from '../../../adapters/slack/channel-settings.ts';
import type { InboundEvent } from '../../../src/message.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { answerTo, noAbort, recordCalls, settled, shownIn, startSlack } from './harness.ts';
import type { Slack } from './harness.ts';

function refusalOf(event: InboundEvent | undefined): string | undefined {
  return event && 'refusal' in event ? event.refusal : undefined;
}

/** What was handed over after everything that was said has been acknowledged. */
async function heard(slack: Slack): Promise<readonly InboundEvent[]> {
  await settled(() => slack.emulator.pending().length === 0);
  return slack.offered;
}

for (const transport of ['http', 'socket'] as const) {
  describe(`settings of a channel, by ${transport}`, () => {
    const start = (t: TestContext, channels: SlackChannels): Promise<Slack> =>
      startSlack(t, { transport, options: { channels } });

    test('a channel that is off answers nobody, and tells who asked so once', async (t) => {
      const slack = await start(t, { quiet: { mode: 'off' } });

      for (let asked = 0; asked < 3; asked += 1) slack.emulator.say({ channel: 'quiet', text: 'hello', mention: true });
      slack.emulator.say({ channel: 'quiet', text: 'talk among people' });
      slack.emulator.say({ channel: 'loud', text: 'hello', mention: true });

      const events = await heard(slack);
      const quiet = slack.emulator.channel('quiet').id;
      for (const event of events) {
        assert.equal(refusalOf(event), event.eventId.startsWith(quiet) ? 'slack.channels.quiet.mode is off' : undefined);
      }
      await settled(() => slack.emulator.whispers().length > 0);
      assert.deepEqual(
        slack.emulator.whispers().map(({ channelId, threadTs }) => [channelId, threadTs]),
        [[quiet, undefined]],
      );
    });

    test('only those who are named may ask: people, and members of user groups', async (t) => {
      const ada = 'U000000001';
      const slack = await start(t, { general: { allow: { users: [ada], groups: ['S0OPS'] } } });
      assert.equal(slack.emulator.user('Ada').id, ada);
      slack.emulator.userGroup('S0OPS', ['Ben']);

      for (const user of ['Ada', 'Ben', 'Cy']) slack.emulator.say({ user, text: 'hello', mention: true });
      slack.emulator.command({ command: '/ask', text: 'hello', user: 'Cy' });

      const refused = new Map<string, string | undefined>();
      for (const event of await heard(slack)) if ('author' in event) refused.set(event.type + event.author.id, refusalOf(event));
      const { id: cy } = slack.emulator.user('Cy');
      const reason = 'slack.channels.general.allow does not name the author';
      assert.equal([...refused.values()].filter((refusal) => refusal === undefined).length, 2);
      assert.deepEqual([refused.get(`message${cy}`), refused.get(`command${cy}`)], [reason, reason]);
      await settled(() => slack.emulator.whispers('Cy').length > 0);
      assert.match(slack.emulator.whispers('Cy')[0]?.text ?? '', /^Sorry, only some people/);
      await settled(() => slack.emulator.whispers('Cy').length > 1);
      // One of the message, and one with the acknowledgement of the command.
      assert.deepEqual([slack.emulator.whispers('Cy').length, slack.emulator.whispers('Ada').length], [2, 0]);
    });

    test('a channel can be for mentions only, and another can be followed', async (t) => {
      const slack = await start(t, { strict: { mode: 'mention' } });
      for (const channel of ['strict', 'general']) {
        const root = slack.emulator.say({ channel, text: 'hello', mention: true });
        slack.emulator.say({ channel, text: `more in ${channel}`, threadTs: root.threadTs });
      }

      const texts = new Set((await heard(slack)).map((event) => ('text' in event ? event.text : '')));

      assert.deepEqual([...texts].toSorted(), ['hello', 'more in general']);
    });

    test('answers can stand in the channel itself: then all that is said there is one conversation', async (t) => {
      const slack = await start(t, { lounge: { reply: 'channel' } });
      const one = slack.emulator.say({ channel: 'lounge', text: 'one', mention: true });
      const two = slack.emulator.say({ channel: 'lounge', text: 'two', mention: true });
      await Promise.all([one.acknowledged, two.acknowledged]);
      slack.emulator.edit(two, 'two, edited');
      slack.emulator.remove(one);
      const inThread = slack.emulator.say({ channel: 'lounge', text: 'three', mention: true, threadTs: one.ts });

      const events = await heard(slack);
      const lounge = `slack:${slack.emulator.teamId}:${one.channel}:channel`;
      const conversations = events.filter(({ sentAt }) => sentAt > 0).map(({ type, conversationId }) => [type, conversationId]);
      assert.deepEqual(
        new Set(conversations.map(([type, id]) => `${type} ${id}`)),
        new Set([
          `message ${lounge}`,
          `edit ${lounge}`,
          `delete ${lounge}`,
          `message slack:${slack.emulator.teamId}:${one.channel}:${inThread.threadTs}`,
        ]),
      );
      const [first] = events;
      await slack.adapter.send(
        { ...answerTo(slack, one, 'Hi!'), destination: first?.type === 'message' ? first.destination : {} },
        noAbort,
      );
      assert.deepEqual(
        slack.emulator
          .messages('lounge')
          .filter(({ isBot }) => isBot)
          .map(({ threadTs }) => threadTs),
        [undefined],
      );
    });

    test('answers can be for the eyes of who asked, and are not shown while they grow', async (t) => {
      const slack = await start(t, { general: { reply: 'ephemeral' } });
      const said = slack.emulator.say({ text: 'hello', mention: true });
      const [question] = await slack.offeredMessages(1);
      const calls = recordCalls(slack, ['chat.startStream', 'chat.postMessage', 'chat.postEphemeral', 'conversations.replies']);
      const answer = { ...answerTo(slack, said, '**Hi** <!here>'), destination: question?.destination ?? {} };

      const stream = slack.adapter.stream?.({ ...answer }, noAbort);
      stream?.append('**Hi** there ');
      const receipt = await slack.adapter.send(answer, noAbort);
      const found = await slack.adapter.find(answer, noAbort);

      assert.deepEqual(
        slack.emulator.whispers().map(({ ts, text }) => [ts, text]),
        [[receipt.id, '**Hi** <\u200b!here>']],
      );
      assert.equal(found, undefined);
      assert.deepEqual(shownIn(slack, said), []);
      assert.deepEqual(
        calls.map(({ method }) => method),
        ['chat.postEphemeral'],
      );
    });

    test('an event that comes again is refused once more, and told of no more', async (t) => {
      const slack = await start(t, { general: { mode: 'off' } });
      const said = slack.emulator.say({ text: 'hello', mention: true });
      await heard(slack);

      slack.emulator.redeliver(said, 3);
      await heard(slack);

      await settled(() => slack.emulator.whispers().length > 0);
      assert.equal(slack.emulator.whispers().length, 1);
    });
  });

  describe(`other bots, by ${transport}`, () => {
    test('are not heard by default', async (t) => {
      const slack = await startSlack(t, { transport });

      slack.emulator.otherBot({ name: 'Deploy', text: `<@${slack.emulator.bot.id}> done` });

      assert.deepEqual(await heard(slack), []);
    });

    test('are answered so often in an hour and conversation as is set, and the bot never answers itself', async (t) => {
      const clock = createFakeClock();
      const slack = await startSlack(t, { transport, clock, options: { botTurnsPerHour: 2 }, emulator: { echoes: true } });
      const root = slack.emulator.say({ text: 'hello', mention: true });
      await slack.adapter.send(answerTo(slack, root, `<@${slack.emulator.user('Ada').id}> hi`), noAbort);
      const text = `<@${slack.emulator.bot.id}> done`;

      slack.emulator.otherBot({ name: 'Deploy', text, threadTs: root.ts });
      const said = (await heard(slack)).filter((event) => event.type === 'message');

      const refusal = 'slack.botTurnsPerHour: 2 messages of bots were answered here within an hour';
      const ofBots = said.filter(({ author }) => author.isBot);
      assert.ok(ofBots.length > 0);
      for (const { limit, conversationId } of ofBots) assert.deepEqual(limit, { perHour: 2, refusal, conversationId });
      for (const { author, limit } of said) assert.ok(author.isBot || limit === undefined);
      assert.ok(ofBots.every(({ author }) => author.id !== slack.emulator.bot.id));
    });
  });
}

describe('a channel that is set by its name', () => {
  test('is answered by nobody while Slack does not tell which it is, and the log says what to do', async (t) => {
    const slack = await startSlack(t, { options: { channels: { general: { allow: { users: ['U000000001'] } } } } });
    slack.emulator.faults.add({ method: 'conversations.info', kind: 'platform_error', error: 'missing_scope' });

    slack.emulator.say({ text: 'hello', mention: true });

    const [event] = await heard(slack);
    assert.equal(refusalOf(event), 'slack.channels: the name of the channel is not known');
    assert.match(JSON.stringify(slack.log.lines), /channels:read/);
  });

  test('is asked for again where Slack could not be reached: the event is not acknowledged before', async (t) => {
    const slack = await startSlack(t, { options: { channels: { general: { mode: 'off' } } } });
    slack.emulator.faults.add({ method: 'conversations.info', kind: 'server_error', times: 2 });

    const said = slack.emulator.say({ text: 'hello', mention: true });
    await settled(
      () =>
        slack.emulator.faults.pending() === 0 && slack.log.find('slack event not accepted; it is not acknowledged').length === 2,
    );
    slack.emulator.retryPending();

    assert.equal(await said.acknowledged, true);
    assert.equal(refusalOf(slack.offered[0]), 'slack.channels.general.mode is off');
  });
});
