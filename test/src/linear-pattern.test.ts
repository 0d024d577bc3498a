import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createLinearPattern } from '../../src/linear-pattern.ts';

const seed = Math.floor(Math.random() * 2 ** 31);

const often = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{2,}', '+?');
const simple = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\s', '\\b', '^', '$', '\\u{62}', '😀');

function sequenceOf(atom: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const part = fc.tuple(atom, often).map(([each, count]) => (/^(?:\^|\$|\\b)$/.test(each) ? each : each + count));
  return fc.array(part, { maxLength: 3 }).map((parts) => parts.join(''));
}

function nested(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const choice = fc.tuple(inner, inner).map(([one, other]) => `(?:${one}|${other})`);
  return sequenceOf(
    fc.oneof(
      simple,
      choice,
      inner.map((each) => `(${each})`),
    ),
  );
}

// Not deeper: it is JavaScript that takes too long then.
const pattern = nested(sequenceOf(simple));
const text = fc.array(fc.constantFrom('a', 'b', 'c', ' ', '\n', '😀'), { maxLength: 8 }).map((parts) => parts.join(''));

describe('a pattern in linear time', () => {
  test(`finds what JavaScript finds, seed ${seed}`, () => {
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        const covered = createLinearPattern(source).covered(subject);

        const native = [...subject.matchAll(new RegExp(source, 'gum'))].filter(([found]) => found !== '');
        for (const { 0: found, index } of native) {
          assert.ok(
            covered.some(({ start, end }) => start <= index && index + found.length <= end),
            `${source} in ${JSON.stringify(subject)}: ${found} at ${index}`,
          );
        }
        // Each piece begins where a match of JavaScript's begins as well.
        for (const { start } of covered) assert.match(subject.slice(start), new RegExp(`^(?:${source})|[^]`, 'um'));
        if (native.length > 0) assert.ok(createLinearPattern(source).test(subject));
      }),
      { seed, numRuns: 1_000 },
    );
  });

  test('says where all that it covers stands, and nothing where there is nothing', () => {
    const customer = createLinearPattern('\\bK-\\d{4,6}\\b', { ignoreCase: true });

    assert.deepEqual(customer.covered('K-1234, xK-1234 and k-123456'), [
      { start: 0, end: 6 },
      { start: 20, end: 28 },
    ]);
    assert.deepEqual(customer.covered('K-123 K-1234567'), []);
    assert.equal(customer.test('K-123'), false);
  });

  test('takes no longer for texts that are made to stop it', { timeout: 20_000 }, () => {
    for (const source of ['(a+)+$', '(?:a|a)*b', '(?:\\w+\\s?)*!', 'a|a.*b', '(?:a?){50}a{50}c']) {
      const hostile = createLinearPattern(source);

      assert.equal(typeof hostile.test(`${'a'.repeat(10_000)}-`), 'boolean');
    }
  });

  test('refuses what cannot be matched so, and what is too large, with the reason', () => {
    const refused: readonly (readonly [string, RegExp])[] = [
      ['(a)\\1', /refers back/],
      ['(?<n>a)\\k<n>', /refers back/],
      ['(?=a)', /ahead or behind/],
      ['(?<!a)b', /ahead or behind/],
      ['a{5000}', /too large/],
      ['(?:a{100}){100}', /too large/],
      ['(?:a{1,30}){1,30}', /too large/],
      ['(', /Unterminated group/],
      ['a'.repeat(1_001), /longer than 1000/],
      [`${'('.repeat(60)}a${')'.repeat(60)}`, /more than 50/],
    ];
    for (const [source, why] of refused) assert.throws(() => createLinearPattern(source), why, source);
  });
});
