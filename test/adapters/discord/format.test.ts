import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { closeOpenFence, toDiscordMarkdown, toMessageTexts } from '../../../adapters/discord/format.ts';

describe('Markdown for Discord', () => {
  test('a table becomes aligned text in a code block', () => {
    const table = ['| Day | Opens |', '|:---|---:|', '| Monday | 9 |', '| Sunday \\| holiday | `a|b` |', 'after'].join('\n');

    const shown = toDiscordMarkdown(table);

    assert.equal(
      shown,
      [
        '```',
        'Day              | Opens',
        '-----------------|------',
        'Monday           | 9',
        'Sunday | holiday | `a|b`',
        '```',
        'after',
      ].join('\n'),
    );
  });

  test('a table too wide for a screen is not padded, so that it does not swell', () => {
    const rows = Array.from({ length: 50 }, () => '| x | y |');
    const table = [`| ${'wide '.repeat(60)} | b |`, '|-|-|', ...rows].join('\n');

    assert.ok(toDiscordMarkdown(table).length < table.length + 100);
  });

  test('a table whose cells would end the code block stays as it is', () => {
    const table = '| a | b |\n|---|---|\n| ``` | x |';

    assert.equal(toDiscordMarkdown(table), table);
  });

  test('headings below the third level become bold, the others stay', () => {
    assert.equal(
      toDiscordMarkdown('### Three\n#### Four ####\n###### **Six**\n##### C#'),
      '### Three\n**Four**\n**Six**\n**C#**',
    );
  });

  test('mass mentions are disarmed, hidden text is shown, images become links', () => {
    assert.equal(toDiscordMarkdown('@everyone @Here a || b'), '@\u200beveryone @\u200bHere a \\|\\| b');
    assert.equal(toDiscordMarkdown('![chart](https://x.test/c.png)'), '[chart](https://x.test/c.png)');
  });

  test('code is left alone, in blocks and in lines', () => {
    const code = '```sh\n#### not a heading\n@everyone\n| a | b |\n|---|---|\n```\nuse `@here || true`';

    assert.equal(toDiscordMarkdown(code), code);
  });

  test('a text that breaks off inside a code block is shown with the block closed', () => {
    assert.equal(closeOpenFence('look:\n```js\nlet a'), 'look:\n```js\nlet a\n```');
    assert.equal(closeOpenFence('```\ndone\n```'), '```\ndone\n```');
  });
});

describe('an answer in several messages', () => {
  const words = fc.stringMatching(/^[a-zA-Z0-9äöü.,:;!?()[\]*_#>-]{1,30}$/);
  const blocks = fc.oneof(
    fc.array(words, { maxLength: 120 }).map((list) => list.join(' ')),
    fc.array(words, { maxLength: 60 }).map((list) => `\`\`\`ts\n${list.join('\n')}\n\`\`\``),
    fc
      .array(fc.tuple(words, words), { minLength: 1, maxLength: 30 })
      .map((rows) => ['| a | b |', '|---|---|', ...rows.map(([a, b]) => `| ${a} | ${b} |`)].join('\n')),
    fc.string({ unit: 'grapheme', maxLength: 3000 }),
  );

  test('every message is within the limit of Discord and none is empty', () => {
    fc.assert(
      fc.property(fc.array(blocks, { maxLength: 8 }), (parts) => {
        for (const text of toMessageTexts(parts.join('\n\n'))) {
          assert.ok(text.length <= 2000, String(text.length));
          assert.notEqual(text.trim(), '');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('no character of content is lost', () => {
    fc.assert(
      fc.property(fc.array(blocks, { maxLength: 8 }), (parts) => {
        const markdown = parts.join('\n\n');

        const shown = lettersOf(toMessageTexts(markdown).join('\n'));

        let at = 0;
        for (const letter of lettersOf(markdown)) {
          const found = shown.indexOf(letter, at);
          assert.notEqual(found, -1, `${letter} is missing`);
          at = found + 1;
        }
      }),
      { numRuns: 500 },
    );
  });

  test('what an attacker makes a model write costs linear time', () => {
    const floods = [
      '#### ' + ' '.repeat(50_000) + 'x',
      '-'.repeat(50_000) + '|x',
      '!['.repeat(25_000),
      '`'.repeat(50_000),
      '|`'.repeat(20_000) + '\n|-|',
      '~'.repeat(9000) + '\n' + 'a'.repeat(9000),
    ];
    for (const flood of floods) {
      const started = performance.now();

      const texts = toMessageTexts(flood);

      assert.ok(performance.now() - started < 2000, flood.slice(0, 10));
      assert.ok(texts.every((text) => text.length <= 2000));
    }
  });
});

/** Letters and digits: what Markdown never uses as its own marks. */
function lettersOf(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, '');
}
