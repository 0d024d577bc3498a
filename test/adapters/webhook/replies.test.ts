import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WebhookSource } from '../../../adapters/webhook/index.ts';
import { createAnswer, desk, readJob, ticket, until, withWebhooks } from './harness.ts';
import type { Harness } from './harness.ts';

const never = new AbortController().signal;
const opening = { id: 'a1', conversationId: 'webhook:desk:7', tenant: 'desk', inReplyTo: 'evt_1', destination: {} };

/** As the outbox does: the answer stands in the ledger, then it is sent. */
async function answer({ adapter, ledger }: Harness, text: string, eventId = 'evt_1'): Promise<void> {
  ledger.settle(eventId, 'delivering', text);
  await adapter.send(createAnswer({ text, inReplyTo: eventId }), never);
  ledger.settle(eventId, 'answered', text);
}

test('waits for the answer of a caller that prefers to, and says that it did', async () => {
  await withWebhooks({}, async (harness) => {
    const pending = harness.deliver(ticket, { headers: { prefer: 'respond-async, wait=10' } });
    await until(() => harness.ledger.events.length === 1);
    await answer(harness, 'Try a new bulb.');
    const response = await pending;
    const job = await readJob(response);

    assert.equal(response.status, 200);
    assert.equal(response.headers.get('preference-applied'), 'wait=10');
    assert.deepEqual([job.status, job.answer], ['delivering', { text: 'Try a new bulb.' }]);
    assert.equal(harness.ledger.clock.pending(), 0);
  });
});

test('says that the answer is yet to come when the time is over', async () => {
  await withWebhooks({}, async ({ deliver, ledger }) => {
    const pending = deliver(ticket, { headers: { prefer: 'wait=2' } });
    await until(() => ledger.events.length === 1);
    await ledger.clock.advance(2000);
    const response = await pending;

    assert.equal(response.status, 202);
    assert.equal(response.headers.get('preference-applied'), 'wait=2');
    assert.equal((await readJob(response)).status, 'accepted');
    assert.equal(ledger.clock.pending(), 0);
  });
});

test('waits a minute at most', async () => {
  await withWebhooks({}, async ({ deliver, ledger }) => {
    const pending = deliver(ticket, { headers: { prefer: 'wait=86400' } });
    await until(() => ledger.events.length === 1);
    await ledger.clock.advance(60_000);
    const response = await pending;

    assert.equal(response.headers.get('preference-applied'), 'wait=60');
  });
});

test('does not wait for nothing', async () => {
  await withWebhooks({}, async ({ deliver }) => {
    for (const prefer of ['wait=0', 'wait=x', 'nowait=5', 'respond-async']) {
      const response = await deliver(ticket, { headers: { prefer } });

      assert.equal(response.headers.get('preference-applied'), null, prefer);
    }
  });
});

test('notices a verdict that brings no answer, and an answer that another process gave', async () => {
  await withWebhooks({}, async ({ deliver, ledger }) => {
    for (const [id, state, texts] of [
      ['evt_a', 'ignored', []],
      ['evt_b', 'failed', ['I could not answer.']],
      ['evt_c', 'answered', ['Yes.']],
    ] as const) {
      const pending = deliver(ticket, { id, headers: { prefer: 'wait=30' } });
      await until(() => ledger.events.some(({ eventId }) => eventId === id));
      ledger.settle(id, state, ...texts);
      await ledger.clock.advance(5000);
      const job = await readJob(await pending);

      assert.deepEqual([job.status, job.answer?.text], [state, texts[0]]);
    }
  });
});

test('gives the answer at once to a delivery that comes again after it', async () => {
  await withWebhooks({}, async (harness) => {
    await harness.deliver();
    await answer(harness, 'Try a new bulb.');
    const response = await harness.deliver(ticket, { headers: { prefer: 'wait=5' } });

    assert.equal(response.status, 200);
    assert.equal((await readJob(response)).answer?.text, 'Try a new bulb.');
  });
});

test('tells by a job address what became of the event, also after a restart', async () => {
  await withWebhooks({}, async (harness) => {
    const { statusUrl } = await readJob(await harness.deliver());
    const before = await fetch(harness.url + statusUrl);
    await harness.adapter.stop();
    await harness.adapter.start(harness.ledger);
    await answer(harness, 'Try a new bulb.');
    const after = await fetch(harness.url + statusUrl);
    const job = await readJob(after);

    assert.deepEqual([before.status, (await readJob(before)).status], [200, 'waiting']);
    assert.deepEqual(
      [after.status, job.status, job.answer, job.statusUrl],
      [200, 'answered', { text: 'Try a new bulb.' }, statusUrl],
    );
    assert.equal(after.headers.get('cache-control'), 'no-store');
  });
});

test('tells nothing about a job to somebody who was not given its address', async () => {
  const other: WebhookSource = { ...desk, name: 'other' };
  await withWebhooks({ sources: [desk, other] }, async ({ url, deliver }) => {
    const { statusUrl } = await readJob(await deliver());
    const [id = '', proof = ''] = (statusUrl.split('/').at(-1) ?? '').split('.');
    const otherId = Buffer.from('evt_2').toString('base64url');
    const flipped = proof.startsWith('A') ? `B${proof.slice(1)}` : `A${proof.slice(1)}`;
    const forged = [
      `desk/jobs/${id}`,
      `desk/jobs/${id}.`,
      `desk/jobs/${id}.${flipped}`,
      `desk/jobs/${otherId}.${proof}`,
      `other/jobs/${id}.${proof}`,
      'desk/jobs/',
      'desk/jobs',
      `desk/jobs/evt_1`,
    ];

    for (const path of forged) assert.equal((await fetch(`${url}/webhooks/${path}`)).status, 404, path);
    assert.equal((await fetch(url + statusUrl, { method: 'POST' })).status, 405);
    assert.equal((await fetch(url + statusUrl)).status, 200);
  });
});

test('keeps the addresses of jobs valid while a secret is exchanged', async () => {
  const secrets = ['whsec_bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3', ...desk.verify.secrets];
  let statusUrl = '';
  await withWebhooks({}, async ({ deliver }) => {
    ({ statusUrl } = await readJob(await deliver()));
  });
  await withWebhooks({ sources: [{ ...desk, verify: { scheme: 'standard', secrets } }] }, async ({ url, deliver }) => {
    await deliver();

    assert.equal((await fetch(url + statusUrl)).status, 200);
  });
});

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
    await answer(harness, 'Try a new bulb.');
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
    await answer(harness, 'Try a new bulb.');
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
    await answer(harness, 'One answer.', 'evt_1');
    await stream?.close();
    await answer(harness, 'Another.', 'evt_2');
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
    await answer(harness, 'Buy a new one.');
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
    await answer(harness, 'Nobody hears this.');

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
