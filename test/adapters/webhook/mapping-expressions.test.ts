import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMapping } from '../../../adapters/webhook/mapping.ts';
import type { WebhookSource } from '../../../adapters/webhook/index.ts';
import type { WebhookDelivery } from '../../../src/webhook-delivery.ts';
import { desk, readJob, ticket, until, withWebhooks } from './harness.ts';

const mapped: WebhookSource = {
  ...desk,
  when: { jsonata: 'kind = "question"' },
  conversation: { jsonata: 'ticket.id' },
  text: { liquid: '{{ ticket.subject }}: {{ ticket.description }}' },
  author: { jsonata: '$uppercase(ticket.requester)' },
};
const question = { kind: 'question', ...ticket };

test('an event is mapped by expressions, beside templates', async () => {
  await withWebhooks({ sources: [{ ...mapped, authorId: 'id-{{ticket.id}}' }] }, async ({ deliver, ledger }) => {
    const response = await deliver(question);

    assert.equal(response.status, 202);
    const { conversationId, text, author, eventId } = ledger.events[0]!;
    assert.deepEqual(
      [conversationId, text, author, eventId],
      ['webhook:desk:7', 'Lamp: It is broken.', { id: 'id-7', name: 'ADA', isBot: false }, 'evt_1'],
    );
  });
});

test('what is no question is recorded as ignored, needs no text, is told at once and does not count as a turn', async () => {
  await withWebhooks({ sources: [{ ...mapped, turnsPerHour: 1 }] }, async ({ deliver, ledger, url }) => {
    const deliveries: WebhookDelivery[] = [];
    ledger.recordDelivery = (delivery) => deliveries.push(delivery);

    const closed = await deliver({ kind: 'closed', ticket: { id: 7 } }, { headers: { prefer: 'wait=20' } });
    const missing = await deliver({ unlike: 'any other' }, { id: 'evt_2' });
    const again = await readJob(await deliver({ unlike: 'any other' }, { id: 'evt_2' }));
    const asked = await deliver(question, { id: 'evt_3' });

    const job = await readJob(closed);
    assert.deepEqual([job.status, job.reason], ['ignored', 'webhooks.desk.when is not true']);
    assert.equal((await readJob(await fetch(`${url}${job.statusUrl}`))).status, 'ignored');
    assert.deepEqual([missing.status, again.status, asked.status], [202, 'duplicate', 202]);
    assert.deepEqual(
      ledger.events.map(({ eventId, conversationId, text, ignored, refusal }) => [
        eventId,
        conversationId,
        text,
        ignored,
        refusal,
      ]),
      [
        ['evt_1', 'webhook:desk:7', '', 'webhooks.desk.when is not true', undefined],
        ['evt_2', 'webhook:desk:evt_2', '', 'webhooks.desk.when is not true', undefined],
        ['evt_3', 'webhook:desk:7', 'Lamp: It is broken.', undefined, undefined],
      ],
    );
    assert.deepEqual(
      deliveries.map(({ verdict }) => verdict),
      ['ignored', 'ignored', 'duplicate', 'accepted'],
    );
  });
});

const failing: readonly (readonly [string, Partial<WebhookSource>, object, RegExp])[] = [
  [
    'a text that cannot be rendered',
    {},
    { ...question, ticket: { id: 7 } },
    /desk\.text cannot be evaluated for this body\. undefined variable: ticket\.subject/,
  ],
  [
    'an author of the wrong type',
    {},
    { ...question, ticket: { ...ticket.ticket, requester: 1 } },
    /desk\.author cannot be evaluated for this body\. Argument 1 of function "uppercase"/,
  ],
  [
    'a conversation that is not there',
    {},
    { ...question, ticket: { ...ticket.ticket, id: null } },
    /desk\.conversation gives nothing for this body/,
  ],
  [
    'a condition that is neither true nor false',
    { when: { jsonata: 'kind' } },
    question,
    /desk\.when gives a text for this body\. It must give true or false/,
  ],
  [
    'a condition that fails',
    { when: { jsonata: 'kind + 1 = 2' } },
    question,
    /desk\.when cannot be evaluated for this body\. The left side/,
  ],
  [
    'an event id that fails, also of what is no question',
    { eventId: { jsonata: '$number(kind)' } },
    { kind: 'note' },
    /desk\.eventId cannot be evaluated/,
  ],
];

for (const [title, change, payload, detail] of failing) {
  test(`refuses visibly, and keeps for a replay: ${title}`, async () => {
    await withWebhooks({ sources: [{ ...mapped, ...change }] }, async ({ deliver, ledger }) => {
      const deliveries: WebhookDelivery[] = [];
      ledger.recordDelivery = (delivery) => deliveries.push(delivery);

      const response = await deliver(payload);

      assert.equal(response.status, 422);
      assert.match(((await response.json()) as { detail: string }).detail, detail);
      assert.deepEqual(ledger.events, []);
      const [kept] = deliveries;
      assert.deepEqual(
        [kept?.verdict, kept?.reason, kept?.genuine, kept?.body],
        ['refused', 'unmappable', true, JSON.stringify(payload)],
      );
    });
  });
}

test('while one event hangs others are served, and it is refused at its deadline', async () => {
  const sources = [
    { ...mapped, author: { jsonata: '$match(hang, /^(a+)+$/)' } },
    { ...desk, name: 'plain', when: undefined },
  ];
  await withWebhooks({ sources }, async ({ deliver, ledger, url }) => {
    await deliver(question, { id: 'evt_0' }); // The evaluator is there from now on.
    let settled = false;
    const hanging = deliver({ ...question, hang: `${'a'.repeat(40)}!` }).finally(() => (settled = true));

    const health = await fetch(`${url}/healthz`);
    assert.deepEqual([health.status, settled], [200, false]);
    await until(() => {
      void ledger.clock.advance(1_000);
      return settled;
    });

    const response = await hanging;
    assert.equal(response.status, 422);
    assert.match(await response.text(), /webhooks\.desk\.\w+ cannot be evaluated for this body\. It takes longer than 1000 ms/);
  });
});

test('says that it cannot evaluate now, for the sender to come again', async () => {
  const unavailable = { evaluate: async () => 'unavailable' as const };
  const body = Buffer.from(JSON.stringify(question));

  const result = await createMapping(mapped)({ payload: question, headers: {}, body }, unavailable);

  assert.deepEqual(result, { ok: false, unavailable: true });
});

test('expressions see no header that proves who sends', async () => {
  const seen: unknown[] = [];
  const body = Buffer.from(JSON.stringify(question));
  const headers = { 'webhook-signature': 'v1,abc', authorization: 'Bearer x', cookie: 'a=b', 'x-kind': 'note' };

  await createMapping(mapped)(
    { payload: question, headers, body },
    {
      evaluate: async (job) => {
        seen.push(job.headers);
        return [];
      },
    },
  );

  assert.deepEqual(seen, [{ 'x-kind': 'note' }]);
});
