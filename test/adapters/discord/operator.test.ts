import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdapterError } from '../../../src/errors.ts';
import { createDiscordAdapter } from '../../../adapters/discord/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createContext, createWatch, defaults, onStage } from './support.ts';

describe('what an operator has to mend', () => {
  test('a wrong token is refused at the start, by the name of its setting', () =>
    onStage(async ({ start }) => {
      await assert.rejects(start({ token: 'wrong-token' }), (error) => {
        assert.ok(error instanceof AdapterError);
        assert.match(error.message, /DISCORD_TOKEN/);
        assert.doesNotMatch(error.message, /wrong-token/);
        return true;
      });
    }));

  test('an intent that is switched off in the portal is named together with its switch', () =>
    onStage(
      async ({ start }) => {
        await assert.rejects(start(), /Message Content.*Developer Portal/);
      },
      { emulator: { messageContent: false } },
    ));

  test('a token that is revoked while the bot runs shows in its health', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const adapter = await start();

      emulator.dropConnections({ resumable: false, code: 4004 });
      await watch.until(() => context.lines.some((line) => line.startsWith('error')));

      assert.equal(adapter.health?.().connected, false);
      assert.match(adapter.health?.().detail ?? '', /DISCORD_TOKEN/);
    }));

  test('a Discord that cannot be reached lets the start go on, shows in health, and is connected to once it is there', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const port = Number(new URL(emulator.apiUrl).port);
      const { apiUrl } = emulator;
      await emulator.close();

      const adapter = await start({ apiUrl });

      assert.equal(adapter.health?.().connected, false);
      assert.match(adapter.health?.().detail ?? '', /cannot connect/);
      await emulator.listen(port);
      await watch.until(() => adapter.health?.().connected === true);
      emulator.say({ text: 'there you are', mention: true });
      await watch.until(() => context.texts().length === 1);
    }));

  test('a gateway that cannot be connected to lets the start go on, and is connected to once it answers', () =>
    onStage(async ({ emulator, watch, start }) => {
      emulator.faults.add({ route: 'GATEWAY', kind: 'refuse' });

      const adapter = await start();
      assert.match(adapter.health?.().detail ?? '', /not connected.*trying again/);

      await watch.until(() => adapter.health?.().connected === true);
    }));

  test('a stop while the gateway does not answer leaves nothing behind', () =>
    onStage(async ({ emulator, watch, context }) => {
      emulator.faults.add({ route: 'GATEWAY', kind: 'hang' });
      const adapter = createDiscordAdapter(defaults(emulator));
      const started = adapter.start(context);
      let calls = 0;
      emulator.onGatewayCall(() => (calls += 1));
      await watch.until(() => calls === 1);

      await adapter.stop();
      await started;

      assert.equal(adapter.health?.().detail, 'stopped');
      while ((await emulator.sockets()) > 0) await new Promise((resolve) => setImmediate(resolve));
    }));

  test('a stop right after the connection was lost does not connect again', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const adapter = await start();
      emulator.dropConnections({ resumable: true });
      await watch.until(() => context.lines.some((line) => line.includes('Discord disconnected')));
      let connects = 0;
      emulator.onGatewayCall(() => (connects += 1));

      await adapter.stop();
      // The SDK's own pause before it connects again is half a second.
      await new Promise((resolve) => setTimeout(resolve, 700));

      assert.equal(connects, 0);
    }));

  test('a stop in the pause before the next attempt leaves nothing behind', async () => {
    const clock = createFakeClock();
    await onStage(
      async ({ emulator, start }) => {
        emulator.faults.add({ route: 'GATEWAY', kind: 'refuse', times: 100 });
        const adapter = await start();
        while (clock.pending() === 0) await new Promise((resolve) => setTimeout(resolve, 20));

        await adapter.stop();

        assert.equal(clock.pending(), 0);
        assert.equal(emulator.faults.pending(), 99);
      },
      { clock },
    );
  });

  test('an API address that answers with something else is a temporary failure and no crash', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      emulator.faults.add({ route: 'GET /gateway/bot', kind: 'server_error' });

      const adapter = await start();
      await watch.until(() => adapter.health?.().connected === true);

      assert.ok(context.lines.some((line) => line.includes('cannot be connected to')));
    }));

  test('the token appears in no line of the log', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const adapter = await start();
      emulator.dropConnections({ resumable: true });
      emulator.say({ text: 'one', mention: true });
      await watch.until(() => context.texts().length === 1);
      await adapter.stop();

      const log = context.lines.join('\n');
      assert.ok(log.length > 0);
      for (const piece of emulator.token.split('.')) assert.ok(!log.includes(piece), piece);
    }));

  test('a stop in the middle of connecting leaves nothing behind', async () => {
    const watch = createWatch();
    const clock = createFakeClock();
    const context = createContext(watch, { clock });
    await onStage(async ({ emulator }) => {
      emulator.faults.add({ route: 'GET /gateway/bot', kind: 'hang' });
      const adapter = createDiscordAdapter(defaults(emulator));
      const started = adapter.start(context);
      await new Promise((resolve) => emulator.onCall(resolve));

      await adapter.stop();
      await started;

      assert.equal(adapter.health?.().connected, false);
    });
    assert.equal(clock.pending(), 0);
  });
});
