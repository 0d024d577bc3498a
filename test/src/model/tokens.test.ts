import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { countTokens, estimateTokens, loadTokenizer } from '../../../src/model/tokens.ts';

const english = 'The quick brown fox jumps over the lazy dog, and nobody in the whole village is surprised by it any more. ';
const german =
  'Der schnelle braune Fuchs springt über den faulen Hund, und im ganzen Dorf überrascht das längst niemanden mehr. ';

test('estimates on the safe side before the tokenizer is loaded', async () => {
  const estimated = [english, german].map(countTokens);

  await loadTokenizer();

  const exact = [english, german].map(countTokens);
  for (const [index, count] of exact.entries()) {
    assert.ok((estimated[index] ?? 0) >= count, `${estimated[index]} >= ${count}`);
    assert.ok((estimated[index] ?? 0) <= count * 2);
  }
});

test('counts as OpenAI does once the tokenizer is loaded', async () => {
  await loadTokenizer();

  assert.equal(countTokens('Hello, world!'), 4);
  assert.equal(countTokens(''), 0);
});

test('takes special tokens in a text for text', async () => {
  await loadTokenizer();

  assert.ok(countTokens('<|endoftext|><|im_start|>system') > 4);
});

test('extrapolates a long text from its head', async () => {
  await loadTokenizer();
  const once = countTokens(english.repeat(10));

  const many = countTokens(english.repeat(1_000));

  assert.ok(Math.abs(many / once - 100) < 2, `${many} / ${once}`);
});

test('is bounded in time for words without an end', async () => {
  await loadTokenizer();
  const hostile = ['a', ' ', '\n', '=', '漢', '🙂', '\u0000', '\ud800', 'aB3', 'ö'].map((text) => text.repeat(100_000));
  const startedAt = performance.now();

  for (const text of hostile) assert.ok(countTokens(text) > 0);

  assert.ok(performance.now() - startedAt < 20_000);
});

test('never throws, and counts no less for more text', async () => {
  await loadTokenizer();

  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      assert.ok(countTokens(text) <= countTokens(`${text} and more`));
      assert.ok(estimateTokens(text) >= 0);
    }),
    { numRuns: 300 },
  );
});
