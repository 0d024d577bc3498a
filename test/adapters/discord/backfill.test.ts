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

/** A back-fill over several servers, which tells after which message it has read which channel. */
function openBackfill(places: readonly { readonly channelId: string; readonly guildId?: string }[]) {
  const reads: string[] = [];
  let loads = 0;
  const newestMessageId = '1090000000000000500';
  const backfill = new Backfill({
    rest: {
      call: async ({ route, query }) => {
        reads.push(`${route.split('/')[2]} after ${query?.get('after')}`);
        return [];
      },
    } as Pick<Rest, 'call'> as Rest, // it calls, and nothing else
    context: {
      clock: systemClock,
      log: createMemoryLog(),
      recentConversations: async () => {
        loads += 1;
        return places.map((destination, index) => ({ conversationId: `c${index}`, destination, newestMessageId }));
      },
    },
    ...{ backfillMs: 3_600_000, signal: never, save: async () => true },
  });
  const readBy = async (look: () => Promise<boolean>): Promise<string[]> => {
    reads.length = 0;
    assert.equal(await look(), true);
    return reads.toSorted();
  };
  return { backfill, readBy, loads: () => loads };
}

test('a server is read where its own conversations are, listed or not, and direct messages by themselves', async () => {
  const { backfill, readBy } = openBackfill([
    { guildId: '1', channelId: '11' },
    { guildId: '1', channelId: '12' },
    { guildId: '1', channelId: '13' },
    { guildId: '2', channelId: '21' },
    { channelId: '31' },
  ]);
  const channel = (id: string, last: string) => ({ id, type: 0, last_message_id: last });
  const channels = [
    channel('11', '1090000000000000900'),
    channel('12', '1090000000000000500'),
    channel('19', '1090000000000000900'),
  ];
  const after = 'after 1090000000000000500';

  assert.deepEqual(await readBy(() => backfill.guild({ id: '1', channels }, undefined)), [`11 ${after}`, `13 ${after}`]);
  assert.deepEqual(await readBy(() => backfill.guild({ id: '2' }, undefined)), [`21 ${after}`]);
  assert.deepEqual(await readBy(() => backfill.guild({ id: '3' }, undefined)), []);
  assert.deepEqual(await readBy(() => backfill.directMessages()), [`31 ${after}`]);
  // Looked at once more: the same gap is read from where it began.
  assert.deepEqual(await readBy(() => backfill.guild({ id: '1', channels }, undefined)), [`11 ${after}`, `13 ${after}`]);
});

test('what is known of a gap is asked for once, and anew for the next one', async () => {
  const { backfill, loads } = openBackfill([{ guildId: '1', channelId: '11' }]);

  await backfill.directMessages();
  await backfill.guild({ id: '1' }, undefined);
  assert.equal(loads(), 1);

  backfill.reset();
  await backfill.guild({ id: '1' }, undefined);
  assert.equal(loads(), 2);
});
