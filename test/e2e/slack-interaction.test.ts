import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlackEmulator } from '../../adapters/slack/emulator.ts';
import { onStage, until, type Stage } from './stage.ts';

const textsTo = (slack: SlackEmulator, user: string): string[] => slack.whispers(user).map(({ text }) => text);
const answersIn = (slack: SlackEmulator, channel = 'general') =>
  slack.messages(channel).filter(({ isBot, streaming }) => isBot && !streaming);
const lastAsked = ({ model }: Stage): string => JSON.stringify(model.calls.at(-1)?.request);

/** The real app, with people on Slack. */
function onSlack(slackOver: 'http' | 'socket', play: (stage: Stage) => Promise<void>, slack: object = {}): Promise<void> {
  return onStage(
    'slack',
    async (stage) => {
      await stage.start();
      if (slackOver === 'socket') await until(() => stage.slack.connected() > 0, 'the socket');
      await play(stage);
    },
    { slackOver, yaml: { slack: { transport: slackOver, ...slack } } },
  );
}

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: what people think of an answer is in the ledger with question, answer and reason`, () =>
    onSlack(slackOver, async ({ slack, model, store }) => {
      model.behaviour.answer = () => 'Thirty days.';
      const said = slack.say({ text: 'How long?', mention: true });
      await until(() => answersIn(slack).length === 1, 'the answer');
      await until(async () => (await store().stats()).undelivered === 0, 'its receipt');
      const { ts = '', blocks = [] } = answersIn(slack)[0] ?? {};
      const answer = { channel: said.channel, ts };
      assert.equal(blocks.length, 2);

      await slack.press({ ...answer, user: 'Bea', label: 'Good answer' }).acknowledged;
      const bad = slack.press({ ...answer, user: 'Ada', label: 'Bad answer' });
      await bad.acknowledged;
      await slack.repeat(bad).acknowledged;
      await until(() => slack.views('Ada').length > 0, 'the form');
      const [view, ...others] = slack.views('Ada');
      assert.ok(view);
      await slack.submit({ view, values: { 'parley.words': 'It is fourteen.' } }).acknowledged;

      assert.equal(others.length, 0);
      const judgements = await store().listFeedback({ since: 0, limit: 9 });
      assert.deepEqual(
        judgements
          .map(({ authorName, rating, reason, questions, answer: text }) => ({ authorName, rating, reason, questions, text }))
          .toSorted((a, b) => a.authorName.localeCompare(b.authorName)),
        [
          { authorName: 'ada', rating: 'bad', reason: 'It is fourteen.', questions: ['How long?'], text: 'Thirty days.' },
          { authorName: 'bea', rating: 'good', reason: undefined, questions: ['How long?'], text: 'Thirty days.' },
        ],
      );
    }));

  test(`slack by ${slackOver}: what a command says in private is context of that person's commands there, and of nothing else`, () =>
    onSlack(slackOver, async (stage) => {
      const { slack, model } = stage;
      model.behaviour.answer = () => 'Noted.';

      slack.command({ command: '/ask', text: 'my code is plum-cake', user: 'Ada' });
      await until(() => textsTo(slack, 'Ada').length === 1, 'the first answer');
      slack.command({ command: '/ask', text: 'what is my code?', user: 'Ada' });
      await until(() => textsTo(slack, 'Ada').length === 2, 'the second answer');
      assert.match(lastAsked(stage), /plum-cake/);
      slack.say({ text: 'what is the code?', mention: true, user: 'Ada' });
      await until(() => answersIn(slack).length === 1, 'the public answer');
      assert.doesNotMatch(lastAsked(stage), /plum-cake/);
      slack.command({ command: '/ask', text: 'what is the code?', user: 'Bea' });
      await until(() => textsTo(slack, 'Bea').length === 1, 'the answer to another');
      assert.doesNotMatch(lastAsked(stage), /plum-cake/);
      slack.command({ command: '/ask', text: 'reset', user: 'Ada' });
      await until(() => textsTo(slack, 'Ada').length === 3, 'the reset');
      slack.command({ command: '/ask', text: 'and now?', user: 'Ada' });
      await until(() => textsTo(slack, 'Ada').length === 4, 'the answer after it');

      assert.doesNotMatch(lastAsked(stage), /plum-cake/);
      slack.command({ command: '/deploy', text: 'now', user: 'Ada' });
      await until(() => textsTo(slack, 'Ada').length === 5, 'the help');
      assert.match(textsTo(slack, 'Ada')[4] ?? '', /^I do not know the command `deploy`/);
      assert.equal(answersIn(slack).length, 1);
    }));

  test(`slack by ${slackOver}: a message that nobody said to the bot is answered once somebody chooses that, and once only`, () =>
    onSlack(slackOver, async ({ slack, model, store }) => {
      model.behaviour.answer = () => 'On Friday.';
      const root = slack.say({ text: 'When do we ship?', user: 'Ada' });
      const reply = slack.say({ text: 'Who knows?', user: 'Bea', threadTs: root.ts });
      await reply.acknowledged;
      const message = { channel: reply.channel, ts: reply.ts };

      await slack.shortcut({ callbackId: 'parley.answer', user: 'Cy', message }).acknowledged;
      await until(() => slack.thread(root.channel, root.ts).some(({ isBot, streaming }) => isBot && !streaming), 'the answer');
      await slack.shortcut({ callbackId: 'parley.answer', user: 'Ada', message }).acknowledged;
      await until(() => textsTo(slack, 'Ada').length === 1, 'the note');

      assert.match(textsTo(slack, 'Ada')[0] ?? '', /^I have taken that message up already/);
      assert.equal(slack.thread(root.channel, root.ts).filter(({ isBot }) => isBot).length, 1);
      const status = await store().status({ adapter: 'slack', tenant: slack.teamId, eventId: `${reply.channel}:${reply.ts}` });
      assert.match(status?.state ?? '', /answered|delivering/);
    }));

  test(`slack by ${slackOver}: a thread is summarised for the eyes of who asks, and is no part of any conversation`, () =>
    onSlack(slackOver, async (stage) => {
      const { slack, model, store } = stage;
      model.behaviour.answer = () => 'They ship on Friday.';
      const root = slack.say({ text: 'Shall we ship on Friday?', user: 'Ada' });
      const reply = slack.say({ text: 'Yes, code 1234.', user: 'Bea', threadTs: root.ts });
      await reply.acknowledged;

      await slack.shortcut({ callbackId: 'parley.summarise', user: 'Cy', message: reply }).acknowledged;
      await until(() => textsTo(slack, 'Cy').length === 1, 'the summary');

      assert.deepEqual(textsTo(slack, 'Cy'), ['They ship on Friday.']);
      assert.match(lastAsked(stage), /Shall we ship on Friday\?.*code 1234/);
      assert.equal(answersIn(slack).length, 0);
      const path = `${root.channel}:${root.ts}:${slack.user('Cy').id}:private`;
      const transcript = await store().transcript({ conversationId: `slack:${slack.teamId}:${path}`, limit: 9 });
      assert.deepEqual(
        transcript.map(({ text }) => text),
        ['Summarise this thread.', 'They ship on Friday.'],
      );
    }));
}

test('slack: a command that was acknowledged is answered by the next process, also in a channel that the bot is not in', () =>
  onSlack('http', async ({ slack, model, start, stop, store }) => {
    model.behaviour.answer = () => 'Because.';
    model.behaviour.tokensPerSecond = 0.5;
    slack.channel('secret', 'group').hasBot = false;

    await slack.command({ command: '/ask', text: 'why?', channel: 'secret' }).acknowledged;
    await until(() => model.calls.length > 0, 'the model to be asked');
    await stop();
    assert.deepEqual(textsTo(slack, 'Ada'), []);
    model.behaviour.tokensPerSecond = 100;
    await start();
    await until(() => textsTo(slack, 'Ada').length === 1, 'the answer');

    assert.deepEqual(textsTo(slack, 'Ada'), ['Because.']);
    await until(async () => (await store().stats()).undelivered === 0, 'the receipt');
    assert.deepEqual(await store().listDeadLetters({ limit: 9 }), []);
  }));
