import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdapterError } from '../../../src/errors.ts';
import type { Receipt } from '../../../src/message.ts';
import { createInvitation } from '../../../adapters/discord/features.ts';
import { createDiscordAdapter } from '../../../adapters/discord/index.ts';
import { attachFiles, contentsOf, fileAfter, hasButtons, long, note, post, readTogether, scene } from './answer-file-scene.ts';
import type { Scene } from './answer-file-scene.ts';
import { asked, scene as onCommands } from './interaction-scene.ts';
import { defaults, failureOf, never, toOutbound } from './support.ts';

describe('where Discord takes no file', () => {
  for (const [why, refuse] of [
    ['the permission is missing', ({ emulator }: Scene) => emulator.deny(emulator.home.channelId, attachFiles)],
    ['it is too large', ({ emulator }: Scene) => emulator.faults.add({ route: post, kind: 'platform_error', code: 40005 })],
  ] as const) {
    test(`the whole answer stands in messages, with the buttons under the last: ${why}`, () =>
      scene(async (stage) => {
        const { adapter, message, written } = stage;
        refuse(stage);

        const receipt = await adapter.send(message, never);

        assert.equal(readTogether(written()), long);
        assert.deepEqual(
          written().map(hasButtons),
          written().map((_, index) => index === written().length - 1),
        );
        assert.match(JSON.stringify(written().at(-1)?.components), new RegExp(`parley:good:${message.id}`));
        assert.ok(written().every(({ attachments }) => attachments.length === 0));
        const found = await stage.another().find(message, never);
        assert.deepEqual(found, { receipt, complete: true });
        await adapter.remove(message, receipt, never);
        assert.equal(written().length, 0);
      }));
  }

  for (const kind of ['lost_response', 'refuse', 'rate_limit'] as const) {
    test(`it goes on in another process where the messages broke off, by ${kind}`, () =>
      scene(async ({ emulator, adapter, another, message, written }) => {
        emulator.deny(emulator.home.channelId, attachFiles);
        emulator.faults.add({ route: post, kind, skip: 2, retryAfterSeconds: 0.01 });

        const failure = await failureOf(adapter.send(message, never));
        assert.ok(failure.retryable && failure.uncertain);
        const found = await another().find(message, never);
        assert.equal(found?.complete, false);
        const known: { opened: Receipt } = { opened: found.receipt };
        await another().send({ ...message, ...known, attempt: 2 }, never);

        assert.equal(readTogether(written()), long);
      }));
  }

  test('what is refused for another reason fails as it is', () =>
    scene(async ({ emulator, adapter, message, written }) => {
      emulator.faults.add({ route: post, kind: 'platform_error', code: 50001 });

      const failure = await failureOf(adapter.send(message, never));

      assert.ok(!failure.retryable && !failure.uncertain);
      assert.equal(written().length, 0);
    }));
});

describe('a long answer to a command', () => {
  for (const isPrivate of [false, true]) {
    test(`takes the place of the deferred response, with its file${isPrivate ? ', for one person alone' : ''}`, () =>
      onCommands(
        async ({ emulator, adapter, context, answered, commandOf }) => {
          const interaction = emulator.command({ name: 'ask', options: { question: 'everything?', private: isPrivate } });
          await answered(interaction);
          const { destination } = await commandOf(interaction);
          const message = toOutbound(destination, long);
          emulator.faults.add({ route: 'PATCH /webhooks/:id/:id/messages/:id', kind: 'lost_response' });

          assert.ok((await failureOf(adapter.send(message, never))).uncertain);
          const found = await adapter.find(message, never);

          assert.equal(found?.complete, true);
          const shown = isPrivate ? emulator.privateMessages('Ada') : emulator.messages(emulator.home.channelId);
          assert.equal(asked(context).length, 1);
          assert.equal(shown.length, 1);
          assert.ok(shown[0]?.content.endsWith(note));
          assert.deepEqual(contentsOf(shown[0]), [long]);
        },
        { fileAfter },
      ));

    test(`stands in messages where Discord takes no file${isPrivate ? ', for one person alone' : ''}`, () =>
      onCommands(
        async ({ emulator, adapter, answered, commandOf }) => {
          const interaction = emulator.command({ name: 'ask', options: { question: 'everything?', private: isPrivate } });
          await answered(interaction);
          const { destination } = await commandOf(interaction);
          emulator.faults.add({ route: 'PATCH /webhooks/:id/:id/messages/:id', kind: 'platform_error', code: 50013 });

          await adapter.send(toOutbound(destination, long), never);

          const shown = isPrivate ? emulator.privateMessages('Ada') : emulator.messages(emulator.home.channelId);
          assert.equal(readTogether(shown), long);
        },
        { fileAfter },
      ));
  }
});

describe('what long answers ask for', () => {
  test('the invitation asks for Attach Files only where answers go out as files', () => {
    const features = { gateway: true, messageContentIntent: true, commands: true, userInstall: false };

    const [on, off] = [true, false].map((sendsFiles) => BigInt(createInvitation('1', { ...features, sendsFiles }).permissions));

    assert.equal((on ?? 0n) & attachFiles, attachFiles);
    assert.equal((off ?? 0n) & attachFiles, 0n);
  });

  test('the doctor names the channels in which it is missing', () =>
    scene(async ({ emulator, adapter }) => {
      emulator.deny(emulator.home.channelId, attachFiles);
      const off = createDiscordAdapter(defaults(emulator));

      const [asking, notAsking] = [await adapter.check?.(never), await off.check?.(never)];

      assert.ok(asking?.warnings?.some((warning) => warning.includes('lacks AttachFiles in #general')));
      assert.ok(!notAsking?.warnings?.some((warning) => warning.includes('AttachFiles')));
      await off.stop();
    }));
});

describe('the emulated uploads', () => {
  async function upload({ emulator }: Scene, form: FormData): Promise<{ status: number; code: unknown }> {
    const url = `${emulator.apiUrl}/v10/channels/${emulator.home.channelId}/messages`;
    const response = await fetch(url, { method: 'POST', headers: { authorization: `Bot ${emulator.token}` }, body: form });
    const answer: unknown = await response.json();
    if (typeof answer !== 'object' || answer === null) throw new AdapterError('no answer');
    return { status: response.status, code: 'code' in answer ? answer.code : undefined };
  }

  test('take a file without text, and refuse one over 10 MiB, an eleventh, and one that is listed and missing', () =>
    scene(async (stage) => {
      const form = (files: readonly number[], json = '{}'): FormData => {
        const body = new FormData();
        body.set('payload_json', json);
        for (const [index, bytes] of files.entries())
          body.set(`files[${index}]`, new Blob([new Uint8Array(bytes)]), `a b${index}.md`);
        return body;
      };

      const alone = await upload(stage, form([3]));
      const large = await upload(stage, form([10 * 1024 * 1024 + 1]));
      const many = await upload(stage, form(Array.from({ length: 11 }, () => 1)));
      const missing = await upload(stage, form([], '{"content":"hi","attachments":[{"id":0}]}'));

      assert.equal(alone.status, 200);
      assert.equal(stage.written()[0]?.attachments[0]?.filename, 'a_b0.md');
      assert.deepEqual(large, { status: 413, code: 40005 });
      assert.deepEqual(many, { status: 400, code: 50035 });
      assert.deepEqual(missing, { status: 400, code: 50035 });
    }));
});
