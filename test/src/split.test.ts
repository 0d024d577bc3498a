import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { splitMarkdown } from '../../src/split.ts';

/** Text as models write it: prose, lists, code with fences of every length, characters beyond the first plane, long words. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.lorem({ maxCount: 30, mode: 'words' }) },
  { weight: 2, arbitrary: fc.constantFrom('\n', '\n\n', '. ', ' ', '\t', '\r\n', '\n\n\n  ', ' '.repeat(90)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom('\n```\n', '\n```ts\n', '\n~~~\n', '\n````md\n', '\n````\n', '\n  ```js\n', '\n~~~~p`y\n'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('👩‍🚀', '😀'.repeat(40), '字'.repeat(60), 'x'.repeat(90), '- item\n- item\n', '| a | b |\n'),
  },
);
/** What nobody writes, but a model may be made to. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    `\n\`\`\`${'i'.repeat(90)}\n`,
    `\n${'`'.repeat(70)}\n`,
    '`` ` ``',
    `\n${'~'.repeat(33)}\n`,
    '\n```a b c d e f g h i j k l m n\n',
  ),
);
const markdown = toText(piece);
const anything = toText(fc.oneof({ weight: 3, arbitrary: piece }, { weight: 1, arbitrary: hostile }));
const limit = fc.integer({ min: 80, max: 400 });

function toText(pieces: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(pieces, { maxLength: 40 }).map((texts) => texts.join(''));
}

test('keeps every text within the limit, and none is empty', () => {
  fc.assert(
    fc.property(anything, limit, (text, max) => {
      const texts = splitMarkdown(text, max);

      for (const part of texts) assert.ok(part.length <= max, `${part.length} > ${max}`);
      for (const part of texts) assert.notEqual(part.trim(), '');
    }),
    { numRuns: 2_000 },
  );
});

test('loses nothing but white space at the cuts, and adds nothing but fences', () => {
  fc.assert(
    fc.property(markdown, limit, (text, max) => {
      const texts = splitMarkdown(text, max);

      assert.equal(withoutFences(texts.join('\n')), withoutFences(text));
    }),
    { numRuns: 2_000 },
  );
});

test('leaves no fence open at the end of a text that another one follows', () => {
  fc.assert(
    fc.property(markdown, limit, (text, max) => {
      const texts = splitMarkdown(text, max);

      for (const part of texts.slice(0, -1)) assert.equal(openFence(part), undefined, JSON.stringify(part));
    }),
    { numRuns: 2_000 },
  );
});

test('never cuts a character in two', () => {
  fc.assert(
    fc.property(anything, limit, (text, max) => {
      const texts = splitMarkdown(text.toWellFormed(), max);

      for (const part of texts) assert.ok(part.isWellFormed());
    }),
    { numRuns: 2_000 },
  );
});

test('ends with any text and any limit, however small', () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 40 }), (text, max) => {
      const texts = splitMarkdown(text, max);

      assert.ok(texts.length <= text.length);
    }),
    { numRuns: 2_000 },
  );
});

test('leaves a text alone that fits', () => {
  assert.deepEqual(splitMarkdown('  a\n\nb  ', 20), ['  a\n\nb  ']);
  assert.deepEqual(splitMarkdown(' \n ', 20), []);
  assert.deepEqual(splitMarkdown('', 20), []);
});

test('cuts between paragraphs before it cuts between lines, sentences or words', () => {
  const text = `${'word '.repeat(11).trim()}.\n\nNext paragraph. With a sentence, ${'word '.repeat(8).trim()}`;

  const texts = splitMarkdown(text, 80);

  assert.deepEqual(texts, [`${'word '.repeat(11).trim()}.`, `Next paragraph. With a sentence, ${'word '.repeat(8).trim()}`]);
});

test('opens a code block again where it was cut, with the same fence and language', () => {
  const lines = Array.from({ length: 12 }, (_, index) => `  const line${index} = ${index};`);
  const text = `Look:\n\n\`\`\`ts\n${lines.join('\n')}\n\`\`\`\n\nThat is all.`;

  const texts = splitMarkdown(text, 110);

  assert.ok(texts.length > 2, String(texts.length));
  for (const part of texts.slice(1, -1)) assert.match(part, /^```ts\n {2}const [^]*\n```$/);
  assert.match(texts.at(-1) ?? '', /That is all\.$/);
  const code = texts
    .join('\n')
    .split('\n')
    .filter((line) => line.startsWith('  const'));
  assert.deepEqual(code, lines);
});

test('does not cut a fence from its info string', () => {
  const code = 'x'.repeat(90);

  const texts = splitMarkdown(`\`\`\`js title=a\n${code}\n\`\`\`\nAfter it.`, 80);

  assert.ok(texts.every((part) => part.startsWith('```js title=a\n') || part === 'After it.'));
  assert.equal(texts.join('').replaceAll(/[^x]/g, ''), code);
});

test('closes a code block that ends at the cut once only', () => {
  const code = Array.from({ length: 6 }, () => 'a line of code').join('\n');

  const texts = splitMarkdown(`\`\`\`\n${code}\n\`\`\`\n\n${'word '.repeat(20)}`, `\`\`\`\n${code}\n\`\`\``.length);

  assert.equal(texts[0], `\`\`\`\n${code}\n\`\`\``);
  assert.match(texts[1] ?? '', /^word/);
});

/** Without the lines that open or close code, and without white space. */
function withoutFences(text: string): string {
  const lines = text.split('\n').filter((line) => !/^ {0,3}(?:`{3,}[^`]*|~{3,}.*)$/.test(line));
  return lines.join('').replaceAll(/\s+/g, '');
}

/** An independent reading of fences: the opening line as it would be written anew, or undefined outside of code. */
function openFence(text: string): string | undefined {
  let open: { mark: string; line: string } | undefined;
  for (const line of text.split('\n')) {
    const [, mark, info = ''] = /^ {0,3}(`{3,32}(?=[^`]*$)|~{3,32}(?!~))(.*)$/.exec(line.replace(/\r$/, '')) ?? [];
    if (mark === undefined) continue;
    if (!open) open = { mark, line: mark + info.trimEnd() };
    else if (mark.charAt(0) === open.mark.charAt(0) && mark.length >= open.mark.length && info.trim() === '') open = undefined;
  }
  return open?.line;
}
