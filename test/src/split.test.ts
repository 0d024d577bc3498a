import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitMarkdown } from '../../src/split.ts';

/** Text as models write it: prose, lists, code with fences of every length, characters beyond the first plane, long words. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.lorem({ maxCount: 30, mode: 'words' }) },
  { weight: 2, arbitrary: fc.constantFrom('\n', '\n\n', '. ', ' ', '\t', '\r\n', '\n\n\n  ') },
  { weight: 3, arbitrary: fc.constantFrom('\n```\n', '\n```ts\n', '\n~~~\n', '\n````md\n', '\n````\n', '\n  ```js title="a b"\n', '\n~~~~ py\n') },
  { weight: 1, arbitrary: fc.constantFrom('👩‍🚀', '😀'.repeat(40), '字'.repeat(60), 'x'.repeat(90), '- item\n- item\n', '`` ` ``', '| a | b |\n') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);
const markdown = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
const limit = fc.integer({ min: 40, max: 400 });

test('keeps every text within the limit, and none is empty', () => {
  fc.assert(
    fc.property(markdown, limit, (text, max) => {
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

      assert.equal(bare(withoutAddedFences(texts)), bare(text));
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
    fc.property(markdown, limit, (text, max) => {
      const texts = splitMarkdown(text.toWellFormed(), max);

      for (const part of texts) assert.ok(part.isWellFormed());
    }),
    { numRuns: 2_000 },
  );
});

test('ends with any text and any limit, however small', () => {
  fc.assert(
    fc.property(markdown, fc.integer({ min: 1, max: 40 }), (text, max) => {
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

  const texts = splitMarkdown(text, 150);

  assert.ok(texts.length > 2);
  for (const part of texts.slice(1, -1)) assert.match(part, /^```ts\n {2}const [^]*\n```$/);
  assert.match(texts.at(-1) ?? '', /That is all\.$/);
  const code = texts.join('\n').split('\n').filter((line) => line.startsWith('  const'));
  assert.deepEqual(code, lines);
});

/** Undoes what a cut inside a code block adds: the closing fence at the end of a text, the opening one at the start of the next. */
function withoutAddedFences(texts: readonly string[]): string {
  let whole = texts[0] ?? '';
  for (const [index, next] of texts.slice(1).entries()) {
    const previous = texts[index] ?? '';
    const body = previous.slice(0, previous.lastIndexOf('\n') + 1);
    const last = previous.slice(previous.lastIndexOf('\n') + 1);
    const open = openFence(body);
    const [firstLine = '', ...rest] = next.split('\n');
    const isAdded = open !== undefined && firstLine === open && isFenceLine(last) && openFence(previous) === undefined;
    whole = isAdded ? whole.slice(0, whole.lastIndexOf('\n') + 1) + rest.join('\n') : whole + next;
  }
  return whole;
}

function isFenceLine(line: string): boolean {
  return /^(?:`{3,}|~{3,})$/.test(line);
}

/** An independent reading of fences: the opening line as it would be written anew, or undefined outside of code. */
function openFence(text: string): string | undefined {
  let open: { mark: string; line: string } | undefined;
  for (const line of text.split('\n')) {
    const [, mark, info = ''] = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$/.exec(line.replace(/\r$/, '')) ?? [];
    if (mark === undefined) continue;
    if (!open) open = { mark, line: mark + info.trimEnd() };
    else if (mark.charAt(0) === open.mark.charAt(0) && mark.length >= open.mark.length && info.trim() === '') open = undefined;
  }
  return open?.line;
}

function bare(text: string): string {
  return text.replaceAll(/\s+/g, '');
}
