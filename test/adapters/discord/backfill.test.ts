import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backfill } from '../../../adapters/discord/backfill.ts';
import type { Rest } from '../../../adapters/discord/rest.ts';
import { maxRecent, type RecentConversation } from '../../../src/adapter.ts';
import { systemClock } from '../../../src/clock.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { never } from './support.ts';

const guildId = '1090000000000000001';
const channelId = '1090000000000000002';

function conversation(name: string, newestMessageId: string): RecentConversation {
  return { conversationId: `discord:${guildId}:${name}`, destination: { guildId, channelId, channelType: '0' }, newestMessageId };
}

/** Looks through a guild whose one channel has these conversations; resolves with the ids after which it was read, and the log. */
async function readFrom(conversations: readonly RecentConversation[]) {
  const log = createMemoryLog();
  const after: (string | null | undefined)[] = [];
  const rest: Pick<Rest, 'call'> = {
    call: async ({ query }) => {
      after.push(query?.get('after'));
      return [];
    },
  };
  const backfill = new Backfill({
    rest: rest as Rest, // it calls, and nothing else
    context: { clock: systemClock, log, recentConversations: async () => conversations },
    ...{ backfillMs: 3_600_000, signal: never, save: async () => true },
  });
  const channels = [{ id: channelId, type: 0, last_message_id: '1090000000000000999' }];
  assert.equal(await backfill.guild({ id: guildId, channels }, undefined), true);
  return { after, log };
}

test('a channel with several conversations is read from the newest message of any of them', async () => {
  const [older, newer] = [conversation('a', '1090000000000000500'), conversation('b', '1090000000000000700')];

  assert.deepEqual((await readFrom([newer, older])).after, ['1090000000000000700']);
  assert.deepEqual((await readFrom([older, newer])).after, ['1090000000000000700']);
});

test('that there are more conversations than can be looked through is said', async () => {
  const few = await readFrom([conversation('a', '1090000000000000500')]);
  const many = await readFrom(
    Array.from({ length: maxRecent }, (_, index) => conversation(String(index), '1090000000000000500')),
  );

  assert.deepEqual(
    [few, many].map(({ log }) => log.lines.filter(({ level }) => level === 'warn').length),
    [0, 1],
  );
});
