import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toEvents } from '../../../adapters/slack/receive.ts';
import { readFixture, receive, receivedAt } from './fixtures.ts';

const botId = 'U0LAN0Z89';

describe('messages', () => {
  test('a mention becomes a message in Markdown without the mention of the bot, addressed, answered in its thread', () => {
    const events = receive('app-mention');

    assert.deepEqual(events, [
      {
        type: 'message',
        adapter: 'slack',
        tenant: 'T024BE7LD',
        eventId: 'C123ABC456:1515449522.000016',
        messageId: '1515449522.000016',
        sentAt: 1_515_449_522_000,
        conversationId: 'slack:T024BE7LD:C123ABC456:1515449522.000016',
        author: { id: 'U061F7AUR', name: 'U061F7AUR', isBot: false },
        text: 'is it everything a river should be? See [the map](https://example.com/a?b=1&c=2) & ask @U2147483697',
        attachments: [],
        addressed: true,
        isDirect: false,
        destination: {
          ...{ channel: 'C123ABC456', threadTs: '1515449522.000016', teamId: 'T024BE7LD', userId: 'U061F7AUR' },
          named: 'U2147483697 U2147483697',
        },
      },
    ]);
  });

  test('the two events of one mention are the same event to Parley, although one alone tells what channel it is', () => {
    const [told] = receive('message-channel');
    const [untold] = receive('app-mention');

    assert.ok(told?.type === 'message' && untold?.type === 'message');
    assert.deepEqual([told.audience, untold.audience], ['public', undefined]);
    assert.deepEqual(told, { ...untold, audience: 'public' });
  });

  test('a channel is public only where Slack says so, and never with people of other organisations in it', () => {
    const audienceOf = (type: string, rest: object = {}): unknown => {
      const { event, ...body } = readFixture('message-channel') as { event: object };
      const [message] = toEvents({ ...body, ...rest, event: { ...event, channel_type: type } }, { receivedAt });
      return message?.type === 'message' && message.audience;
    };

    assert.equal(audienceOf('channel'), 'public');
    for (const type of ['group', 'mpim', 'im', 'app_home', '']) assert.equal(audienceOf(type), undefined);
    assert.equal(audienceOf('channel', { is_ext_shared_channel: true }), 'outside');
  });

  test('a message that Slack held back is as old as its sending on, not as its writing, and never from the future', () => {
    const body = readFixture('message-im');
    const sentAt = (eventTime: number): number | undefined =>
      toEvents({ ...body, event_time: eventTime }, { receivedAt })[0]?.sentAt;

    assert.equal(sentAt(receivedAt / 1000 - 5), receivedAt - 5_000);
    assert.equal(sentAt(receivedAt / 1000 + 86_400), receivedAt);
    assert.equal(sentAt(0), 1_355_517_523_000);
  });

  test('a direct message is addressed to the bot without any mention', () => {
    const [message] = receive('message-im');

    assert.ok(message?.type === 'message');
    assert.equal(message.isDirect, true);
    assert.equal(message.addressed, true);
    assert.equal(message.conversationId, 'slack:T024BE7LD:D024BE91L:1355517523.000005');
  });

  test('a group message is not addressed to the bot without a mention, and belongs to a conversation of several people', () => {
    const [mentioned] = receive('message-mpim');
    const [message] = receive('message-mpim', { text: 'What do we need for the trip?' });

    assert.ok(mentioned?.type === 'message' && message?.type === 'message');
    assert.deepEqual([mentioned.addressed, mentioned.isDirect, mentioned.text], [true, false, 'what do we need for the trip?']);
    assert.deepEqual([message.addressed, message.isDirect], [false, false]);
    assert.equal(message.conversationId, 'slack:T024BE7LD:G024BE91L:1355517523.000005');
  });

  test('a reply in a thread belongs to the conversation of the thread, and is not addressed to the bot by itself', () => {
    const [message] = receive('message-im', { channel_type: 'channel', channel: 'C9', thread_ts: '1355517000.000001' });

    assert.ok(message?.type === 'message');
    assert.equal(message.conversationId, 'slack:T024BE7LD:C9:1355517000.000001');
    assert.equal(message.replyTo, '1355517000.000001');
    assert.equal(message.addressed, false);
    assert.equal(message.destination['threadTs'], '1355517000.000001');
  });

  test('a file comes along as an attachment', () => {
    const [message] = receive('message-file-share');

    assert.ok(message?.type === 'message');
    assert.equal(message.text, 'what does this say?');
    assert.deepEqual(message.attachments, [
      {
        id: 'F2147483862',
        name: 'report.pdf',
        mimeType: 'application/pdf',
        sizeBytes: 12_345,
        url: 'https://files.slack.com/files-pri/T024BE7LD-F2147483862/download/report.pdf',
      },
    ]);
  });

  test('a person from another workspace is answered through that workspace', () => {
    const [message] = receive('message-channel', { user_team: 'T777' });

    assert.ok(message?.type === 'message');
    assert.equal(message.tenant, 'T024BE7LD');
    assert.equal(message.destination['teamId'], 'T777');
  });

  test('an author whose name the event tells is called by it', () => {
    const [message] = receive('message-im', { user_profile: { display_name: '', real_name: 'Ada Lovelace' } });

    assert.ok(message?.type === 'message');
    assert.equal(message.author.name, 'Ada Lovelace');
  });

  test('the bot is known by its user id where the event does not name an installation', () => {
    const body = { ...readFixture('message-channel'), authorizations: undefined };

    const [message] = toEvents(body, { userId: botId, receivedAt });

    assert.ok(message?.type === 'message');
    assert.equal(message.addressed, true);
    assert.doesNotMatch(message.text, new RegExp(botId));
  });

  test('a mention is addressed even where nobody has said yet who the bot is', () => {
    const [message] = toEvents({ ...readFixture('app-mention'), authorizations: [] }, { receivedAt });

    assert.ok(message?.type === 'message');
    assert.equal(message.addressed, true);
  });

  for (const [what, change] of Object.entries({
    'of the bot itself': { user: botId },
    'of another bot': { bot_id: 'B2' },
    'of an integration': { subtype: 'bot_message', bot_id: 'B2', username: 'ci' },
    'of Slackbot': { user: 'USLACKBOT' },
    'that somebody joined': { subtype: 'channel_join' },
    'that the topic changed': { subtype: 'channel_topic' },
    'without an author': { user: undefined },
  })) {
    test(`a message ${what} is not for the bot`, () => {
      assert.deepEqual(receive('message-channel', change), []);
    });
  }

  test('the beginning of its own stream is not for the bot', () => {
    assert.deepEqual(receive('message-own-stream'), []);
  });

  for (const subtype of ['thread_broadcast', 'me_message']) {
    test(`a message of the kind ${subtype} is one like any other`, () => {
      assert.equal(receive('message-channel', { subtype })[0]?.type, 'message');
    });
  }
});

describe('edits and deletes', () => {
  test('an edit carries the new text under a key of its own', () => {
    assert.deepEqual(receive('message-changed'), [
      {
        type: 'edit',
        adapter: 'slack',
        tenant: 'T024BE7LD',
        messageId: '1355517523.000005',
        sentAt: 1_358_878_755_000,
        eventId: 'C123ABC456:1355517523.000005:edit:1358878755.000000',
        conversationId: 'slack:T024BE7LD:C123ABC456:1355517523.000005',
        text: 'Hello, world <3',
      },
    ]);
  });

  test('a change that leaves the text as it was is none: a reply below, a preview of a link', () => {
    assert.deepEqual(receive('message-replied'), []);
  });

  test('an edit of a message of the bot is not for the bot', () => {
    const { event } = readFixture('message-changed');

    assert.deepEqual(receive('message-changed', { message: { ...event['message'], bot_id: 'B1' } }), []);
  });

  test('a delete names the message and the conversation that it stood in', () => {
    assert.deepEqual(receive('message-deleted'), [
      {
        type: 'delete',
        adapter: 'slack',
        tenant: 'T024BE7LD',
        messageId: '1358878749.000002',
        sentAt: 1_358_878_755_000,
        eventId: 'C123ABC456:1358878749.000002:delete',
        conversationId: 'slack:T024BE7LD:C123ABC456:1358878700.000001',
      },
    ]);
  });

  test('a deleted message that keeps its place because of its replies is deleted all the same', () => {
    const [event] = receive('message-tombstone');

    assert.equal(event?.type, 'delete');
    assert.equal(event?.eventId, 'C123ABC456:1355517523.000005:delete');
  });
});

describe('everything else', () => {
  test('the removal of the app is an uninstall', () => {
    const [event] = receive('app-uninstalled');

    assert.equal(event?.type, 'uninstall');
    assert.equal(event?.eventId, 'Ev0PV52K31');
    assert.equal(event?.tenant, 'T024BE7LD');
  });

  test('a slash command is a command of one person in one channel', () => {
    const [command] = toEvents(readFixture('slash-command'), { receivedAt });

    assert.deepEqual(command, {
      type: 'command',
      adapter: 'slack',
      tenant: 'T024BE7LD',
      eventId: 'command:13345224609.738474920.8088930838d88f008e0',
      name: 'ask',
      sentAt: receivedAt,
      conversationId: 'slack:T024BE7LD:C123ABC456:U2147483697:private',
      text: 'what is @ann up to?',
      audience: 'author',
      author: { id: 'U2147483697', name: 'steve', isBot: false },
      destination: {
        channel: 'C123ABC456',
        teamId: 'T024BE7LD',
        userId: 'U2147483697',
        named: 'U061F7AUR ann',
        ephemeral: 'true',
      },
    });
  });

  test('help and reset may be the word after a command that bears the name of the app', () => {
    const [command] = toEvents({ ...readFixture('slash-command'), command: '/parley', text: ' Reset ' }, { receivedAt });

    assert.ok(command?.type === 'command');
    assert.deepEqual([command.name, command.text], ['reset', '']);
  });

  test('so may be what is remembered and the wish to be forgotten, which has to say whom', () => {
    const parse = (text: string) => {
      const [command] = toEvents({ ...readFixture('slash-command'), text }, { receivedAt });
      return command?.type === 'command' ? [command.name, command.text, command.audience] : [];
    };

    assert.deepEqual(parse('memory'), ['memory', '', 'author']);
    assert.deepEqual(parse(' Forget me '), ['forget', 'me', 'author']);
    assert.deepEqual(parse('forget').slice(0, 2), ['ask', 'forget']);
    assert.deepEqual(parse('reset me').slice(0, 2), ['ask', 'reset me']);
    assert.deepEqual(parse('forget me not').slice(0, 2), ['ask', 'forget me not']);
  });

  test('events of other kinds are nothing to Parley', () => {
    for (const type of ['reaction_added', 'app_home_opened', 'member_joined_channel', 'team_join']) {
      assert.deepEqual(receive('message-channel', { type }), []);
    }
  });
});

describe('the Stop button of agent sessions', () => {
  test('it means the conversation of the thread in which it was pressed', () => {
    assert.deepEqual(receive('agent-session-stopped'), [
      {
        type: 'stop',
        adapter: 'slack',
        tenant: 'T024BE7LD',
        eventId: 'stop:Ev0STOPPED01',
        sentAt: 1_515_449_533_000,
        conversationId: 'slack:T024BE7LD:C123ABC456:1515449522.000016',
        author: { id: 'U061F7AUR', name: 'U061F7AUR', isBot: false },
      },
    ]);
  });

  test('it means nothing where its channel, thread or person is missing or no such thing', () => {
    for (const field of ['channel', 'thread_ts', 'user']) {
      for (const value of [undefined, null, '', 7, {}, ['C1'], 'x'.repeat(300)]) {
        assert.deepEqual(receive('agent-session-stopped', { [field]: value }), [], `${field}: ${JSON.stringify(value)}`);
      }
    }
  });
});
