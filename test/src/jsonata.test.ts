import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import jsonata from 'jsonata';
import { checkJsonata, evaluateJsonata } from '../../src/jsonata.ts';

const refused: readonly (readonly [string, RegExp])[] = [
  ['ticket.(', /^Expected "\)" before end of expression at position 8 in "ticket\.\("$/],
  ['$now()', /^\$now at position 4 is not to be had: an event that arrives again must give the same/],
  ['items.($millis() - at)', /^\$millis at position 14 /],
  ['$map(items, $random)', /^\$random /],
  ['$shuffle(items)', /^\$shuffle /],
  ['$eval(code)', /^\$eval /],
  ['"x" ~> $eval', /^\$eval /],
  ['{ "key": [items[$now() > at]] }', /^\$now /],
  ['['.repeat(20_000), /^It is nested too deeply in "\[{300}\.\.\."$/],
];

for (const [expression, message] of refused) {
  test(`refuses ${expression.slice(0, 40)}`, () => {
    assert.throws(
      () => checkJsonata(expression),
      (error) => error instanceof TypeError && message.test(error.message),
    );
  });
}

test('takes what gives the same each time, also under names of functions that do not', () => {
  for (const expression of [
    'ticket.now',
    '{"now": 1}.now',
    '"$now()"',
    'items[%.id = 1]',
    '$sort(items, function($a, $b) { $a > $b })',
  ])
    assert.doesNotThrow(() => checkJsonata(expression), expression);
});

test('pads as JSONata itself does, as far as it pads', async () => {
  const padded = fc.record({
    text: fc.string({ unit: 'grapheme', maxLength: 8 }),
    width: fc.double({ min: -20, max: 20, noNaN: true }),
    filler: fc.constantFrom('', ' ', 'ab', '😀', 'xyz'),
  });

  await fc.assert(
    fc.asyncProperty(padded, async (data) => {
      const written = '$pad(text, width, filler)';
      const value = await evaluateJsonata(written, { data });
      assert.equal(value, await jsonata(written).evaluate(data));
    }),
  );
});

test('changes nothing of what it is given', async () => {
  const data = { list: [3, 1, 2], inner: { a: 1 } };

  await evaluateJsonata('$sort(list) ~> $append([$merge([inner, {"a": 2}]), $ ~> |inner|{"b": 1}|])', { data });

  assert.deepEqual(data, { list: [3, 1, 2], inner: { a: 1 } });
});
