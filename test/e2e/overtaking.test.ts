import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Said, Saying } from '../../adapters/slack/emulator.ts';
import { parseAnswers, toQuestionText } from '../kill/answers.ts';
import { onStage, until, type Stage } from './stage.ts';

/** Slack repeats nothing by itself. */
const slackRetryMs = 3_600_000;

for (const slackOver of ['http', 'socket'] as const) {
  const on = (play: (scene: Scene) => Promise<void>) => () =>
    onStage('slack', (stage) => play(createScene(stage)), { slackOver, slackRetryMs });

  test(
    `Slack over ${slackOver}: what was said below a mention is answered although Slack brought it before the mention`,
    on(async ({ stage, say, sayInVain, answered }) => {
      await stage.start();
      const mention = sayInVain({ text: toQuestionText('q1', false), mention: true });
      const followUps = [
        say({ text: toQuestionText('q2', false), threadTs: mention.ts }),
        say({ text: toQuestionText('q3', false), threadTs: mention.ts }),
      ];
      for (const said of followUps) assert.equal(await said.acknowledged, true);
      assert.ok(mention.deliveries.every(({ isAcknowledged }) => !isAcknowledged));

      stage.slack.retryPending();

      assert.deepEqual(await answered(mention), ['q1', 'q2', 'q3']);
    }),
  );

  test(
    `Slack over ${slackOver}: the wording that is answered is the newest, and what was deleted is not answered`,
    on(async ({ stage, say, sayInVain, taken, answered }) => {
      await stage.start();
      const mention = sayInVain({ text: toQuestionText('q1', false), mention: true });
      const edited = say({ text: toQuestionText('q2', false), threadTs: mention.ts });
      const deleted = say({ text: toQuestionText('q3', false), threadTs: mention.ts });
      await Promise.all([edited.acknowledged, deleted.acknowledged]);
      const changes = [...stage.slack.edit(edited, toQuestionText('q4', false)), ...stage.slack.remove(deleted)];
      await Promise.all(changes.map(({ acknowledged }) => acknowledged));

      // They come once more, too.
      for (const said of [edited, deleted]) await taken(stage.slack.redeliver(said, 1));
      stage.slack.retryPending();

      assert.deepEqual(await answered(mention), ['q1', 'q4']);
    }),
  );

  test(
    `Slack over ${slackOver}: what people said to each other before they mentioned the bot is not answered`,
    on(async ({ stage, say, sayInVain, answered }) => {
      await stage.start();
      const root = say({ text: toQuestionText('q1', false) });
      const talk = say({ text: toQuestionText('q2', false), threadTs: root.ts });
      await Promise.all([root.acknowledged, talk.acknowledged]);
      const mention = sayInVain({ text: toQuestionText('q3', false), mention: true, threadTs: root.ts });
      const followUp = say({ text: toQuestionText('q4', false), threadTs: root.ts });
      await followUp.acknowledged;

      stage.slack.retryPending();

      assert.deepEqual(await answered(mention), ['q3', 'q4']);
    }),
  );

  test(
    `Slack over ${slackOver}: a mention that comes after a later one brings along what was said between the two`,
    on(async ({ stage, say, sayInVain, answered }) => {
      await stage.start();
      const mention = sayInVain({ text: toQuestionText('q1', false), mention: true });
      const between = say({ text: toQuestionText('q2', false), threadTs: mention.ts });
      await between.acknowledged;
      const later = say({ text: toQuestionText('q3', false), mention: true, threadTs: mention.ts });
      assert.deepEqual(await answered(later), ['q3']);

      stage.slack.retryPending();

      assert.deepEqual(await answered(mention), ['q3', 'q1', 'q2']);
    }),
  );
}

interface Scene {
  readonly stage: Stage;
  say(words: Saying): Said;
  /** It does not get through until Slack repeats it. */
  sayInVain(words: Saying): Said;
  taken(deliveries: Said['deliveries']): Promise<void>;
  /** Which questions are answered in this thread once everything has been taken and nothing is under way any more. */
  answered(said: Said): Promise<readonly string[]>;
}

function createScene(stage: Stage): Scene {
  const { slack, store } = stage;
  const taken = async (deliveries: Said['deliveries']): Promise<void> => {
    await Promise.all(deliveries.map(({ acknowledged }) => acknowledged));
  };
  return {
    stage,
    taken,
    say: (words) => slack.say(words),
    sayInVain: (words) => {
      const url = slack.eventsUrl;
      slack.eventsUrl = 'http://127.0.0.1:1/';
      const said = slack.say(words);
      slack.eventsUrl = url;
      return said;
    },
    answered: async (said) => {
      await taken(said.deliveries);
      await until(async () => {
        const { waiting, undelivered } = await store().stats();
        return waiting + undelivered === 0 && stage.model.calls.every(({ state }) => state !== 'open');
      }, 'everything to be answered');
      const seen = slack.thread(said.channel, said.threadTs).filter(({ isBot, deleted }) => isBot && !deleted);
      const answers = parseAnswers(seen.map(({ ts, text }) => ({ id: ts, text })));
      assert.deepEqual(
        answers.flatMap(({ problem }) => problem ?? []),
        [],
      );
      return answers.flatMap(({ questions }) => questions);
    },
  };
}
