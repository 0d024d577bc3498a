import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventStatus } from '../../../src/adapter.ts';
import { ReplyChains } from '../../../adapters/discord/reply-chain.ts';
import type { Rest } from '../../../adapters/discord/rest.ts';
import type { EmulatedMessage } from '../../../adapters/discord/emulator/world.ts';
import { createContext, createWatch, onStage } from './support.ts';
import type { FakeContext, Stage } from './support.ts';

interface Scene extends Stage {
  readonly context: FakeContext;
  /** Reads of single messages. */
  readonly reads: string[];
  /** Somebody replies to somebody, each to the one before. */
  talk(count: number): EmulatedMessage[];
  /** The text of the question that replies to this message, as the core gets it. */
  asked(replyTo: string, text?: string): Promise<string>;
}

const people = ['Ben', 'Cleo'] as const;

/** An adapter whose ledger tells of every message that it has taken that it is answered. */
function scene(play: (scene: Scene) => Promise<void>): Promise<void> {
  return onStage(async (stage) => {
    const { emulator, watch } = stage;
    const status = async (tenant: string, eventId: string): Promise<EventStatus | undefined> => {
      const event = stage.context.events.find((each) => each.tenant === tenant && each.eventId === eventId);
      if (event?.type !== 'message') return undefined;
      const { conversationId, addressed } = event;
      return { eventId, conversationId, state: addressed ? 'answered' : 'ignored', acceptedAt: 0, answer: [] };
    };
    const context = { ...stage.context, status };
    await stage.start({ context });
    const reads: string[] = [];
    emulator.onCall((route, phase) => {
      if (phase === 'before' && route === 'GET /channels/:id/messages/:id') reads.push(route);
    });
    const talk = (count: number): EmulatedMessage[] => {
      const said: EmulatedMessage[] = [];
      for (let number = 1; number <= count; number += 1) {
        const before = said.at(-1);
        const user = people[number % 2] ?? 'Ben';
        said.push(emulator.say({ user, text: `said ${number}`, ...(before ? { replyTo: before.id } : {}) }));
      }
      return said;
    };
    const asked = async (replyTo: string, text = 'what of that?'): Promise<string> => {
      const { id } = emulator.say({ text, mention: true, replyTo });
      const found = () => context.messages().find(({ messageId }) => messageId === id);
      await watch.until(() => found() !== undefined, 'the question');
      return found()?.text ?? '';
    };
    await play({ ...stage, context, reads, talk, asked });
  });
}

describe('a question that replies to something', () => {
  test('has what that replies to before it, oldest first, with who said it', () =>
    scene(async ({ talk, asked, reads }) => {
      const [, , last] = talk(3);

      const text = await asked(last?.id ?? '');

      assert.equal(text, '> Cleo: said 1\n\n> Ben: said 2\n\n> Cleo: said 3\n\nwhat of that?');
      assert.equal(reads.length, 2);
    }));

  test('has five messages before it at the most: the nearest', () =>
    scene(async ({ talk, asked, reads }) => {
      const said = talk(8);

      const text = await asked(said.at(-1)?.id ?? '');

      assert.deepEqual(
        [...text.matchAll(/said \d/g)].map(([found]) => found),
        ['said 4', 'said 5', 'said 6', 'said 7', 'said 8'],
      );
      assert.equal(reads.length, 4);
    }));

  test('repeats nothing that the conversation knows, nor what is above that', () =>
    scene(async ({ emulator, talk, asked, reads }) => {
      const [, second] = talk(2);
      await asked(second?.id ?? '', 'first question');
      const before = reads.length;
      const question = emulator.messages(emulator.home.channelId).at(-1)?.id ?? '';
      const aside = emulator.say({ user: 'Ben', text: 'an aside', replyTo: question });

      const onAside = await asked(aside.id, 'and now?');
      const onQuestion = await asked(question, 'and then?');

      assert.equal(onAside, '> Ben: an aside\n\nand now?');
      assert.equal(onQuestion, 'and then?');
      assert.equal(reads.length, before, 'nothing was read for that');
    }));

  test('is asked with what can be read where a message is gone, or Discord is in trouble', () =>
    scene(async ({ emulator, talk, asked, reads }) => {
      const [first, , third] = talk(3);
      assert.ok(first && third);
      emulator.remove(first);
      const gone = await asked(third.id);

      const others = talk(3);
      emulator.faults.add({ route: 'GET /channels/:id/messages/:id', kind: 'server_error', times: 1 });
      const troubled = await asked(others[2]?.id ?? '');
      const before = reads.length;
      const soonAfter = await asked(others[2]?.id ?? '');

      assert.equal(gone, '> Ben: said 2\n\n> Cleo: said 3\n\nwhat of that?');
      assert.equal(troubled, '> Cleo: said 3\n\nwhat of that?');
      assert.equal(soonAfter, troubled);
      assert.equal(reads.length, before, 'Discord is left alone for a while');
    }));

  test('reads the same after an edit of its own words', () =>
    scene(async ({ emulator, context, watch, talk, asked }) => {
      const [, , last] = talk(3);
      await asked(last?.id ?? '');
      const question = emulator.messages(emulator.home.channelId).at(-1);
      assert.ok(question);

      emulator.edit(question, `<@${emulator.bot.id}> what of this?`);
      await watch.until(() => context.events.some(({ type }) => type === 'edit'));

      const edit = context.events.find(({ type }) => type === 'edit');
      assert.equal(edit?.type === 'edit' ? edit.text : '', '> Cleo: said 1\n\n> Ben: said 2\n\n> Cleo: said 3\n\nwhat of this?');
    }));

  test('that is none to the bot is not looked into further than Discord brings it along', () =>
    scene(async ({ emulator, context, watch, reads }) => {
      const { id: channelId } = emulator.thread();
      const one = emulator.say({ channelId, user: 'Ben', text: 'one' });
      const two = emulator.say({ channelId, user: 'Cleo', text: 'two', replyTo: one.id });
      const three = emulator.say({ channelId, user: 'Ben', text: 'three', replyTo: two.id });

      await watch.until(() => context.messages().some(({ messageId }) => messageId === three.id));

      assert.deepEqual([context.texts().at(-1), reads], ['> Cleo: two\n\nthree', []]);
    }));
});

describe('the chain of replies', () => {
  const channel = '1090000000000000001';
  const idOf = (number: number): string => String(1_574_448_294_963_183_616n + BigInt(number));
  const author = { id: '7', username: 'ben' };
  const receiver = { userId: '9', sessionId: 's', now: 0 };
  const reply = (to: Record<string, unknown>) => ({
    ...{ id: idOf(9), channel_id: channel, type: 19, content: 'well?', author },
    message_reference: { message_id: idOf(8), channel_id: channel },
    referenced_message: { id: idOf(8), channel_id: channel, author, content: 'before', message_reference: to },
  });

  const { signal } = new AbortController();

  function restOf(calls: string[], answer?: unknown): Rest {
    const call = async ({ route }: { route: string }) => {
      calls.push(route);
      return answer;
    };
    return { call } as unknown as Rest; // all that is called of it
  }

  async function follow(to: Record<string, unknown>, answer?: unknown) {
    const calls: string[] = [];
    const chains = new ReplyChains({ rest: restOf(calls, answer), context: createContext(createWatch()), signal });
    const data = reply(to);
    await chains.prepare([{ t: 'MESSAGE_CREATE', d: data }], receiver);
    return { calls, contents: chains.of(data)?.map(({ content }) => content) };
  }

  test('never leaves the channel, whatever a reference names or Discord answers', async () => {
    const elsewhere = await follow({ message_id: idOf(7), channel_id: '1090000000000000002' });
    const forwarded = await follow({ type: 1, message_id: idOf(7), channel_id: channel });
    const foreign = { id: idOf(7), channel_id: '1090000000000000002', author, content: 'a secret' };
    const swapped = await follow({ message_id: idOf(7), channel_id: channel }, foreign);

    assert.deepEqual([elsewhere.calls, forwarded.calls, swapped.calls.length], [[], [], 1]);
    for (const { contents } of [elsewhere, forwarded, swapped]) assert.deepEqual(contents, ['before']);
  });

  test('holds nothing that came in the same moment and is a question itself', async () => {
    const question = { id: idOf(8), channel_id: channel, type: 0, author, content: 'before' };
    const chains = new ReplyChains({ rest: restOf([]), context: createContext(createWatch()), signal });
    const data = reply({});

    await chains.prepare(
      [question, data].map((d) => ({ t: 'MESSAGE_CREATE', d })),
      receiver,
    );

    assert.deepEqual(chains.of(data), []);
  });

  test('ends, although messages claim to reply to each other', async () => {
    const loop = { id: idOf(8), channel_id: channel, author, content: 'again', message_reference: { message_id: idOf(8) } };

    const { calls } = await follow({ message_id: idOf(8) }, loop);

    assert.equal(calls.length, 4);
  });
});
