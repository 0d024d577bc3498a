import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { findMarks } from '../../../src/own-message.ts';
import type { OwnRules } from '../../../adapters/webhook/source.ts';
import { listen, shut } from '../../deliveries/loopback.ts';
import { createAnswer, desk, never, secret, toLoopback, withWebhooks } from './harness.ts';

const id = 'a1b2c3d4e5f6a1b2c3d4e5f6';

test('the ledger is told what an event would be known by if it were an answer that comes back', async () => {
  const own: OwnRules = { messageId: '{{ticket.comment}}' };
  await withWebhooks({ sources: [{ ...desk, own }] }, async ({ deliver, ledger }) => {
    await deliver({ ticket: { id: 7, subject: 'Lamp', description: `Yes. [parley:${id}]`, requester: 'Ada', comment: 42 } });

    const description = `Yes. [parley:${id}]`;
    assert.deepEqual(ledger.events[0]?.own, {
      ids: ['42'],
      // Once in the whole text, and once in the value by itself.
      marks: [id, id],
      texts: [`Lamp\n\n${description}`, 'Lamp', description],
    });
  });
});

for (const text of [
  { liquid: '{{ ticket.subject }}: {{ webhook.body.ticket.description | strip }}' },
  { jsonata: "ticket.subject & ': ' & $trim(ticket.description)" },
]) {
  test(`the values of which an expression makes the text are told apart: ${Object.keys(text).join()}`, async () => {
    const description = 'Refunds take 14 days from the day of the return.';
    await withWebhooks({ sources: [{ ...desk, text }] }, async ({ deliver, ledger }) => {
      await deliver({ ticket: { id: 7, subject: 'Lamp', description, requester: 'Ada' } });

      assert.deepEqual(ledger.events[0]?.own?.texts.toSorted(), ['Lamp', `Lamp: ${description}`, description]);
    });
  });
}

test('an event whose author is the bot at the sender is the bot itself', async () => {
  const source = { ...desk, authorId: '{{ticket.by}}', own: { authorIds: ['4711'] } };
  await withWebhooks({ sources: [source] }, async ({ deliver, ledger }) => {
    const by = (author: number, eventId: string) =>
      deliver({ ticket: { id: 7, subject: 'Lamp', description: 'Hello', by: author } }, { id: eventId });

    await by(4711, 'evt_1');
    await by(4712, 'evt_2');

    assert.deepEqual(
      ledger.events.map((event) => event.own?.sure),
      ['own message: webhooks.desk.own.authorIds names its author', undefined],
    );
  });
});

for (const mark of ['none', 'visible', 'invisible'] as const) {
  test(`a callback is sent with its mark where that is ${mark}`, async (t) => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        bodies.push(body);
        response.writeHead(204).end();
      });
    });
    const callback = { url: `http://127.0.0.1:${await listen(server)}/`, secrets: [secret], timeoutMs: 5_000 };
    t.after(() => shut(server));
    await withWebhooks({ sources: [{ ...desk, callback, own: { mark } }], openFetch: toLoopback }, async ({ adapter }) => {
      await adapter.send(createAnswer({ id }), never);

      assert.deepEqual(findMarks(JSON.parse(bodies[0] ?? '{}').data.text), mark === 'none' ? [] : [id]);
    });
  });
}
