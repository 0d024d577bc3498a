import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { evaluateJob } from '../../../src/expressions/evaluate.ts';
import type { Expression, ExpressionResult } from '../../../src/expression.ts';

const expressions: readonly Expression[] = [
  { jsonata: '$' },
  { jsonata: '**.a' },
  { jsonata: '*[0] & a.b' },
  { jsonata: '$merge([$, {"__proto__": {"polluted": 1}}])' },
  { jsonata: '$each($, function($v, $k) { {$k: $v} })' },
  { jsonata: '$string($) ~> $length()' },
  { jsonata: '$sum(**)' },
  { jsonata: '$match($string($), /"[a-z]+"/).match' },
  { jsonata: '$sort(*)' },
  { jsonata: '$ ~> |**|{"constructor": 1, "toString": 2}|' },
  { jsonata: 'a.constructor.constructor("return process")()' },
  { jsonata: '$lookup($, "__proto__")' },
  { liquid: '{{ a }}{{ webhook.body }}{% for each in webhook.body %}{{ each }}{% endfor %}' },
  { liquid: '{% if a %}{{ a | json | upcase | split: "" | reverse | join: "-" }}{% endif %}' },
  { liquid: '{{ a.constructor.name }}{{ a.__proto__.polluted }}' },
  { liquid: '{{ a | default: webhook | map: "b" | sort | first | date: "%Y" }}' },
];
const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];

/** What JSON can hold, with the names that mean something to JavaScript. */
const name = fc.constantFrom(
  'a',
  'b',
  'x',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  'length',
  'sequence',
  '_jsonata_lambda',
);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, false, '', 'now', '{{ a }}', '$eval'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  ),
})).value;

/** JSON.stringify would leave `__proto__` out, and call `toJSON`. */
function write(value: unknown): string {
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(',')}}`;
  return Array.isArray(value) ? `[${value.map(write).join(',')}]` : (JSON.stringify(value) ?? 'null');
}

test('whatever the payload says, every expression ends with a value or a problem, and no prototype is changed', async () => {
  const before = prototypes.map((prototype) => Object.getOwnPropertyNames(prototype).join());
  const keyed = expressions.map((expression, index) => ({ key: String(index), expression }));

  await fc.assert(
    fc.asyncProperty(json, async (value) => {
      const results: ExpressionResult[] = [];
      const job = { json: Buffer.from(write(value)), headers: {}, source: 'desk', expressions: keyed };
      for await (const result of evaluateJob(job)) results.push(result);

      assert.deepEqual(
        results.map(({ key }) => key),
        keyed.map(({ key }) => key),
      );
      for (const result of results) assert.equal(typeof (result.ok ? result.text : result.problem), 'string');
      assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
    }),
    { numRuns: 300 },
  );

  assert.deepEqual(
    prototypes.map((prototype) => Object.getOwnPropertyNames(prototype).join()),
    before,
  );
});
