import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toMessageTexts } from '../../../adapters/discord/format.ts';

const word = fc.stringMatching(/^[a-zA-Zäöüß字😀0-9]{1,12}[.,;:!?]?$/u);
const sentence = fc.array(word, { minLength: 3, maxLength: 25 }).map((words) => words.join(' '));
const paragraph = fc.array(sentence, { minLength: 1, maxLength: 8 }).map((sentences) => sentences.join(' '));
const list = fc.array(sentence, { minLength: 1, maxLength: 20 }).map((items) => items.map((item) => `- ${item}`).join('\n'));
const numbered = fc
  .array(sentence, { minLength: 1, maxLength: 12 })
  .map((items) => items.map((item, index) => `${index + 1}. ${item}`).join('\n'));
const heading = sentence.map((text) => `## ${text}`);
const line = fc.tuple(fc.nat(6), sentence).map(([depth, text]) => '  '.repeat(depth) + text);
const code = fc
  .tuple(fc.constantFrom('', 'ts', 'python', 'sh'), fc.array(line, { minLength: 1, maxLength: 90 }))
  .map(([language, lines]) => `\`\`\`${language}\n${lines.join('\n')}\n\`\`\``);
const block = fc.oneof(paragraph, list, numbered, heading, code);
const answer = fc
  .array(block, { minLength: 1, maxLength: 60, size: 'max' })
  .map((blocks) => blocks.join('\n\n'))
  .filter(({ length }) => length <= 40_000);

/** What a reader reads: without the marks of code blocks, which are set again where one goes on, and without white space, which cuts take. */
function read(text: string): string {
  return text.replaceAll(/^```\w*$/gm, '').replaceAll(/\s+/g, '');
}

test('of 1,000 answers of up to 40,000 characters a reader sees all, in order and once, in messages within the limit whose code blocks are closed', () => {
  let longest = 0;
  fc.assert(
    fc.property(answer, (markdown) => {
      longest = Math.max(longest, markdown.length);

      const parts = toMessageTexts(markdown);

      assert.equal(read(parts.join('\n')), read(markdown));
      for (const part of parts) {
        assert.ok(part.length <= 2000 && part.trim() !== '');
        assert.equal((part.match(/^```/gm) ?? []).length % 2, 0, part);
      }
    }),
    { numRuns: 1000, seed: 40_000 },
  );
  assert.ok(longest > 30_000, `the longest had ${longest} characters`);
});
