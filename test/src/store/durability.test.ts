import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../src/clock.ts';
import { StoreLockedError } from '../../../src/errors.ts';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import type { Store } from '../../../src/store/store.ts';
import { createRandom } from '../../support/fake-clock.ts';
import { conversationIdOf, createMessage } from '../../support/inbound.ts';
import { createFolder } from '../../support/store-folder.ts';

const script = fileURLToPath(new URL('../../support/store-process.ts', import.meta.url));

describe('a killed process', () => {
  it('loses nothing that the store had promised it', async (test) => {
    const folder = createFolder(test);
    const seed = Math.floor(systemClock.random() * 2 ** 32);
    test.diagnostic(`seed ${seed}`);
    const random = createRandom(seed);
    const promised = new Set<string>();

    for (let kill = 0; kill < 20; kill += 1) {
      await workAndDie(test, { folder, run: `run${kill}`, after: 1 + Math.floor(random() * 60), promised });
      const { db, close } = openDatabase({ folder, exclusive: true }); // the lock died with its owner
      const store = createInProcessStore({ db, close }, systemClock);
      assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
      for (const line of promised) await assertKept(store, line);
      promised.clear();
      await store.close();
    }
  });

  it('frees the folder', async (test) => {
    const folder = createFolder(test);
    const child = await startWorker(test, folder, 'run');

    assert.throws(() => openDatabase({ folder, exclusive: true }), StoreLockedError);
    await kill(child);

    openDatabase({ folder, exclusive: true }).close();
  });
});

describe('a second process on the folder', () => {
  it('is refused, and told why and what to do', async (test) => {
    const folder = createFolder(test);
    const child = await startWorker(test, folder, 'run');

    assert.throws(
      () => openDatabase({ folder, exclusive: true }),
      (error) => error instanceof StoreLockedError && error.message.includes(folder) && /Stop it first/.test(error.message),
    );

    await kill(child);
  });

  it('may look at what a running one does, when it is a tool', async (test) => {
    const folder = createFolder(test);
    const child = await startWorker(test, folder, 'run');
    await once(createInterface({ input: child.stdout ?? assert.fail() }), 'line');
    const store = createInProcessStore(openDatabase({ folder, exclusive: false }), systemClock);

    const { conversations } = await store.stats();
    await store.accept({ adapter: 'fake', events: [createMessage('from the tool', { in: 'tool' })] });
    await store.close();

    assert.ok(conversations > 0);
    assert.equal(child.exitCode, null, 'the running one is not disturbed');
    await kill(child);
  });
});

describe('racing processes on a fresh folder', () => {
  it('both find the schema in place', async (test) => {
    const folders = Array.from({ length: 12 }, () => createFolder(test));
    const children = ['first', 'second'].map(() => {
      const child = spawn(process.execPath, [script, 'open', ...folders], { stdio: ['pipe', 'pipe', 'inherit'] });
      test.after(() => child.kill('SIGKILL'));
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return { child, next: async () => String((await lines.next()).value) };
    });
    assert.deepEqual(await Promise.all(children.map(({ next }) => next())), ['ready', 'ready']);

    for (const folder of folders) {
      for (const { child } of children) child.stdin.write('\n');
      const results = await Promise.all(children.map(({ next }) => next()));

      assert.deepEqual(new Set(results).size, 1, `${folder}: ${results.join(', ')}`);
      assert.match(results[0] ?? '', /^version [1-9]/);
    }
  });
});

/** Lets a process work until it has been promised `after` things, and kills it there and then. */
async function workAndDie(
  test: TestContext,
  { folder, run, after, promised }: { folder: string; run: string; after: number; promised: Set<string> },
): Promise<void> {
  const child = await startWorker(test, folder, run);
  const dead = once(child, 'exit');
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout ?? assert.fail() })) {
    promised.add(line);
    seen += 1;
    if (seen === after) child.kill('SIGKILL');
  }
  await dead;
  assert.ok(seen >= after);
}

async function startWorker(test: TestContext, folder: string, run: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, 'work', folder, run], { stdio: ['ignore', 'pipe', 'inherit'] });
  test.after(() => child.kill('SIGKILL'));
  const [chunk] = await once(child.stdout, 'readable').then(() => [child.stdout.read('ready\n'.length)]);
  assert.equal(String(chunk), 'ready\n');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const dead = once(child, 'exit');
  child.kill('SIGKILL');
  await dead;
}

async function assertKept(store: Store, line: string): Promise<void> {
  const [promise, name = ''] = line.split(' ');
  const status = await store.status({ adapter: 'fake', tenant: 'T1', eventId: name });
  assert.ok(status, `${line}, but it is gone`);
  if (promise === 'accepted') return;
  const said = await store.transcript({ conversationId: conversationIdOf(name), limit: 10 });
  assert.deepEqual(
    said.map(({ text }) => text),
    [name, `answer to ${name}`],
  );
  if (promise === 'sent') assert.deepEqual(status.answer[0]?.receipt, { id: `shown ${name}` });
  assert.equal(status.state, promise === 'sent' || status.answer[0]?.receipt ? 'answered' : 'delivering');
}
