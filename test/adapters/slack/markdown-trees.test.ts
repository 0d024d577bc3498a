import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { effectsOf } from '../../../adapters/slack/emulator/markup.ts';
import { neutralise, stableLength } from '../../../adapters/slack/format.ts';
import { messageLimit, splitForSlack } from '../../../adapters/slack/limits.ts';

const seed = Number(process.env['MARKDOWN_SEED'] ?? 20_261_123);
const people = new Map([
  ['U0ADA', ''],
  ['U0BOB', 'Bob'],
]);

/** What a model must not bring about, in forms that have to be told from text. */
const injections = fc.constantFrom(
  ...[
    '<!channel>',
    '<!here|here>',
    '<!everyone>',
    '<!subteam^S012|@ops>',
    '<!date^1392734382^{date}|now>',
    '<@U0EVE>',
    '<#C0GEN|general>',
  ],
  ...[
    '@here',
    '@channel',
    '_@everyone_',
    '<!\u200cchannel>',
    '<\u2060@U0EVE>',
    '&lt;!here&gt;',
    '@\u200dhere',
    '<@U0BOB>',
    '@Bob',
  ],
  ...[
    '[https://bank.example](https://evil.example)',
    '[bank\u200b.example](https://evil.example)',
    '![bank.example](https://evil.example)',
  ],
  ...[
    '<https://evil.example|https://bank.example>',
    '[x](javascript:alert(1))',
    '[bank.example][evil]',
    '[ok](https://ok.example)',
  ],
);

let count = 0;
/** Words that tell whether they are there. */
const word = fc
  .tuple(fc.constantFrom('word', 'слово', 'كلمة', '語', '👩‍🚀', 'snake_case'), fc.nat(2 ** 31))
  .map(([text, salt]) => `${text}Q${salt.toString(36)}Z${(count += 1)}Q`);
const phrase = fc.array(fc.oneof({ weight: 6, arbitrary: word }, { weight: 1, arbitrary: injections }), {
  minLength: 1,
  maxLength: 12,
});
const inline: fc.Arbitrary<string> = fc.letrec<{ inline: string }>((tie) => ({
  inline: fc.oneof(
    { maxDepth: 3 },
    phrase.map((words) => words.join(' ')),
    tie('inline').map((text) => `**${text}**`),
    tie('inline').map((text) => `_${text}_`),
    tie('inline').map((text) => `~~${text}~~`),
    word.map((text) => `\`${text}\``),
    word.map((text) => `[${text}](https://docs.example/${text.length} "title")`),
    word.map((text) => `![${text}](https://i.example/cat.png)`),
    word.map((text) => `[${text}][ref]`),
    fc.array(tie('inline'), { minLength: 1, maxLength: 3 }).map((texts) => texts.join(' ')),
  ),
})).inline;

const indent = (text: string, by: string): string => text.replaceAll(/^(?=.)/gm, by);
const code = fc
  .tuple(fc.constantFrom('```', '````', '~~~'), fc.constantFrom('', 'js', 'c++'), fc.array(phrase, { maxLength: 30 }), fc.nat(3))
  .map(([marks, info, lines, deep]) =>
    [marks + info, ...lines.map((line) => `${'  '.repeat(deep)}${line.join(' ')}`), marks].join('\n'),
  );
const cell = word;
const table = fc
  .array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 150 })
  .map((rows) => ['| a | b | c |', '|---|:-:|--:|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n'));
const long = fc.tuple(word, fc.nat(14_000)).map(([text, length]) => `${text} ${'lorem ipsum '.repeat(length / 12)}`);

const tree: fc.Arbitrary<string> = fc.letrec<{ block: string; blocks: string }>((tie) => ({
  block: fc.oneof(
    { maxDepth: 4 },
    inline,
    fc.tuple(fc.integer({ min: 1, max: 6 }), word).map(([level, text]) => `${'#'.repeat(level)} ${text}`),
    code,
    table,
    long,
    fc.constantFrom('---', '[ref]: https://ref.example', '[evil]: https://evil.example', '[^1]: note', '<div align="center">'),
    tie('block').map((text) => indent(text, '> ')),
    fc
      .array(tie('block'), { minLength: 1, maxLength: 4 })
      .map((items) => items.map((item) => `- ${indent(item, '  ').trimStart()}`).join('\n')),
    fc
      .array(tie('block'), { minLength: 1, maxLength: 4 })
      .map((items) => items.map((item, at) => `${at + 1}. ${indent(item, '    ').trimStart()}`).join('\n')),
    word.map((text) => `- [ ] ${text}`),
  ),
  blocks: fc.array(tie('block'), { minLength: 1, maxLength: 8 }).map((blocks) => blocks.join('\n\n')),
})).blocks;

/** By CommonMark: whether a code block is left open. */
function isBalanced(text: string): boolean {
  let fence: string | undefined;
  for (const line of text.split('\n')) {
    const [, marks, info = ''] = /^ {0,3}(`{3,}(?!.*`)|~{3,})(.*)$/.exec(line) ?? [];
    if (marks === undefined) continue;
    if (fence === undefined) fence = marks;
    else if (marks.startsWith(fence) && info.trim() === '') fence = undefined;
  }
  return fence === undefined;
}

test('of 1,000 generated texts nothing is lost, no part is too long, no code is left open, and nothing injected takes effect', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(tree, (markdown) => {
      const parts = splitForSlack(markdown).map((part) => neutralise(part, people));

      const whole = parts.join('\n');
      for (const [mark] of markdown.matchAll(/Q[0-9a-z]+Z\d+Q/g)) assert.ok(whole.includes(mark), `lost: ${mark}`);
      for (const part of parts) {
        assert.ok(part.length <= messageLimit + 300, `${part.length} characters`);
        assert.ok(part.isWellFormed());
        assert.ok(isBalanced(part), `open: ${part}`);
        const { mentions, links } = effectsOf(part);
        for (const mention of mentions) assert.ok(people.has(mention.slice(1)), `${mention} is live in: ${part}`);
        for (const { label, target } of links) {
          assert.ok(!label.includes('bank'), `${label} leads to ${target}`);
        }
      }
    }),
    { numRuns: 1_000, seed },
  );
});

test('of 1,000 generated texts what is shown while they grow is how they begin in the end', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(tree, fc.array(fc.nat(), { minLength: 1, maxLength: 12 }), fc.boolean(), (markdown, cuts, eager) => {
      const whole = neutralise(markdown, people);
      for (const cut of cuts) {
        const grown = markdown.slice(0, cut % (Math.min(markdown.length, 4_000) + 1));
        const end = stableLength(grown, eager, people);
        const shown = neutralise(grown.slice(0, end), people);

        assert.ok(whole.startsWith(shown), JSON.stringify({ grown: grown.slice(-300), shown: shown.slice(-300) }));
        const { mentions, links } = effectsOf(shown);
        for (const mention of mentions) assert.ok(people.has(mention.slice(1)), mention);
        for (const { label } of links) assert.ok(!label.includes('bank'), label);
      }
    }),
    { numRuns: 1_000, seed },
  );
});
