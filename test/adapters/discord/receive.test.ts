import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { parseConversationId } from '../../../src/conversation-id.ts';
import type { InboundEvent, InboundMessage } from '../../../src/message.ts';
import { toEvents } from '../../../adapters/discord/receive.ts';

const receiver = { userId: '110000000000000001', sessionId: 'session', now: Date.parse('2025-07-30T08:40:00Z') };
const withRole = { ...receiver, roleIds: new Set(['610000000000000001']) };

describe('what a Discord dispatch means', () => {
  test('a mention in a guild channel is addressed, and reads without the mention and with everybody by name', () => {
    const message = onlyMessage('message-mention');

    assert.deepEqual(message, {
      type: 'message',
      adapter: 'discord',
      tenant: '410000000000000001',
      conversationId: 'discord:410000000000000001:310000000000000001',
      eventId: '1400000000000000001',
      messageId: '1400000000000000001',
      sentAt: 1753856410742,
      author: { id: '210000000000000001', name: 'Ada', isBot: false },
      text: 'what did @Beacon mean by :lamp:?',
      attachments: [],
      addressed: true,
      isDirect: false,
      destination: {
        channelId: '310000000000000001',
        guildId: '410000000000000001',
        channelType: '0',
        replyTo: '1400000000000000001',
        userId: '210000000000000001',
      },
    });
  });

  test('an author has the roles that the message brings along, and nothing that is no id', () => {
    const written = message({
      ...{ content: 'hi <@110000000000000001>', mentions: [user('110000000000000001', 'bot')] },
      member: { roles: ['610000000000000001', 'admin', 7, null] },
    });

    const [event] = toEvents(written, receiver);

    assert.ok(event?.type === 'message');
    assert.deepEqual(event.author.roles, ['610000000000000001']);
  });

  test('a reply to the bot is addressed without a mention', () => {
    const message = onlyMessage('message-reply');

    assert.equal(message.addressed, true);
    assert.equal(message.replyTo, '1399999999999999999');
    assert.equal(message.text, 'and on Sundays?');
  });

  test('a reply to another person brings what that person said', () => {
    const message = onlyMessage('message-reply-to-person');

    assert.equal(message.text, '> Bea: The lamp was lit in 1823.\n> I think.\n\nis that right?');
  });

  test('a direct message is addressed, direct, of no guild, and keeps its attachments', () => {
    const message = onlyMessage('message-direct');

    assert.equal(message.tenant, '@me');
    assert.equal(message.conversationId, 'discord:@me:320000000000000001');
    assert.equal(message.isDirect, true);
    assert.equal(message.addressed, true);
    assert.deepEqual(message.attachments, [
      {
        name: 'plan.pdf',
        mimeType: 'application/pdf',
        sizeBytes: 48213,
        url: 'https://cdn.discordapp.com/attachments/1/2/plan.pdf?ex=1&is=2&hm=3',
      },
    ]);
  });

  test('talk in a thread is handed on as not addressed, under the name that its author has in the guild', () => {
    const message = onlyMessage('message-thread');

    assert.equal(message.addressed, false);
    assert.equal(message.conversationId, 'discord:410000000000000001:330000000000000001');
    assert.equal(message.author.name, 'Countess');
  });

  test('talk in a plain channel that does not speak to the bot is nothing', () => {
    assert.deepEqual(toEvents(load('message-chatter'), receiver), []);
  });

  test("a mention of the bot's own role is a mention of the bot", () => {
    const [known] = toEvents(load('message-role-mention'), withRole);

    assert.ok(known?.type === 'message');
    assert.equal(known.addressed, true);
    assert.equal(known.text, 'are you there?');
    assert.deepEqual(toEvents(load('message-role-mention'), receiver), []);
  });

  test('a forwarded message is read as a quotation', () => {
    assert.equal(onlyMessage('message-forward').text, '> Storm warning for tonight');
  });

  test('an edit is keyed by its time, so that two edits of one message are two events and a redelivery is none', () => {
    const events = toEvents(load('message-edit'), receiver);

    assert.deepEqual(events, [
      {
        type: 'edit',
        adapter: 'discord',
        tenant: '410000000000000001',
        conversationId: 'discord:410000000000000001:310000000000000001',
        eventId: '1400000000000000001:edit:2025-07-30T08:31:00.123000+00:00',
        messageId: '1400000000000000001',
        sentAt: Date.parse('2025-07-30T08:31:00.123Z'),
        text: 'what time do you open on Sundays?',
      },
    ]);
  });

  test('a link preview that Discord adds is no edit', () => {
    assert.deepEqual(toEvents(load('message-embed-update'), receiver), []);
  });

  test('deletions are one event per message, single or in bulk', () => {
    assert.deepEqual(ids(toEvents(load('message-delete'), receiver)), ['1400000000000000001:delete']);
    assert.deepEqual(ids(toEvents(load('message-delete-bulk'), receiver)), [
      '1400000000000000001:delete',
      '1400000000000000002:delete',
    ]);
  });

  test('what bots, webhooks and the platform itself write is nothing, and neither are other dispatches', () => {
    const dispatches: unknown = load('ignored');

    assert.ok(Array.isArray(dispatches));
    for (const dispatch of dispatches) assert.deepEqual(toEvents(dispatch, withRole), [], JSON.stringify(dispatch));
  });

  test('a guild is an installation only when it was joined just now, since every start shows all guilds again', () => {
    const joined = toEvents(load('guild-create'), receiver);
    const later = toEvents(load('guild-create'), { ...receiver, now: receiver.now + 86_400_000 });

    assert.deepEqual(
      joined.map(({ type, tenant }) => [type, tenant]),
      [['install', '410000000000000001']],
    );
    assert.deepEqual(later, []);
  });

  test('leaving a guild is an uninstallation, an outage of the guild is not', () => {
    assert.deepEqual(ids(toEvents(load('guild-delete'), receiver)), ['uninstall:410000000000000001:session:9']);
    assert.deepEqual(toEvents(load('guild-outage'), receiver), []);
  });

  test('a person named with patterns of the replacement language stays as named', () => {
    const dispatch = message({
      content: '<@1> and <@2>',
      mentions: [user('1', '$& $1'), user(receiver.userId, 'x'), user('2', '<@1>')],
    });

    const [event] = toEvents(dispatch, receiver);

    assert.ok(event?.type === 'message');
    assert.equal(event.text, '@$& $1 and @<@1>');
  });
});

describe('hostile dispatches', () => {
  const hostileText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom('<@', '<@!110000000000000001>'.repeat(50), '\ud800', '\0', '__proto__', '9'.repeat(400), '<'.repeat(5000)),
  );
  const anything = fc.oneof(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), hostileText);
  const snowflake = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
  const maybe = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
    fc.oneof({ arbitrary: good, weight: 4 }, { arbitrary: anything, weight: 1 });
  const someUser = fc.record({
    id: maybe(fc.constantFrom('1', receiver.userId)),
    username: maybe(hostileText),
    global_name: maybe(hostileText),
    bot: maybe(fc.constant(undefined)),
  });
  const dispatches = fc.record({
    t: fc.constantFrom(
      'MESSAGE_CREATE',
      'MESSAGE_UPDATE',
      'MESSAGE_DELETE',
      'MESSAGE_DELETE_BULK',
      'GUILD_CREATE',
      'GUILD_DELETE',
      'READY',
    ),
    s: maybe(fc.nat()),
    d: maybe(
      fc.record({
        id: maybe(snowflake),
        ids: maybe(fc.array(maybe(snowflake))),
        channel_id: maybe(snowflake),
        guild_id: maybe(fc.oneof(snowflake, fc.constant(undefined))),
        channel_type: maybe(fc.constantFrom(0, 1, 11, undefined)),
        type: maybe(fc.constantFrom(0, 19)),
        content: maybe(hostileText),
        author: maybe(someUser),
        member: maybe(fc.record({ nick: maybe(hostileText) })),
        mentions: maybe(fc.array(maybe(someUser))),
        mention_roles: maybe(fc.array(maybe(snowflake))),
        attachments: maybe(
          fc.array(maybe(fc.record({ filename: maybe(hostileText), size: maybe(fc.double()), url: maybe(fc.webUrl()) }))),
        ),
        referenced_message: maybe(fc.record({ author: maybe(someUser), content: maybe(hostileText) })),
        message_reference: maybe(fc.record({ message_id: maybe(snowflake) })),
        message_snapshots: maybe(fc.array(maybe(fc.record({ message: maybe(fc.record({ content: maybe(hostileText) })) })))),
        edited_timestamp: maybe(fc.oneof(fc.constant(null), hostileText)),
        joined_at: maybe(hostileText),
        webhook_id: maybe(fc.constant(undefined)),
        unavailable: maybe(fc.constant(undefined)),
      }),
    ),
  });

  test('never throw, and what comes of them is well-formed and survives JSON', () => {
    fc.assert(
      fc.property(fc.oneof(dispatches, anything), (dispatch) => {
        for (const event of toEvents(dispatch, withRole)) {
          assert.ok(parseConversationId(event.conversationId), event.conversationId);
          assert.ok(event.eventId.length > 0 && event.eventId.length < 200);
          assert.ok(Number.isFinite(event.sentAt));
          assert.deepEqual(JSON.parse(JSON.stringify(event)), event);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test('a flood of mention openings is read in linear time', () => {
    const dispatch = message({ content: '<@'.repeat(100_000), mentions: [user(receiver.userId, 'x')] });
    const started = performance.now();

    toEvents(dispatch, receiver);

    assert.ok(performance.now() - started < 2000);
  });
});

function load(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/discord/${name}.json`, import.meta.url), 'utf8'));
}

function onlyMessage(name: string): InboundMessage {
  const events = toEvents(load(name), receiver);
  assert.equal(events.length, 1);
  const [event] = events;
  assert.ok(event?.type === 'message');
  return event;
}

function ids(events: readonly InboundEvent[]): string[] {
  return events.map(({ eventId }) => eventId);
}

function message(fields: object): object {
  const base = { id: '1400000000000000001', channel_id: '3', guild_id: '4', channel_type: 0, type: 0, author: user('5', 'eve') };
  return { t: 'MESSAGE_CREATE', s: 1, d: { ...base, ...fields } };
}

function user(id: string, name: string): object {
  return { id, username: 'name', global_name: name };
}
