import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onStage } from './support.ts';

const ours = ['ask', 'reset', 'help', 'memory', 'remember', 'forget', 'Answer this', 'Summarise'];

/** Which calls change commands, from now on. */
function changes(emulator: Parameters<Parameters<typeof onStage>[0]>[0]['emulator']): string[] {
  const calls: string[] = [];
  emulator.onCall((route, phase) => {
    if (phase === 'after' && /commands/.test(route) && !route.startsWith('GET')) calls.push(route);
  });
  return calls;
}

describe('registering commands with Discord', () => {
  test('happens once, and again only when they have changed', () =>
    onStage(async ({ emulator, context, watch, start }) => {
      const calls = changes(emulator);
      const first = await start({ commands: true });
      await watch.until(() => context.states.has('commands'));
      await first.stop();
      assert.deepEqual(
        emulator.commands().map(({ name }) => name),
        ours,
      );
      assert.equal(calls.length, 8);

      const second = await start({ commands: true, context: context.restart() });
      await second.stop();
      assert.equal(calls.length, 8);

      await start({ commands: true, privateAnswers: true, context: context.restart() });
      await watch.until(() => calls.length === 16);
      assert.deepEqual(
        emulator.commands().map(({ name }) => name),
        ours,
      );
    }));

  test('leaves commands of other code alone, and takes its own away where they move to single servers', () =>
    onStage(async ({ emulator, context, watch, start }) => {
      const headers = { authorization: `Bot ${emulator.token}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ name: 'dance', description: 'Of somebody else.' });
      await fetch(`${emulator.apiUrl}/v10/applications/${emulator.bot.id}/commands`, { method: 'POST', headers, body });
      const first = await start({ commands: true });
      await watch.until(() => context.states.has('commands'));
      await first.stop();

      await start({ commands: true, commandGuilds: [emulator.home.guildId], context: context.restart() });
      await watch.until(() => emulator.commands().length === 9 && context.batches.length > 0);
      await watch.until(() => emulator.commands().filter(({ guildId }) => guildId === undefined).length === 1);

      assert.deepEqual(
        emulator
          .commands()
          .filter(({ guildId }) => guildId === undefined)
          .map(({ name }) => name),
        ['dance'],
      );
      assert.deepEqual(
        emulator
          .commands()
          .filter(({ guildId }) => guildId !== undefined)
          .map(({ name }) => name),
        ours,
      );
    }));

  test('that fails is tried again, and does not keep the bot from answering', () =>
    onStage(async ({ emulator, context, watch, start }) => {
      emulator.faults.add({ route: 'POST /applications/:id/commands', kind: 'server_error', times: 1 });

      await start({ commands: true });
      emulator.say({ text: 'hello', mention: true });
      await watch.until(() => context.texts().length === 1);
      await watch.until(() => context.states.has('commands'));

      assert.ok(context.lines.some((line) => line.includes('could not be registered')));
      assert.equal(emulator.commands().length, 8);
    }));

  test('may be used by who added the app to their account only where that is switched on', () =>
    onStage(async ({ emulator, context, watch, start }) => {
      await start({ commands: true });
      await watch.until(() => context.states.has('commands'));

      assert.throws(() => emulator.command({ name: 'help', byUserInstall: true }), /added the app to their account/);
    }));
});
