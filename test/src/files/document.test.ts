import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { readDocument } from '../../../src/files/document.ts';

const job = { format: 'pdf', bytes: new Uint8Array([1]), maxPages: 1, maxCharacters: 10 } as const;
const never = new AbortController().signal;
const threadOf = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

test('a document that its parser dies of costs its own thread and nothing else', async () => {
  const read = (code: string) =>
    readDocument(job, { clock: systemClock, timeoutMs: 20_000, maxMegabytes: 20, thread: threadOf(code) }, never);

  const results = await Promise.all([
    read('process.exit(3)'),
    read('throw new Error("parser")'),
    read('const all = []; for (;;) all.push(new Array(10000).fill(all.length))'),
  ]);

  assert.deepEqual(results, [
    { problem: 'it is damaged' },
    { problem: 'it is damaged' },
    { problem: 'reading it took too much memory' },
  ]);
});

test('a parser that never ends is ended, by its time or because nobody waits any more', async () => {
  const endless = threadOf('for (;;);');
  const stopping = new AbortController();
  const stopped = readDocument(job, { clock: systemClock, timeoutMs: 60_000, thread: endless }, stopping.signal);
  const ended = assert.rejects(stopped, /stopped/);
  stopping.abort(new Error('stopped'));

  const slow = await readDocument(job, { clock: systemClock, timeoutMs: 100, thread: endless }, never);

  assert.deepEqual(slow, { problem: 'reading it took longer than 0.1 s' });
  await ended;
});

test('the thread knows nothing of the environment of the process', async () => {
  process.env['PARLEY_TEST_SECRET'] = 'secret';
  const thread = threadOf(
    "import { parentPort } from 'node:worker_threads'; parentPort.postMessage({ text: JSON.stringify(process.env) })",
  );

  const result = await readDocument(job, { clock: systemClock, timeoutMs: 20_000, thread }, never);

  delete process.env['PARLEY_TEST_SECRET'];
  assert.deepEqual(result, { text: '{}' });
});
