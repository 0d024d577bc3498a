import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createKnowledge } from '../../../src/knowledge/knowledge.ts';
import type { KnowledgeSource } from '../../../src/knowledge/source.ts';
import { silentLog } from '../../../src/log.ts';
import type { InboundMessage } from '../../../src/message.ts';
import { toFileBlock } from '../../../src/file-block.ts';
import { conversationIdOf, createDelete, createEdit, createFeedback, createMessage } from '../../support/inbound.ts';
import { createTestModel, done } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';
import { ingestNow, sourceOf } from './open-knowledge-store.ts';

async function openTickets(t: TestContext, { minGood = 1, allow }: Partial<KnowledgeSource> & { minGood?: number } = {}) {
  const model = createTestModel(async function* answer({ messages }) {
    yield { type: 'text' as const, text: `Turn the screw of ${messages.at(-1)?.text ?? ''}` };
    yield done('stop');
  });
  const parley = createTestParley(t, { model });
  await parley.start();
  const of = { adapters: ['fake'], channels: ['support', 'other'] };
  const source = sourceOf({ type: 'tickets', of, minGood }, { name: 'solved', allow });
  const knowledge = createKnowledge({ store: parley.store, log: silentLog, sources: async () => [source] });

  async function ask(text: string, channel = 'support'): Promise<InboundMessage> {
    const event = createMessage(text, { in: channel });
    await parley.receive(event);
    return event;
  }
  /** The newest answer of the channel. */
  async function judge(by: string, rating: 'good' | 'bad', channel = 'support'): Promise<void> {
    const sent = parley.adapter.sends.findLast(({ conversationId }) => conversationId === conversationIdOf(channel));
    const author = { id: by, name: by, isBot: false };
    await parley.receive(createFeedback({ in: channel, author, rating, outboundId: sent?.id }));
  }
  const find = async (question: string, channel = 'support') => {
    const place = { adapter: 'fake', tenant: 'T1', conversationId: conversationIdOf(channel) };
    return (await knowledge.search({ question, place })).map(({ text }) => text);
  };
  return { parley, ask, judge, find, sync: () => ingestNow(parley.store, source) };
}

test('an answer that was found good is found with its question, where the operator has said so and nowhere else', async (t) => {
  const { parley, ask, judge, find, sync } = await openTickets(t, { allow: [{ channels: ['support'] }] });
  await ask('the red lamp');
  await judge('ann', 'good');
  await ask('the green lamp');
  await ask('the blue lamp', 'private');
  await judge('ann', 'good', 'private');

  const first = await sync();
  const again = await sync();

  assert.deepEqual([first.added, again.added, again.unchanged], [1, 0, 1]);
  assert.deepEqual(await find('red lamp'), ['the red lamp\n\nTurn the screw of the red lamp']);
  assert.deepEqual(await find('red lamp', 'other'), []);
  assert.deepEqual(await find('green blue'), []);
  await parley.stop();
});

test('an answer that one person found bad is none, and so many must have found it good', async (t) => {
  const { parley, ask, judge, find, sync } = await openTickets(t, { minGood: 2 });
  await ask('the red lamp');
  await judge('ann', 'good');
  await sync();
  const byOne = await find('red lamp');
  await judge('bob', 'good');
  await sync();
  const byTwo = await find('red lamp');
  await judge('eve', 'bad');
  const report = await sync();

  assert.deepEqual([byOne.length, byTwo.length, report.removed, (await find('red lamp')).length], [0, 1, 1, 0]);
  await parley.stop();
});

test('what is edited or deleted is not found any more after the next look', async (t) => {
  const { parley, ask, judge, find, sync } = await openTickets(t);
  const deleted = await ask('the red lamp', 'support');
  await judge('ann', 'good');
  const edited = await ask('a green sofa', 'other');
  await judge('ann', 'good', 'other');
  await sync();
  const before = [await find('red lamp'), await find('green sofa', 'other')];

  await parley.receive(createDelete(deleted), createEdit(edited, 'a yellow sofa'));
  await sync();
  const after = [await find('red lamp'), await find('green sofa', 'other')];

  assert.deepEqual(
    before.map(({ length }) => length),
    [1, 1],
  );
  assert.deepEqual(after[0], []);
  assert.equal(
    after[1]?.some((text) => text.startsWith('a green sofa')),
    false,
  );
  await parley.stop();
});

test('files that came with a question are no part of it, and many tickets are read page by page', async () => {
  const { listTickets } = await import('../../../src/knowledge/tickets.ts');
  const block = toFileBlock([{ name: 'salary.txt', text: 'secret' }]);
  const turns = Array.from({ length: 450 }, (_, index) => ({
    ...{ cursor: 450 - index, turnId: `t${index}`, adapter: 'fake', tenant: 'T1', conversationId: 'fake:T1:c' },
    ...{ questions: index === 0 ? [block] : [block, `question ${index}`], answer: 'answer' },
  }));
  const asked: unknown[] = [];
  const store = {
    listSolved: async ({ limit, before }: { limit: number; before?: number | undefined }) => {
      asked.push(before);
      return turns.filter(({ cursor }) => cursor < (before ?? Infinity)).slice(0, limit);
    },
  };

  const { items } = await listTickets({ type: 'tickets', of: { tenants: ['T1'] }, minGood: 1 }, store);
  const none = await listTickets({ type: 'tickets', of: { tenants: ['T2'] }, minGood: 1 }, store);
  const read = await items[0]?.read({ document: undefined, problem: undefined }, new AbortController().signal);

  assert.deepEqual([items.length, none.items.length], [449, 0]);
  assert.deepEqual(asked.slice(0, 3), [undefined, 401, 351]);
  assert.equal(read?.type === 'read' && read.content.text, 'question 1\n\nanswer');
});
