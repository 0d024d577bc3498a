import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDiscordAdapter } from '../../../adapters/discord/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { assertFile, attachFiles, contentsOf, fileAfter, long, note, patch, post, scene } from './answer-file-scene.ts';
import { defaults, failureOf, never, onStage, toOutbound } from './support.ts';

describe('a long answer on Discord', () => {
  test('is one message that says its beginning and carries all of it as a file', () =>
    scene(async (stage) => {
      const { adapter, message } = stage;

      assert.deepEqual(adapter.split(long), [long]);
      await adapter.send(message, never);

      assertFile(stage);
    }));

  test('is a file only beyond the limit, and never where that is off', () =>
    scene(async ({ emulator, adapter }) => {
      const off = createDiscordAdapter(defaults(emulator));

      const [short, messages] = [adapter.split(long.slice(0, fileAfter)), off.split?.(long) ?? []];

      assert.ok(short.length > 1 && short.every(({ length }) => length <= 2_000));
      assert.ok(messages.length > 1 && messages.every(({ length }) => length <= 2_000));
      await off.stop();
    }));

  test('has a beginning in which a code block that is cut is closed', () =>
    scene(async ({ adapter, message, written }) => {
      const code = `Look:\n\n\`\`\`ts\n${'const lamp = 1;\n'.repeat(400)}\`\`\`\nDone.`;

      await adapter.send({ ...message, text: code }, never);

      const [shown] = written();
      assert.ok(shown?.content.endsWith(`lamp = 1;\n\`\`\`\n\n${note}`));
      assert.deepEqual(contentsOf(shown), [code]);
    }));

  for (const route of [post, patch]) {
    test(`stands there once when the response to ${route.slice(0, 5).trim()} was lost, or the process died before it was noted`, () =>
      scene(async (stage) => {
        const { emulator, adapter, another, message, destination } = stage;
        const opened =
          route === patch ? await adapter.send(toOutbound(destination, 'Paragraph 0', { id: message.id }), never) : undefined;
        const sent = opened ? { ...message, opened } : message;
        emulator.faults.add({ route, kind: 'lost_response' });

        const failure = await failureOf(adapter.send(sent, never));
        const found = await another().find({ ...sent, attempt: 2 }, never);

        assert.ok(failure.retryable && failure.uncertain);
        assert.equal(found?.complete, true);
        await another().send(sent, never);
        assertFile(stage);
      }));
  }

  test('takes the place of what a stream has shown, of which nothing is taken back', async () => {
    const clock = createFakeClock();
    await onStage(
      async ({ emulator, start }) => {
        const { stream, send } = await start({ fileAfter });
        assert.ok(stream);
        const { guildId, channelId } = emulator.home;
        const { id: replyTo } = emulator.say({ text: 'Tell me everything.', mention: true });
        const message = toOutbound({ guildId, channelId, replyTo }, long);
        const live = stream({ ...message, id: message.id }, never);
        live.append(long);
        await clock.advance(20);
        const opened = await live.opened;
        assert.ok(typeof opened === 'object');
        await live.close();
        const shown = emulator.messages(channelId).at(-1)?.content ?? '';

        await send({ ...message, opened }, never);

        const [, answer, ...others] = emulator.messages(channelId);
        assert.equal(others.length, 0);
        assert.ok(shown.length > 1_500);
        assert.equal(answer?.content, `${shown}\n\n${note}`);
        assert.deepEqual(contentsOf(answer), [long]);
      },
      { clock },
    );
  });

  test('waits as long as Discord says', () =>
    scene(async (stage) => {
      const { emulator, adapter, message } = stage;
      emulator.faults.add({ route: post, kind: 'rate_limit', retryAfterSeconds: 0.01 });

      const { retryable, uncertain, retryAfterMs = 0 } = await failureOf(adapter.send(message, never));

      assert.ok(retryable && !uncertain && retryAfterMs >= 10);
      await stage.another().send({ ...message, attempt: 2 }, never);
      assertFile(stage);
    }));

  test('goes away with its file when the question is withdrawn', () =>
    scene(async ({ adapter, message, written }) => {
      const receipt = await adapter.send(message, never);

      await adapter.remove(message, receipt, never);

      assert.equal(written().length, 0);
    }));
});

describe('an answer that replaces a long one on Discord', () => {
  test('takes its file away where it is short, and brings a new one where it is long', () =>
    scene(async (stage) => {
      const { adapter, destination, message, written } = stage;
      const first = await adapter.send(message, never);

      const short = await adapter.send(toOutbound(destination, 'In short: lamps.', { opened: first, replaces: first }), never);
      const [shown] = written();
      const other = long.replaceAll('lamp', 'lantern');
      const again = { ...message, id: 'again0000000000000000001', text: other, opened: short, replaces: short };
      await adapter.send(again, never);

      assert.equal(shown?.content, 'In short: lamps.');
      assert.deepEqual(shown.attachments, []);
      assertFile({ ...stage, message: again }, other);
    }));

  test('takes the place of all messages of one that could not be a file', () =>
    scene(async (stage) => {
      const { emulator, adapter, another, destination, message, written } = stage;
      emulator.deny(emulator.home.channelId, attachFiles);
      const replaces = await adapter.send(message, never);
      assert.ok(written().length > 2);

      emulator.faults.add({ route: 'DELETE /channels/:id/messages/:id', kind: 'lost_response' });
      const short = toOutbound(destination, 'In short: lamps.', { opened: replaces, replaces });
      assert.ok((await failureOf(adapter.send(short, never))).uncertain);
      assert.ok(written().length > 1);
      const found = await another().find(short, never);
      assert.equal(found?.complete, true);

      assert.deepEqual(
        written().map(({ content }) => content),
        ['In short: lamps.'],
      );
    }));
});
