import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Adapter, FoundMessage } from '../../../src/adapter.ts';
import type { OutboundMessage } from '../../../src/message.ts';
import { failureOf, never, onSendScene as scene, toOutbound } from './support.ts';

describe('a delivery whose outcome is unknown', () => {
  test('is repeated under the same nonce and stands there once', () =>
    scene(async ({ emulator, adapter, destination, written }) => {
      const message = toOutbound(destination, 'once');
      emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'lost_response' });

      await failureOf(adapter.send(message, never));
      const receipt = await adapter.send({ ...message, attempt: 2 }, never);

      assert.deepEqual(written(), ['once']);
      assert.equal(receipt.id, emulator.messages(emulator.home.channelId).at(-1)?.id);
    }));

  for (const nonceInHistory of [true, false]) {
    test(`is found again after Discord has forgotten the nonce, where history ${nonceInHistory ? 'shows' : 'hides'} nonces`, () =>
      scene(
        async ({ emulator, adapter, destination, written }) => {
          const first = toOutbound(destination, 'part one', { parts: 2 });
          const second = toOutbound(destination, 'part two', { part: 1, parts: 2 });
          const missing = toOutbound(destination, 'part three', { part: 2, parts: 3 });
          emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'lost_response', times: 2 });
          await failureOf(adapter.send(first, never));
          await failureOf(adapter.send(second, never));
          for (let turn = 0; turn < 130; turn += 1) emulator.say({ text: 'other talk' });

          const found = await Promise.all([first, second, missing].map((message) => findBy(adapter, message)));

          const shown = emulator.messages(emulator.home.channelId).filter(({ author }) => author === emulator.bot);
          assert.deepEqual(
            found.map((one) => one && [one.receipt.id, one.complete]),
            [[shown[0]?.id, true], [shown[1]?.id, true], undefined],
          );
          assert.equal(written().length, 2);
        },
        { nonceInHistory, nonceMs: 0 },
      ));
  }

  test('a message that a stream had only begun is found, and not taken for complete', () =>
    scene(
      async ({ adapter, destination }) => {
        const begun = toOutbound(destination, 'The begin');
        const { id } = await adapter.send(begun, never);

        const found = await adapter.find?.({ ...begun, text: 'The beginning and the end.' }, never);

        assert.deepEqual([found?.receipt.id, found?.complete], [id, false]);
      },
      { nonceMs: 0 },
    ));

  test('what goes on after a decision is never taken for the answer that asked, and is found by itself', () =>
    scene(
      async ({ emulator, adapter, destination }) => {
        await adapter.send(toOutbound(destination, 'May I?'), never);
        const later = toOutbound(destination, 'Done.', { inReplyTo: '1400000000000000009' });

        const before = await adapter.find?.(later, never);
        const { id } = await adapter.send(later, never);
        const after = await adapter.find?.(later, never);

        assert.equal(before, undefined);
        assert.deepEqual([after?.receipt.id, after?.complete], [id, true]);
        assert.equal(emulator.messages(emulator.home.channelId).at(-1)?.id, id);
      },
      { nonceMs: 0, nonceInHistory: false },
    ));

  test('the same words in answer to another question are another message', () =>
    scene(
      async ({ emulator, adapter, destination }) => {
        const other = emulator.say({ text: 'another question', mention: true });
        await adapter.send(toOutbound({ ...destination, replyTo: other.id }, 'Yes.'), never);

        const found = await adapter.find?.(toOutbound(destination, 'Yes.'), never);

        assert.equal(found, undefined);
      },
      { nonceMs: 0 },
    ));

  test('a later part is not mistaken for the same words in an earlier answer', () =>
    scene(
      async ({ emulator, adapter, destination }) => {
        const next = emulator.say({ text: 'another question', mention: true });
        await adapter.send(toOutbound(destination, 'The earlier answer', { parts: 2 }), never);
        await adapter.send(toOutbound(destination, 'Kind regards', { part: 1, parts: 2 }), never);
        const place = { ...destination, replyTo: next.id };
        const after = await adapter.send(toOutbound(place, 'The later answer', { parts: 2 }), never);
        const second = toOutbound(place, 'Kind regards', { part: 1, parts: 2, after });

        const missing = await adapter.find?.(second, never);
        const { id } = await adapter.send(second, never);
        const found = await adapter.find?.(second, never);

        assert.equal(missing, undefined);
        assert.equal(found?.receipt.id, id);
      },
      { nonceInHistory: false, nonceMs: 0 },
    ));

  test('a message from long before the commit is no earlier attempt, whatever it says', () =>
    scene(
      async ({ adapter, destination }) => {
        await adapter.send(toOutbound(destination, 'The earlier answer', { parts: 2 }), never);
        await adapter.send(toOutbound(destination, 'Kind regards', { part: 1, parts: 2 }), never);
        const later = toOutbound(destination, 'Kind regards', { part: 1, parts: 2, createdAt: Date.now() + 3_600_000 });

        assert.equal(await adapter.find?.(later, never), undefined);
      },
      { nonceInHistory: false, nonceMs: 0 },
    ));

  test('what other people write is never taken for an answer', () =>
    scene(
      async ({ emulator, adapter, destination }) => {
        emulator.say({ user: 'Mallory', text: 'Yes.', replyTo: destination['replyTo']! });

        assert.equal(await adapter.find?.(toOutbound(destination, 'Yes.'), never), undefined);
      },
      { nonceMs: 0 },
    ));

  test('a question that was followed by much talk is looked for from the commit of its answer on', () =>
    scene(
      async ({ emulator, adapter, destination }) => {
        for (let turn = 0; turn < 520; turn += 1) emulator.say({ text: 'talk' });
        const message = toOutbound(destination, 'late', { createdAt: Date.now() });
        const { id } = await adapter.send(message, never);

        const found = await adapter.find?.(message, never);

        assert.equal(found?.receipt.id, id);
      },
      { nonceMs: 0 },
    ));
});

async function findBy(adapter: Adapter, message: OutboundMessage): Promise<FoundMessage | undefined> {
  return adapter.find?.(message, never);
}
