import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Intake } from '../../../adapters/discord/intake.ts';
import { createTokenBox } from '../../../adapters/discord/interaction-token.ts';
import { Interactions } from '../../../adapters/discord/interactions.ts';
import { createRest } from '../../../adapters/discord/rest.ts';
import type { Rest } from '../../../adapters/discord/rest.ts';
import { ShardSession } from '../../../adapters/discord/session.ts';
import { systemClock } from '../../../src/clock.ts';
import { createContext, createWatch, never } from './support.ts';

describe('the way from the socket to the ledger', () => {
  test('a dispatch that comes at whatever moment of a save is taken, and not only with the next one', async () => {
    const rest = createRest({ token: 'unused', clock: () => systemClock });
    for (let delay = 0; delay < 20; delay += 1) {
      const context = createContext(createWatch());
      const session = new ShardSession({ shardId: 0, intents: 0, protocol: 'wss:' });
      session.begin('9');
      const intake = new Intake({
        id: 0,
        context,
        session,
        rest,
        backfillMs: 0,
        signal: never,
        onStuck: assert.fail,
        interactions: interactionsOn(rest),
      });
      intake.push(message(1));

      for (let tick = 0; tick < delay; tick += 1) await Promise.resolve();
      intake.push(message(2));
      for (let tick = 0; tick < 50; tick += 1) await Promise.resolve();

      assert.deepEqual(context.texts(), ['text 1', 'text 2'], `after ${delay} ticks`);
    }
    await rest.close();
  });

  test('a dispatch that nobody can make sense of does not hold up the others', async () => {
    const rest = createRest({ token: 'unused', clock: () => systemClock });
    const context = createContext(createWatch());
    const session = new ShardSession({ shardId: 0, intents: 0, protocol: 'wss:' });
    session.begin('9');
    const intake = new Intake({
      id: 0,
      context,
      session,
      rest,
      backfillMs: 0,
      signal: never,
      onStuck: assert.fail,
      interactions: interactionsOn(rest),
    });
    const hostile = { toString: 1, valueOf: 2 };

    for (const t of ['READY', 'GUILD_CREATE', 'MESSAGE_CREATE', 'RESUMED', 'GUILD_ROLE_CREATE', hostile]) {
      intake.push({
        t,
        s: hostile,
        d: { id: hostile, user: hostile, guilds: [hostile], roles: [hostile], role: hostile, mention_roles: [hostile] },
      });
      intake.push({ t, d: null });
    }
    intake.push(message(1));
    for (let tick = 0; tick < 500; tick += 1) await Promise.resolve();

    assert.deepEqual(context.texts(), ['text 1']);
    await intake.close();
    await rest.close();
  });

  test('what is known of a gap is kept until its last server has shown itself, and let go of then', async () => {
    const rest = createRest({ token: 'unused', clock: () => systemClock });
    const session = new ShardSession({ shardId: 0, intents: 0, protocol: 'wss:' });
    let loads = 0;
    const recentConversations = async () => {
      loads += 1;
      return [];
    };
    const intake = new Intake({
      id: 0,
      context: { ...createContext(createWatch()), recentConversations },
      session,
      rest,
      backfillMs: 0,
      signal: never,
      onStuck: assert.fail,
      interactions: interactionsOn(rest),
    });
    const loadsAfter = async (dispatch: object): Promise<number> => {
      intake.push({ s: 1, ...dispatch });
      for (let tick = 0; tick < 100; tick += 1) await Promise.resolve();
      return loads;
    };
    const shows = (id: string) => ({ t: 'GUILD_CREATE', d: { id, channels: [] } });

    const ready = { t: 'READY', d: { user: { id: '9' }, guilds: [{ id: '1' }, { id: '2' }] } };
    const counts = [await loadsAfter(ready), await loadsAfter(shows('1')), await loadsAfter(shows('2'))];
    assert.deepEqual(counts, [1, 1, 1]);

    // Nothing of the closed gap serves another one.
    session.gapSince = systemClock.now();
    assert.equal(await loadsAfter(shows('1')), 2);
    assert.equal(session.gapSince, undefined);
    await intake.close();
    await rest.close();
  });
});

function interactionsOn(rest: Rest): Interactions {
  return new Interactions({
    rest,
    tokens: createTokenBox('unused'),
    privateAnswers: false,
    canRead: true,
    solvedTags: [],
    autoThread: false,
  });
}

function message(number: number): Record<string, unknown> {
  const author = { id: '7', username: 'ada' };
  return {
    t: 'MESSAGE_CREATE',
    s: number,
    d: { id: `10${number}`, channel_id: '5', channel_type: 1, type: 0, author, content: `text ${number}` },
  };
}
