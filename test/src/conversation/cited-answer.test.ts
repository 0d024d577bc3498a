import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as assertProperty, constantFrom, integer, oneof, property, uniqueArray } from 'fast-check';
import type { Citation } from '../../../src/agent/citations.ts';
import { withSources } from '../../../src/conversation/cited-answer.ts';

const returns: Citation = {
  ...{ number: 1, collection: 'folder', source: 'returns.md', heading: 'Returns › Time limit' },
  url: 'https://docs.example.com/returns',
};
const prices: Citation = { number: 2, collection: 'folder', source: 'prices.md', heading: 'Prices' };
const found = [returns, prices];

describe('an answer with its sources', () => {
  test('is followed by a list of what it refers to, numbered in the order in which that is mentioned', () => {
    const shown = withSources('It costs 5 EUR [2]. You have 30 days [1][2].', found);

    assert.equal(
      shown,
      [
        'It costs 5 EUR [1]. You have 30 days [2][1].',
        '',
        '**Sources**',
        '1. Prices (`prices.md`)',
        '2. [Returns › Time limit](https://docs.example.com/returns)',
      ].join('\n'),
    );
  });

  test('has no list where nothing is referred to, and is left as it is where nothing was found', () => {
    assert.equal(withSources('You have 30 days.', found), 'You have 30 days.');
    assert.equal(withSources('Look at list[3] and [4].', []), 'Look at list[3] and [4].');
  });

  test('loses references to what was not found', () => {
    assert.match(withSources('You have 30 days [1], or 40 [7].', found), /^You have 30 days \[1\], or 40\.\n/);
    assert.equal(withSources('You have 30 days [9].', found), 'You have 30 days.');
  });

  test('may refer to several at once, and in the ways that models are used to', () => {
    for (const marks of ['[2, 1]', '[2; 1]', '[^2][^1]', '【2†prices】【1】', '[2] [1]'])
      assert.match(withSources(`Both ${marks}.`, found), /^Both \[1\] ?\[2\]\.\n\n\*\*Sources\*\*\n1\. Prices/, marks);
  });

  test('may refer to a range of what was found; another range of numbers is none', () => {
    const more = [...found, { ...prices, number: 3, source: 'postage.md', heading: 'Postage' }];

    for (const marks of ['[1-3]', '[1–3]', '[1 - 2, 3]', '\\[1-3\\]'])
      assert.match(withSources(`All ${marks}.`, more), /^All \[1\]\[2\]\[3\]\.\n\n\*\*Sources\*\*\n1.*\n2.*\n3\. Postage/, marks);
    for (const other of ['[0-5]', '[1-900]', '[3-1]', '[2-4]'])
      assert.equal(withSources(`A value in ${other}.`, more), `A value in ${other}.`);
  });

  test('keeps code and links', () => {
    const kept = [
      '`list[1]`',
      '```\nlist[1]\n```',
      '~~~\n[2]',
      '[1](https://example.com)',
      '[1]: https://example.com',
      '``a`[1]``',
      '- As here:\n  ```\n  list[1]\n\n  list[2]\n  ```',
      '> ```\n> list[1]\n>\n> list[2]\n> ```',
      '[[1]](https://example.com)',
      '[see [1] here](https://example.com)',
      '![2](https://example.com/a_(b).png)',
      '[the docs][1]\n\n[1]: https://example.com',
      '[1][docs]\n\n[docs]: https://example.com',
      'https://example.com/?list[1]=2',
      '<https://example.com/list[1]>',
    ];
    for (const text of kept) assert.equal(withSources(text, found), text);
    assert.match(
      withSources('A stray ` mark [2].\n\nAnother ` one [1].', found),
      /^A stray ` mark \[1\]\.\n\nAnother ` one \[2\]\./,
    );
  });

  test('closes a code block that was left open before the list', () => {
    assert.match(withSources('As said [1]:\n```\ncode', found), /code\n```\n\n\*\*Sources\*\*/);
  });

  test('has the list once where the model has made one of its own', () => {
    const own = 'You have 30 days [1].\n\n**Sources:**\n- [1] returns.md\n- [2] prices.md';
    assert.equal(withSources(own, found).match(/Sources/g)?.length, 1);
    assert.doesNotMatch(withSources(own, found), /returns\.md/);
  });

  test('has the list in its own language', () => {
    assert.match(withSources('Sie können die Ware innerhalb von 30 Tagen zurückgeben [1].', found), /\n\*\*Quellen\*\*\n/);
    assert.match(withSources('[docs](https://example.com) [1]', found), /\n\*\*Sources\*\*\n/);
  });

  test('whatever it says and whatever was found: what is left refers to an entry of the list, and each entry is referred to', (t) => {
    const seed = Math.trunc(Math.random() * 2 ** 31);
    t.diagnostic(`seed ${seed}`);
    const piece = oneof(
      integer({ min: 0, max: 12 }).map((number) => `[${number}]`),
      constantFrom('`[4]` ', '\n```\n[4]\n```\n', '[5](https://example.com) ', '[[6]](https://example.com) '),
      constantFrom('word ', ' ', '\n', '\n\n', '. ', '【3】', '[1, 2]', '[^4]', '- ', '> ', '**', '\\', '!'),
    );
    const numbers = uniqueArray(integer({ min: 1, max: 9 }));
    assertProperty(
      property(array(piece, { maxLength: 30 }), numbers, (pieces, shown) => {
        const citations = shown.map((number) => ({ number, collection: 'c', source: `doc${number}`, heading: `Doc ${number}` }));
        const text = withSources(pieces.join(''), citations);
        if (citations.length === 0) return assert.equal(text, pieces.join(''));
        const [said = '', list = ''] = text.split('\n\n**Sources**\n');
        const entries = list === '' ? [] : list.split('\n').map((line) => Number.parseInt(line, 10));
        const marks = new Set(Array.from(withoutKept(said).matchAll(/\[(\d+)\]/g), ([, number]) => Number(number)));
        assert.deepEqual(
          entries,
          Array.from(entries, (_, index) => index + 1),
        );
        assert.deepEqual(
          [...marks].toSorted((one, other) => one - other),
          entries,
        );
      }),
      { seed, numRuns: 2_000 },
    );
  });

  test('takes time in proportion to its length, however it is written', () => {
    const hostile = [
      '`'.repeat(200_000),
      '[1'.repeat(100_000),
      '【1†'.repeat(60_000),
      ' '.repeat(200_000),
      '` '.repeat(100_000),
      '~~~\n'.repeat(50_000),
      '- ```\n'.repeat(40_000),
      '[[1]'.repeat(50_000),
      '[a](('.repeat(40_000),
      'https://a[1]='.repeat(15_000),
      '[1]: x\n'.repeat(30_000),
    ];
    for (const text of hostile) assert.ok(withSources(`${text}[1]`, found).length >= text.trim().length);
  });
});

describe('the line of a source', () => {
  const lineOf = (citation: Partial<Citation>): string =>
    withSources('[1]', [{ ...returns, ...citation }])
      .split('\n')
      .at(-1) ?? '';

  test('is one line of plain text, whatever its document says', () => {
    const heading = '](https://evil.example) **x**\n2. [Bank](https://evil.example) `code` <!channel> @everyone \u202egnp.exe';
    assert.equal(
      lineOf({ heading, url: undefined, source: 'a`b\n@here' }),
      String.raw`1. )(evil.example) \*\*x\*\* 2. (Bank)(evil.example) 'code' (!channel) ＠everyone gnp.exe (` + "`a'b ＠here`)",
    );
  });

  test('is a link only where its address is one of the web', () => {
    for (const url of ['javascript:alert(1)', 'https://user:word@example.com/', 'not an address', 'file:///etc/passwd'])
      assert.equal(lineOf({ url }), '1. Returns › Time limit (`returns.md`)', url);
    assert.equal(
      lineOf({ url: 'https://example.com/a_(b) c?d="|e`' }),
      '1. [Returns › Time limit](https://example.com/a_%28b%29%20c?d=%22%7Ce%60)',
    );
  });

  test('is cut where it is long', () => {
    assert.ok(lineOf({ heading: 'long '.repeat(200), source: 'x'.repeat(900), url: undefined }).length < 300);
    assert.doesNotMatch(lineOf({ url: `https://example.com/${'x'.repeat(2_000)}` }), /example\.com/);
  });
});

/** What the random texts hold that is no mark. */
function withoutKept(text: string): string {
  return text.replaceAll(/\n```\n\[4\]\n```|`\[4\]`|\[5\]\(https:\/\/example\.com\)|\[\[6\]\]\(https:\/\/example\.com\)/g, '');
}
