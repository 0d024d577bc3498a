import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anything as anyValue, assert as holds, constant, constantFrom, oneof, option, property, record } from 'fast-check';
import { toInteraction } from '../../../adapters/discord/interaction.ts';
import { createTokenBox } from '../../../adapters/discord/interaction-token.ts';
import { onStage } from './support.ts';
import { asked, scene } from './interaction-scene.ts';

const atOnce = 300;

describe('taking interactions', () => {
  test(`${atOnce} at once are all saved and acknowledged in the three seconds that Discord waits`, () =>
    scene(async ({ emulator, context, watch }) => {
      const interactions = Array.from({ length: atOnce }, (_, index) =>
        emulator.command({ name: 'ask', options: { question: `Question ${index}` }, user: `Person ${index % 20}` }),
      );

      await watch.until(() => interactions.every(({ responseType }) => responseType === 5), 'all to be acknowledged');

      assert.equal(asked(context).length, atOnce);
    }));

  test('goes ahead of missed messages that take their time to be fetched', () =>
    onStage(async ({ emulator, context, watch, start }) => {
      const first = await start({ commands: true });
      emulator.say({ text: 'before', mention: true });
      await watch.until(() => context.texts().length === 1 && context.states.has('commands'));
      await first.stop();
      emulator.expireSessions();
      emulator.say({ text: 'meanwhile', mention: true });
      emulator.faults.add({ route: 'GET /channels/:id/messages', kind: 'hang' });
      await start({ commands: true });
      await watch.until(() => emulator.faults.pending() === 0, 'the fetching to begin');

      const interaction = emulator.command({ name: 'ask', options: { question: 'Now?' } });

      await watch.until(() => interaction.responseType === 5, 'an acknowledgement');
      assert.deepEqual(context.texts(), ['before']);
    }));

  test('one whose process died before acknowledging it is acknowledged by the next, and saved once', () =>
    scene(async ({ emulator, context, watch, eventOf }) => {
      emulator.faults.add({ route: 'POST /interactions/:id/:id/callback', kind: 'hang' });
      const interaction = emulator.command({ name: 'ask', options: { question: 'x' } });
      await eventOf(interaction);
      await watch.until(() => emulator.faults.pending() === 0, 'the acknowledgement to hang');

      // As a resumed session replays what the ledger does not hold for sure.
      emulator.redeliverInteraction(interaction);

      await watch.until(() => interaction.responseType === 5, 'an acknowledgement');
      assert.equal(asked(context).length, 1);
    }));

  test('one that Discord has acknowledged already is not taken for a failure', () =>
    scene(async ({ emulator, context, watch, answered }) => {
      const interaction = emulator.command({ name: 'ask', options: { question: 'x' } });
      await answered(interaction);
      let calls = 0;
      emulator.onCall((route, phase) => {
        if (route.startsWith('POST /interactions') && phase === 'after') calls += 1;
      });

      emulator.redeliverInteraction(interaction);
      await watch.until(() => calls === 1);

      assert.equal(context.lines.filter((line) => line.includes('acknowledged')).length, 0);
    }));

  test('of other code of the same application is left to that', () =>
    scene(async ({ emulator, context, watch }) => {
      const headers = { authorization: `Bot ${emulator.token}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ name: 'dance', description: 'Of somebody else.' });
      await fetch(`${emulator.apiUrl}/v10/applications/${emulator.bot.id}/commands`, { method: 'POST', headers, body });

      const interaction = emulator.command({ name: 'dance' });
      emulator.say({ text: 'after it', mention: true });
      await watch.until(() => context.texts().length === 1);

      assert.equal(interaction.responseType, undefined);
      assert.deepEqual(
        asked(context).map(({ type }) => type),
        ['message'],
      );
    }));

  test('never throws, whatever comes, and never makes up who did it or where', () => {
    const options = { tokens: createTokenBox('a bot token'), privateAnswers: false, canRead: true, maySet: true };
    const anything = anyValue({ maxDepth: 3 });
    const id = oneof(constantFrom('1', '1090000000000000000'), anything);
    const data = oneof(
      anything,
      record({
        type: constantFrom(1, 3),
        name: constantFrom('ask', 'reset', 'help', 'memory', 'remember', 'forget', 'Answer this', 'Summarise'),
        options: anything,
        target_id: id,
        resolved: anything,
        custom_id: oneof(
          constantFrom('parley:good', 'parley:bad:1', 'parley:stop', 'parley:stop:a1', 'parley:regenerate', 'parley:reason:1:'),
          anything,
        ),
        components: anything,
      }),
    );
    const place = {
      id,
      token: oneof(constant('t'), anything),
      application_id: id,
      channel_id: id,
      guild_id: option(id, { nil: undefined }),
    };
    const payload = record({
      ...{ ...place, type: constantFrom(1, 2, 3, 4, 5, 'x'), data, channel: anything, message: anything, context: anything },
      ...{
        user: oneof(record({ id }), anything),
        member: option(anything, { nil: undefined }),
        authorizing_integration_owners: anything,
      },
    });

    holds(
      property(oneof(payload, anything), (value) => {
        const event = toInteraction(value, options)?.event;
        if (!event) return;
        assert.match(event.eventId, /^\d{1,20}$/);
        assert.match(event.conversationId, /^discord:(?:@me|\d{1,20}):\d{1,20}(?::private:\d{1,20})?$/);
        assert.ok('author' in event && /^\d{1,20}$/.test(event.author.id));
      }),
      { numRuns: 3000 },
    );
  });
});
