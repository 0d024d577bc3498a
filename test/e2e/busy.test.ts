import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killPlatforms } from '../kill/points.ts';
import { onStage, until } from './stage.ts';

const impatient = 50;
const crowd = 200;

for (const platform of killPlatforms) {
  test(`${platform}: ${impatient} messages in one conversation during one slow turn are all answered, in order, by the turn after it`, () =>
    onStage(
      platform,
      async ({ start, model, people, store, settled }) => {
        const { promise: patience, resolve: goOn } = Promise.withResolvers<void>();
        model.behaviour.onCall = (phase) => (phase === 'request' ? patience : undefined);
        await start();
        people.ask(1);
        await until(() => model.calls.length === 1, 'the slow turn to begin');

        people.insist(impatient);

        await until(async () => (await store().stats()).waiting === 1 + impatient, 'everything to be saved');
        goOn();
        await settled();
        assert.equal(model.calls.length, 2);
      },
      { yaml: { model: { openai: { idleTimeoutSeconds: 300 } }, conversation: { summaries: false } } },
    ));

  test(`${platform}: ${crowd} questions at once, in many conversations, are all answered in their order`, () =>
    onStage(platform, async ({ start, people, settled }) => {
      await start();

      people.ask(crowd);

      await settled();
      assert.ok(people.conversations.length > crowd / 5);
    }));
}
