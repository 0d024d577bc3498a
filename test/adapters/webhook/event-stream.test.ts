import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerAs, never, opening, readJob, ticket, until, withWebhooks } from './harness.ts';

/** Reads server-sent events until the stream ends. */
async function readEvents(response: Response): Promise<[string, unknown][]> {
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const blocks = (await response.text()).split('\n\n').filter((block) => block.startsWith('event: '));
  return blocks.map((block) => {
    const [name = '', data = ''] = block.split('\n').map((line) => line.replace(/^\w+: /, ''));
    return [name, JSON.parse(data)];
  });
}

const events = { accept: 'text/event-stream' };

test('streams an answer as it grows, and ends with the whole', async () => {
  await withWebhooks({}, async (harness) => {
    const { adapter, ledger, deliver } = harness;
    const response = await deliver(ticket, { headers: events });
    const stream = adapter.stream?.(opening, never);
    stream?.append('Try a ');
    stream?.append('new bulb.');
    await stream?.close();
    await answerAs(harness, 'Try a new bulb.');
    const [status, ...rest] = await readEvents(response);
    const view = status?.[1] as { id: string; statusUrl: string }; // What the adapter documents.

    assert.equal(status?.[0], 'status');
    assert.deepEqual(rest, [
      ['token', { text: 'Try a ' }],
      ['token', { text: 'new bulb.' }],
      ['answer', { id: view.id, status: 'delivering', statusUrl: view.statusUrl, answer: { text: 'Try a new bulb.' } }],
    ]);
    assert.equal(await stream?.opened, undefined);
    await until(() => ledger.clock.pending() === 0);
  });
});

test('tells who comes late all that has been said so far', async () => {
  await withWebhooks({}, async (harness) => {
    const { url, adapter, ledger, deliver } = harness;
    const { statusUrl } = await readJob(await deliver());
    ledger.settle('evt_1', 'running');
    const stream = adapter.stream?.(opening, never);
    stream?.append('Try a ');
    stream?.append('new ');
    const asked = ledger.asked();
    const response = await fetch(url + statusUrl, { headers: events });
    await until(() => ledger.asked() >= asked + 2);
    stream?.append('bulb.');
    await answerAs(harness, 'Try a new bulb.');
    const [, ...rest] = await readEvents(response);

    assert.deepEqual(rest.slice(0, 2), [
      ['token', { text: 'Try a new ' }],
      ['token', { text: 'bulb.' }],
    ]);
    assert.equal(rest.at(-1)?.[0], 'answer');
  });
});

test('streams an answer to all events that it covers, and to none that came after them', async () => {
  await withWebhooks({}, async (harness) => {
    const { adapter, ledger, deliver } = harness;
    const first = await deliver(ticket, { id: 'evt_0', headers: events });
    await ledger.clock.advance(10);
    const second = await deliver(ticket, { id: 'evt_1', headers: events });
    await ledger.clock.advance(10);
    const third = await deliver(ticket, { id: 'evt_2', headers: events });
    for (const id of ['evt_0', 'evt_1', 'evt_2']) ledger.settle(id, 'running');
    const asked = ledger.asked();
    const stream = adapter.stream?.(opening, never);
    await until(() => ledger.asked() >= asked + 4);
    stream?.append('One answer.');
    ledger.settle('evt_0', 'answered', 'One answer.');
    await answerAs(harness, 'One answer.', 'evt_1');
    await stream?.close();
    await answerAs(harness, 'Another.', 'evt_2');
    const told = await Promise.all([first, second, third].map(readEvents));

    assert.deepEqual(
      told.map((each) => each.map(([name]) => name)),
      [
        ['status', 'token', 'answer'],
        ['status', 'token', 'answer'],
        ['status', 'answer'],
      ],
    );
  });
});

test('takes back what it has told when the answer begins anew', async () => {
  await withWebhooks({}, async (harness) => {
    const { adapter, deliver } = harness;
    const response = await deliver(ticket, { headers: events });
    const cut = adapter.stream?.(opening, never);
    cut?.append('Try');
    await cut?.close();
    const whole = adapter.stream?.(opening, never);
    whole?.append('Buy a new one.');
    await answerAs(harness, 'Buy a new one.');
    const [, ...rest] = await readEvents(response);

    assert.deepEqual(rest.slice(0, 3), [
      ['token', { text: 'Try' }],
      ['restart', {}],
      ['token', { text: 'Buy a new one.' }],
    ]);
  });
});

test('keeps a silent stream alive, and ends it in time when there is no answer', async () => {
  await withWebhooks({}, async ({ deliver, ledger }) => {
    const response = await deliver(ticket, { headers: events });
    await ledger.clock.advance(15 * 60_000);
    const text = await response.text();

    assert.ok(text.split(': waiting\n\n').length > 50);
    assert.match(text, /event: pending\ndata: \{.*"status":"accepted".*\}\n\n$/);
    await until(() => ledger.clock.pending() === 0);
  });
});

test('forgets a reader that goes away', async () => {
  await withWebhooks({}, async (harness) => {
    const reader = new AbortController();
    await harness.deliver(ticket, { headers: events, signal: reader.signal });
    reader.abort();
    await until(() => harness.ledger.clock.pending() === 0);
    await answerAs(harness, 'Nobody hears this.');

    assert.equal(harness.ledger.log.find('Request failed').length, 0);
  });
});

test('tells all who wait when it stops', async () => {
  await withWebhooks({}, async ({ adapter, deliver, ledger }) => {
    const waiting = deliver(ticket, { headers: { prefer: 'wait=60' } });
    await until(() => ledger.events.length === 1);
    const streaming = await deliver(ticket, { headers: events });
    await adapter.stop();
    const response = await waiting;

    assert.equal(response.status, 202);
    assert.equal((await readEvents(streaming)).at(-1)?.[0], 'pending');
    await until(() => ledger.clock.pending() === 0);
  });
});

test('bounds how many may wait', async () => {
  const { Answers } = await import('../../../adapters/webhook/answers.ts');
  await withWebhooks({}, async ({ ledger }) => {
    const answers = new Answers(ledger);
    const watcher = { onDone: () => undefined, onStop: () => undefined };
    const job = { tenant: 'desk', eventId: 'e', conversationId: 'c' };
    const ends = Array.from({ length: 2000 }, () => answers.watch(job, watcher));

    assert.equal(answers.watch(job, watcher), undefined);
    ends[0]?.();
    assert.notEqual(answers.watch(job, watcher), undefined);
    answers.stop();
    assert.equal(ledger.clock.pending(), 0);
  });
});
