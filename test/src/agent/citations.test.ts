import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCitations, firstFreeNumber } from '../../../src/agent/citations.ts';

const passage = { collection: 'folder', source: 'a.md', heading: 'A' };

test('a passage has one number, however often it is found', () => {
  const citations = createCitations();

  const numbers = [passage, { ...passage, heading: 'B' }, passage, { ...passage, collection: 'other' }].map(citations.cite);

  assert.deepEqual(numbers, [1, 2, 1, 3]);
  assert.deepEqual(
    citations.all().map(({ number, heading }) => `${number} ${heading}`),
    ['1 A', '2 B', '3 A'],
  );
});

test('what is found now has other numbers than the sources of earlier answers', () => {
  const first = firstFreeNumber([
    { role: 'user', text: 'What does [40] say?' },
    { role: 'assistant', text: 'This [1] and that [3].\n\n**Sources**\n1. A\n3. B' },
    { role: 'assistant', text: 'Nothing.' },
  ]);

  assert.equal(first, 4);
  assert.equal(createCitations(first).cite(passage), 4);
  assert.equal(firstFreeNumber([]), 1);
});
