import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import type { Store } from '../../../src/store/store.ts';
import { conversationIdOf, createMessage } from '../../support/inbound.ts';
import { createFolder } from '../../support/store-folder.ts';

test('a restart does not begin the hour of a limit on turns anew, and a second process beside the first counts with it', async (t) => {
  const folder = createFolder(t);
  const first = openStore({ folder, exclusive: true });
  const within = [await say(first)];
  await first.close();
  const second = openStore({ folder, exclusive: true });
  const beside = openStore({ folder, exclusive: false });

  within.push(await say(beside));
  const beyond = await say(second);
  await Promise.all([second.close(), beside.close()]);

  assert.deepEqual(within, ['accepted', 'accepted']);
  assert.equal(beyond, 'ignored');
});

function openStore(options: { folder: string; exclusive: boolean }): Store {
  return createInProcessStore(openDatabase(options), systemClock);
}

async function say(store: Store): Promise<string | undefined> {
  const limit = { perHour: 2, refusal: 'too many', conversationId: conversationIdOf('c1') };
  const [result] = await store.accept({ adapter: 'fake', events: [createMessage('hello', { limit })] });
  return result?.status;
}
