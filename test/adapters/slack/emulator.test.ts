import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startEmulator, startStream } from './emulator-scene.ts';
import type { Answer } from './emulator-scene.ts';

describe('the Web API', () => {
  test('takes each token for what it is made for, and no other', async (t) => {
    const { emulator, call } = await startEmulator(t);

    assert.equal((await call('auth.test')).ok, true);
    assert.equal((await call('auth.test', {}, { token: 'xoxb-wrong' })).error, 'invalid_auth');
    assert.equal((await call('auth.test', {}, { token: emulator.appToken })).error, 'not_allowed_token_type');
    assert.equal((await call('apps.connections.open')).error, 'not_allowed_token_type');
    assert.equal((await call('apps.connections.open', {}, { token: emulator.appToken })).ok, true);
    assert.equal((await call('no.such.method')).error, 'unknown_method');
  });

  test('posts by form and by JSON, as Markdown, as chunks and as text', async (t) => {
    const { emulator, call, channel } = await startEmulator(t);
    const metadata = { event_type: 'x', event_payload: { id: 1 } };

    for (const json of [true, false]) {
      await call('chat.postMessage', { channel: channel.id, markdown_text: '**a**', metadata }, { json });
      await call('chat.postMessage', { channel: channel.id, text: 'a' }, { json });
    }

    assert.deepEqual(
      emulator.messages(channel.id).map(({ text, metadata: kept }) => [text, kept]),
      [
        ['**a**', metadata],
        ['a', undefined],
        ['**a**', metadata],
        ['a', undefined],
      ],
    );
  });

  test('keeps the limits', async (t) => {
    const { emulator, call, channel } = await startEmulator(t);
    const post = async (args: object): Promise<string | undefined> =>
      (await call('chat.postMessage', { channel: channel.id, ...args })).error;

    assert.equal(await post({ markdown_text: 'x'.repeat(12_000) }), undefined);
    assert.equal(await post({ markdown_text: 'x'.repeat(12_001) }), 'msg_too_long');
    assert.equal(await post({ markdown_text: '' }), 'no_text');
    assert.equal(await post({ markdown_text: 'a', text: 'b' }), 'markdown_text_conflict');
    assert.equal(await post({ markdown_text: 'a', metadata: '{' }), 'invalid_metadata_format');
    assert.equal(await post({ markdown_text: 'a', metadata: { event_type: 7 } }), 'invalid_metadata_format');
    assert.equal(await post({ channel: 'C404', markdown_text: 'a' }), 'channel_not_found');
    emulator.channel('general').isArchived = true;
    assert.equal(await post({ markdown_text: 'a' }), 'is_archived');
    emulator.channel('general').hasBot = false;
    assert.equal(await post({ markdown_text: 'a' }), 'not_in_channel');
  });

  test('lets nobody change or delete what another wrote', async (t) => {
    const { emulator, call } = await startEmulator(t);
    const { channel, ts } = emulator.say({ text: 'mine' });

    assert.equal((await call('chat.update', { channel, ts, markdown_text: 'yours' })).error, 'cant_update_message');
    assert.equal((await call('chat.delete', { channel, ts })).error, 'cant_delete_message');
    assert.equal((await call('chat.update', { channel, ts: '1.000001', markdown_text: 'yours' })).error, 'message_not_found');
  });

  test('gives metadata only to who asks for it, and never the Markdown that was sent', async (t) => {
    const { emulator, call, channel } = await startEmulator(t);
    const { ts } = emulator.say({ text: 'hello' });
    const metadata = { event_type: 'x', event_payload: { id: 1 } };
    await call('chat.postMessage', { channel: channel.id, thread_ts: ts, markdown_text: '## **a**', metadata });

    const plain = await call('conversations.replies', { channel: channel.id, ts });
    const full = await call('conversations.replies', { channel: channel.id, ts, include_all_metadata: true });

    assert.deepEqual(
      plain.messages?.map((message) => [message['text'], message['metadata']]),
      [
        ['hello', undefined],
        ['*a*', undefined],
      ],
    );
    assert.deepEqual(full.messages?.[1]?.['metadata'], metadata);
  });

  test('gives threads in pages, and only what lies in the range', async (t) => {
    const { emulator, call, channel } = await startEmulator(t, { pageSize: 2 });
    const root = emulator.say({ text: 'root' });
    const replies = ['a', 'b', 'c'].map((text) => emulator.say({ text, threadTs: root.ts }));

    const first = await call('conversations.replies', { channel: channel.id, ts: root.ts, oldest: replies[0]?.ts });
    const second = await call('conversations.replies', {
      channel: channel.id,
      ts: root.ts,
      oldest: replies[0]?.ts,
      cursor: first.response_metadata?.next_cursor,
    });

    assert.deepEqual(
      [first, second].map(({ messages }) => messages?.map(({ text }) => text)),
      [['root', 'b'], ['c']],
    );
    assert.equal(second.response_metadata?.next_cursor, '');
    assert.equal((await call('conversations.replies', { channel: channel.id, ts: '1.000001' })).error, 'thread_not_found');
  });

  test('makes timestamps that never repeat, even when the clock stands still', async (t) => {
    const { emulator } = await startEmulator(t);

    const said = Array.from({ length: 500 }, () => emulator.say({ text: 'x' }).ts);

    assert.equal(new Set(said).size, 500);
    assert.deepEqual(said.toSorted(), said);
  });
});

describe('streams', () => {
  test('outside of direct messages they need to know for whom they are', async (t) => {
    const { emulator, call, channel } = await startEmulator(t);
    const { ts } = emulator.say({ text: 'hello' });
    const direct = emulator.say({ text: 'hello', direct: true });
    const start = (args: object): Promise<Answer> =>
      call('chat.startStream', { channel: channel.id, thread_ts: ts, markdown_text: 'a', ...args });

    assert.equal((await start({})).error, 'missing_recipient_team_id');
    assert.equal((await start({ recipient_team_id: 'T1' })).error, 'missing_recipient_user_id');
    assert.equal((await start({ recipient_team_id: 'T1', recipient_user_id: 'U1', thread_ts: '' })).error, 'invalid_thread_ts');
    assert.equal((await start({ channel: direct.channel, thread_ts: direct.ts })).ok, true);
  });

  test('while they last, they grow, and can be neither updated nor deleted; afterwards it is the other way round', async (t) => {
    const { emulator, call } = await startEmulator(t);
    const { said, message } = await startStream(call, emulator);
    const error = async (method: string, args: object = {}): Promise<string | undefined> =>
      (await call(method, { ...message, ...args })).error;

    assert.equal(await error('chat.appendStream', { chunks: [{ type: 'markdown_text', text: 'b' }] }), undefined);
    assert.equal(await error('chat.appendStream'), 'no_text');
    assert.equal(await error('chat.appendStream', { markdown_text: 'x'.repeat(12_001) }), 'msg_too_long');
    assert.equal(await error('chat.update', { markdown_text: 'c' }), 'streaming_state_conflict');
    assert.equal(await error('chat.delete'), 'cant_delete_message');
    assert.equal(await error('chat.stopStream', { markdown_text: 'c' }), undefined);
    assert.equal(await error('chat.appendStream', { markdown_text: 'd' }), 'message_not_in_streaming_state');
    assert.equal(await error('chat.stopStream'), 'message_not_in_streaming_state');
    assert.deepEqual(
      emulator.thread(said.channel, said.ts).map(({ text, streaming }) => [text, streaming]),
      [
        ['hello', false],
        ['abc', false],
      ],
    );
    assert.equal(await error('chat.update', { markdown_text: 'e' }), undefined);
    assert.equal(await error('chat.delete'), undefined);
    assert.equal(await error('chat.delete'), 'message_not_found');
  });

  test('end by themselves after five minutes', async (t) => {
    const { emulator, call, clock } = await startEmulator(t);
    const { message } = await startStream(call, emulator);

    await clock.advance(300_001);

    assert.equal((await call('chat.appendStream', { ...message, markdown_text: 'b' })).error, 'message_not_in_streaming_state');
    assert.equal((await call('chat.update', { ...message, markdown_text: 'whole' })).ok, true);
  });
});

describe('what people see', () => {
  test('every change is announced: a post, the growth of a stream, its end, an edit, a delete', async (t) => {
    const { emulator, call } = await startEmulator(t);
    const changes: string[] = [];
    emulator.onMessage(({ type, message }) =>
      changes.push(`${type} ${message.user}: ${message.text}${message.streaming ? '…' : ''}`),
    );

    const { message } = await startStream(call, emulator);
    await call('chat.appendStream', { ...message, markdown_text: 'b' });
    await call('chat.stopStream', { ...message });
    await call('chat.update', { ...message, markdown_text: 'c' });
    await call('chat.delete', { ...message });

    assert.deepEqual(changes, [
      'posted Ada: hello',
      'posted parley: a…',
      'updated parley: ab…',
      'updated parley: ab',
      'updated parley: c',
      'deleted parley: c',
    ]);
  });
});
