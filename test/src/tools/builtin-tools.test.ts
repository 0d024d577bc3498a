import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ToolError } from '../../../src/errors.ts';
import { createCurrentTime } from '../../../src/tools/current-time.ts';
import { createSearchConversation } from '../../../src/tools/search-conversation.ts';
import { createSearchKnowledge } from '../../../src/tools/search-knowledge.ts';
import { createToolbox } from '../../../src/tools/toolbox.ts';
import type { ToolUse } from '../../../src/tools/tool.ts';

const use: ToolUse = {
  ...{ adapter: 'slack', tenant: 'T1', conversationId: 'slack:T1:C1:1', callId: 'c' },
  author: { id: 'U1', name: 'Ann', isBot: false },
  signal: new AbortController().signal,
};

test('the clock says date, weekday and time in the zone that is asked for', async () => {
  const tool = createCurrentTime({ now: () => Date.UTC(2026, 10, 23, 22, 30) });

  const here = await tool.run({}, use);
  const there = await tool.run({ timeZone: 'Asia/Tokyo' }, use);

  assert.match(here, /Monday.*23 November 2026.*22:30:00/);
  assert.match(there, /Tuesday.*24 November 2026.*07:30:00.*In UTC: 2026-11-23T22:30:00Z/);
  await assert.rejects(tool.run({ timeZone: 'Mars/Olympus' }, use), ToolError);
});

test('the search of documents gives passages with their sources, or says that there are none', async () => {
  const passage = {
    collection: 'folder',
    source: 'refunds.md',
    title: 'Refunds',
    heading: 'Refunds',
    text: 'Thirty days.',
    score: 1,
    excerpt: 'Thirty days.',
    position: 0,
  };
  const found = createSearchKnowledge({ search: async ({ question }) => (question === 'refunds?' ? [passage] : []) });

  assert.equal(await found.run({ question: 'refunds?' }, use), '[refunds.md: Refunds]\nThirty days.');
  assert.equal(await found.run({ question: 'refunds?' }, { ...use, cite: () => 7 }), '[7] refunds.md: Refunds\nThirty days.');
  assert.match(await found.run({ question: 'other' }, use), /Nothing was found/);
});

test('the search of a conversation ranks by words, newest first, and reads that conversation alone', async () => {
  const read: string[] = [];
  const said = (text: string, at: number) => ({ role: 'user', authorName: 'Ann', text, at }) as const;
  const tool = createSearchConversation(async (id) => {
    read.push(id);
    return [said('The budget is 40', 1), said('Budget of the Berlin office', 2), said('Lunch?', 3)];
  });

  const found = await tool.run({ words: 'berlin budget', conversationId: 'slack:T1:OTHER:1' }, use);

  assert.match(found, /Berlin office[^]*budget is 40/);
  assert.doesNotMatch(found, /Lunch/);
  assert.deepEqual(read, ['slack:T1:C1:1']);
});

test('a tool is offered where a rule allows it, and nowhere without one', () => {
  const tools = [createSearchConversation(async () => []), createCurrentTime({ now: () => 0 })];
  const limits = { steps: 1, callsPerStep: 1, callTimeoutMs: 1, totalMs: 1, resultLength: 1 };
  const names = (rules: Parameters<typeof createToolbox>[0]['rules'], place: Partial<ToolUse> = {}) =>
    createToolbox({ tools, rules, limits })
      .toolsFor({ ...use, ...place })
      .map(({ name }) => name);

  assert.deepEqual(names([]), []);
  assert.deepEqual(names([{ tools: ['*'] }]), ['current_time', 'search_conversation']);
  assert.deepEqual(names([{ tools: ['search_*'] }]), ['search_conversation']);
  assert.deepEqual(names([{ tools: ['*'], adapters: ['discord'] }]), []);
  assert.deepEqual(names([{ tools: ['*'], tenants: ['T2'] }]), []);
  assert.deepEqual(names([{ tools: ['*'], channels: ['C1'], people: ['U1'] }]), ['current_time', 'search_conversation']);
  assert.deepEqual(names([{ tools: ['*'], channels: ['C1'], people: ['U2'] }]), []);
  assert.deepEqual(names([{ tools: ['*'], channels: ['C1'] }], { conversationId: 'slack:T1:C10:1' }), []);
});
