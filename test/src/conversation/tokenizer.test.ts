import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessage } from '../../support/inbound.ts';
import { createTestParley } from '../../support/test-parley.ts';

test('loads the tokenizer only when a conversation comes near its budget', async (t) => {
  let loads = 0;
  const loadTokenizer = async (): Promise<void> => {
    loads += 1;
  };
  const parley = createTestParley(t, { contextTokens: 1_000, loadTokenizer });
  await parley.start();

  await parley.receive(createMessage('a short question'));
  const afterShort = loads;
  await parley.receive(createMessage('word '.repeat(2_000)));

  assert.equal(afterShort, 0);
  assert.equal(loads, 1);
  assert.equal(parley.model.requests.length, 2);
  await parley.stop();
});
