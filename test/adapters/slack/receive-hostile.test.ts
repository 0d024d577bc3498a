import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toEvents } from '../../../adapters/slack/receive.ts';
import type { InboundEvent, Json } from '../../../src/message.ts';
import { readFixture, receive, receivedAt } from './fixtures.ts';

const botId = 'U0LAN0Z89';

test('whatever is put in the place of any value, nothing is thrown and every event is whole', () => {
  const fixtures = [
    'app-mention',
    'message-channel',
    'message-file-share',
    'message-changed',
    'message-deleted',
    'slash-command',
  ];
  const bodies = fixtures.map((name) => readFixture(name) as unknown as Json);
  const damaged = fc
    .tuple(fc.constantFrom(...bodies), fc.array(fc.tuple(fc.nat(200), anyValue()), { minLength: 1, maxLength: 4 }))
    .map(([body, damages]) => damages.reduce<unknown>((whole, [place, value]) => replaceAt(whole, place, value), body));

  fc.assert(
    fc.property(damaged, (body) => {
      for (const event of toEvents(body, { userId: botId, receivedAt })) assertWhole(event);
    }),
    { numRuns: 3_000 },
  );
});

test('whatever comes, nothing is thrown', () => {
  fc.assert(
    fc.property(anyValue(), anyValue(), (body, event) => {
      toEvents(body, { receivedAt });
      toEvents({ type: 'event_callback', team_id: 'T1', event }, { receivedAt });
      toEvents({ type: 'event_callback', team_id: 'T1', event: { type: 'message', event } }, { receivedAt });
    }),
    { numRuns: 2_000 },
  );
});

test('a text that is all brackets takes no time', () => {
  const started = performance.now();

  for (const text of ['<'.repeat(200_000), '<a|'.repeat(100_000), '<@U|'.repeat(100_000), '&lt;'.repeat(100_000)]) {
    receive('message-im', { text });
  }

  assert.ok(performance.now() - started < 2_000);
});

function anyValue(): fc.Arbitrary<unknown> {
  const keys = fc.constantFrom('type', 'subtype', 'ts', 'text', 'user', 'files', 'message', 'channel', '__proto__', 'edited');
  return fc.oneof(
    fc.anything({ key: keys, maxDepth: 3 }),
    fc.constantFrom<unknown>(
      null,
      undefined,
      '',
      '0.0',
      '99999999999999.1',
      'x'.repeat(300),
      Number.NaN,
      [],
      {},
      -1,
      '<@',
      '\ud800',
    ),
  );
}

/** The body with one of its values, counted through, replaced. */
function replaceAt(body: unknown, place: number, value: unknown): unknown {
  let count = 0;
  const visit = (current: unknown): unknown => {
    count += 1;
    if (count - 1 === place) return value;
    if (Array.isArray(current)) return current.map(visit);
    if (typeof current !== 'object' || current === null) return current;
    return Object.fromEntries(Object.entries(current).map(([key, inner]) => [key, visit(inner)]));
  };
  return visit(body);
}

function assertWhole(event: InboundEvent): void {
  for (const id of [event.tenant, event.eventId, event.conversationId]) assert.ok(typeof id === 'string' && id !== '');
  assert.ok(Number.isSafeInteger(event.sentAt), `sentAt ${event.sentAt}`);
  if ('text' in event) assert.ok(event.text.isWellFormed());
  if ('author' in event) assert.ok(event.author.id !== '' && event.author.name !== '');
  if ('destination' in event) assert.ok(Object.values(event.destination).every((value) => typeof value === 'string'));
}
