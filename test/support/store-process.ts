import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import { toChunkId } from '../../src/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite/client.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import type { Store } from '../../src/store/store.ts';
import { createMessage } from './inbound.ts';

/**
 * A process that the tests of durability start and kill. It writes a line for each promise of the store that has resolved, with
 * a synchronous write: what the parent has read, the child had been promised.
 *
 *     work FOLDER RUN     accepts, answers and settles questions for ever
 *     open FOLDER...      opens a database per line that it reads, and says how it went
 */
const [mode, ...args] = process.argv.slice(2);
if (mode === 'work') await work(args[0] ?? '', args[1] ?? '');
if (mode === 'open') await openOnSignal(args);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function work(folder: string, run: string): Promise<void> {
  const store = await openSqliteStore({ folder, exclusive: true, clock: systemClock });
  await store.takeOver();
  say('ready');
  for (let count = 0; ; count += 1) {
    const names = ['a', 'b', 'c'].map((name) => `${run}-${count}-${name}`);
    await Promise.all(names.map((name) => accept(store, name)));
    await answerAll(store);
  }
}

async function accept(store: Store, name: string): Promise<void> {
  await store.accept({ adapter: 'fake', events: [createMessage(name, { in: name, eventId: name })] });
  say(`accepted ${name}`);
}

async function answerAll(store: Store): Promise<void> {
  const leaseMs = 60_000;
  const { turns } = await store.claimTurns({ owner: 'child', limit: 100, leaseMs, historyLimit: 0 });
  await Promise.all(
    turns.map(async ({ events, ...turn }) => {
      const name = events[0]?.event.eventId ?? '';
      const result = await store.commitTurn({
        ...turn,
        startedAt: systemClock.now(),
        events: events.map(({ seq }) => ({ seq, verdict: 'answered', tokens: 1 })),
        answer: { text: `answer to ${name}`, tokens: 1 },
        parts: [{ id: toChunkId(turn.turnId, 0), text: `answer to ${name}` }],
        deliver: {
          ...{ adapter: 'fake', tenant: 'T1', inReplyTo: name, destination: {} },
          ...{ uncertain: false, expiresAt: systemClock.now() + leaseMs, leaseMs },
        },
      });
      say(`answered ${name}`);
      if (result.status !== 'committed' || !result.delivery) return;
      const { id, owner, token } = result.delivery;
      await store.settleSent({ id, owner, token, receipt: { id: `shown ${name}` }, leaseMs });
      say(`sent ${name}`);
    }),
  );
}

async function openOnSignal(folders: readonly string[]): Promise<void> {
  say('ready');
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  for (const folder of folders) {
    await lines.next();
    try {
      const { db, close } = openDatabase({ folder, exclusive: false });
      say(`version ${String(db.pragma('user_version', { simple: true }))}`);
      close();
    } catch (error) {
      say(`failed: ${describeError(error)}`);
    }
  }
  process.stdin.destroy();
}
