import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WebhookSource } from '../../../adapters/webhook/index.ts';
import { secret, answerAs, desk, readJob, ticket, until, withWebhooks } from './harness.ts';

test('waits for the answer of a caller that prefers to, and says that it did', async () => {
  await withWebhooks({}, async (harness) => {
    const pending = harness.deliver(ticket, { headers: { prefer: 'respond-async, wait=10' } });
    await until(() => harness.ledger.events.length === 1);
    await answerAs(harness, 'Try a new bulb.');
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
    await answerAs(harness, 'Try a new bulb.');
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
    await answerAs(harness, 'Try a new bulb.');
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
  const secrets = ['whsec_bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3', secret];
  let statusUrl = '';
  await withWebhooks({}, async ({ deliver }) => {
    ({ statusUrl } = await readJob(await deliver()));
  });
  await withWebhooks({ sources: [{ ...desk, verify: { scheme: 'standard', secrets } }] }, async ({ url, deliver }) => {
    await deliver();

    assert.equal((await fetch(url + statusUrl)).status, 200);
  });
});
