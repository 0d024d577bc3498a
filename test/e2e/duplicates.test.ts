import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killPlatforms } from '../kill/points.ts';
import { onStage } from './stage.ts';

for (const platform of killPlatforms) {
  test(`${platform}: three copies of a delivery, across a restart, are one model call and one answer`, () =>
    onStage(platform, async ({ start, stop, model, people, settled }) => {
      await start();
      people.ask(1);
      const [question] = people.conversations[0]?.questions ?? [];
      question?.asked.redeliver(1);
      await settled();
      await stop();
      await start();

      question?.asked.redeliver(1);

      // What is asked after it is answered after it.
      people.ask(1);
      await settled();
      assert.equal(model.calls.length, 2);
    }));

  test(`${platform}: copies that arrive while the answer is made, and after a stop in the middle of it, are one answer`, () =>
    onStage(platform, async ({ start, stop, model, people, settled }) => {
      const { promise: begun, resolve } = Promise.withResolvers<void>();
      model.behaviour.onCall = (phase) => (phase === 'midStream' ? resolve() : undefined);
      await start();
      people.ask(1);
      const [question] = people.conversations[0]?.questions ?? [];
      await begun;

      question?.asked.redeliver(2);
      await stop();
      await start();
      question?.asked.redeliver(1);

      await settled();
    }));
}
