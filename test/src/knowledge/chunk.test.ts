import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { chunkDocument } from '../../../src/knowledge/chunk.ts';

test('puts each passage under the path of its headings', () => {
  const content =
    '# Handbook\n\nWelcome.\n\n## Orders\n\nHow to order.\n\n### Returns\n\nSend it back.\n\n## Contact\n\nWrite to us.\n';

  const { title, passages } = chunkDocument('handbook.md', content);

  assert.equal(title, 'Handbook');
  assert.deepEqual(passages, [
    { source: 'handbook.md', heading: 'Handbook', text: 'Welcome.', position: 0 },
    { source: 'handbook.md', heading: 'Handbook › Orders', text: 'How to order.', position: 1 },
    { source: 'handbook.md', heading: 'Handbook › Orders › Returns', text: 'Send it back.', position: 2 },
    { source: 'handbook.md', heading: 'Handbook › Contact', text: 'Write to us.', position: 3 },
  ]);
});

test('reads underlined headings, and headings without their markup', () => {
  const content =
    'Handbook\n========\n\nOne.\n\nThe *second* [part](x.md)\n---\n\nTwo.\n\n## `code` in snake_case ##\n\nThree.\n';

  const { passages } = chunkDocument('a.md', content);

  assert.deepEqual(
    passages.map(({ heading, text }) => [heading, text]),
    [
      ['Handbook', 'One.'],
      ['Handbook › The second part', 'Two.'],
      ['Handbook › code in snake_case', 'Three.'],
    ],
  );
});

test('names a document without headings after its file', () => {
  const { title, passages } = chunkDocument('faq/opening-hours.txt', 'We open at nine.\n\n# 9 is early\n');

  assert.equal(title, 'opening hours');
  assert.deepEqual(passages, [
    { source: 'faq/opening-hours.txt', heading: 'opening hours', text: 'We open at nine.\n\n# 9 is early', position: 0 },
  ]);
});

test('takes a number sign in a code block for code, not for a heading', () => {
  const content = '# Setup\n\n```sh\n# install\n\nnpm ci\n```\n\nDone.\n';

  const { passages } = chunkDocument('a.md', content);

  assert.deepEqual(
    passages.map(({ text }) => text),
    ['```sh\n# install\n\nnpm ci\n```\n\nDone.'],
  );
});

test('joins the lines of a paragraph and of a list item, but not items, tables, quotes, code and hard breaks', () => {
  const paragraph =
    'One line\nand the next.\n\n- first\n  goes on\n- second\n\n| a | b |\n| - | - |\n\n> said\n> so\n\nhard  \nbreak\n\n```\na\nb\n```\n';

  const { passages } = chunkDocument('a.md', paragraph);

  assert.equal(
    passages[0]?.text,
    'One line and the next.\n\n- first goes on\n- second\n\n| a | b |\n| - | - |\n\n> said\n> so\n\nhard\nbreak\n\n```\na\nb\n```',
  );
});

test('leaves front matter, comments and control characters out', () => {
  const content = '\ufeff---\ntitle: x\n---\n# A\u0007\n\nbefore <!-- hidden\n\n# no heading --> after\u202e\u0000\n';

  const { passages } = chunkDocument('a.md', content);

  assert.deepEqual(
    passages.map(({ heading, text }) => [heading, text]),
    [['A', 'before  after']],
  );
});

test('keeps a list whole, and an announcement with what it announces', () => {
  const filler = 'Words that fill the space. '.repeat(36).trim();
  const list = Array.from({ length: 12 }, (_, index) => `${index + 1}. Step number ${index + 1} of the way`).join('\n');

  const { passages } = chunkDocument('a.md', `# A\n\n${filler}\n\nDo this:\n\n${list}\n`);

  assert.deepEqual(
    passages.map(({ text }) => text),
    [filler, `Do this:\n\n${list}`],
  );
});

test('keeps the items of a list together across empty lines, with the paragraphs that belong to them', () => {
  const filler = 'x'.repeat(1_100);
  const list =
    '1. First\n\n   more of the first\n\n2. Second\n\n3. Third is said at some length, so that the list does not fit beside what stands before it: this is why it has to move';

  const { passages } = chunkDocument('a.md', `# A\n\n${filler}\n\n${list}\n\nAfter.\n`);

  assert.deepEqual(
    passages.map(({ text }) => text),
    [filler, `${list}\n\nAfter.`],
  );
});

test('cuts only what is longer than a passage by itself, and closes a code block that it cuts', () => {
  const code = Array.from({ length: 100 }, (_, index) => `line_${index} = ${index} * ${index}`).join('\n');

  const { passages } = chunkDocument('a.md', `# A\n\n\`\`\`py\n${code}\n\`\`\`\n`);

  assert.ok(passages.length > 1);
  for (const { text } of passages) {
    assert.ok(text.length <= 1_200);
    assert.match(text, /^```py\n[\s\S]*\n```$/);
  }
});

test('never exceeds the limit and never throws, whatever the document is', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      '# H',
      '## H2',
      '===',
      '---',
      '```',
      '~~~',
      '- item',
      '  more',
      '1. one',
      '| a | b |',
      '> q',
      '<!--',
      '-->',
      'text:',
      '    code',
    ),
    fc.string({ maxLength: 400, unit: 'binary' }),
    fc.lorem({ maxCount: 60 }),
  );
  const documents = fc.array(line, { maxLength: 60 }).map((lines) => lines.join('\n'));

  fc.assert(
    fc.property(documents, (content) => {
      const { passages } = chunkDocument('a.md', content);

      for (const [index, { text, position }] of passages.entries()) {
        assert.equal(position, index);
        assert.ok(text.length <= 1_200);
        assert.notEqual(text.trim(), '');
      }
    }),
    { numRuns: 300 },
  );
});

test('loses no word of what it cuts', () => {
  const word = fc.oneof(
    fc.stringMatching(/^[a-z]{1,12}$/),
    fc.constantFrom('end.', 'ärger?', '漢字。', '😀'),
    fc.stringMatching(/^[a-z]{1500}$/),
  );
  const paragraphs = fc.array(fc.array(word, { minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 8 });

  fc.assert(
    fc.property(paragraphs, (words) => {
      const { passages } = chunkDocument('a.txt', words.map((paragraph) => paragraph.join(' ')).join('\n\n'));

      const kept = passages
        .map(({ text }) => text)
        .join('')
        .replaceAll(/\s/g, '');
      assert.equal(kept, words.flat().join(''));
    }),
    { numRuns: 100 },
  );
});

test('reads a large and hostile document in linear time', () => {
  const hostile = [
    '<!--'.repeat(200_000),
    `# ${' #'.repeat(200_000)}`,
    '- a\n\n'.repeat(100_000),
    'x'.repeat(1_000_000),
    '`'.repeat(500_000),
  ];
  const startedAt = performance.now();

  for (const content of hostile) chunkDocument('a.md', content);

  assert.ok(performance.now() - startedAt < 20_000);
});
