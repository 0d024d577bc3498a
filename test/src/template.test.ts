import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compileTemplate, lookup, renderTemplate, templatePaths } from '../../src/template.ts';

const ticket = {
  ticket: {
    id: 42,
    subject: 'Broken <b>lamp</b>',
    urgent: true,
    closed: null,
    tags: ['lamp', 'glass'],
    'line items': [{ sku: 'A-1' }],
  },
};

test('fills gaps from nested objects and lists', () => {
  const text = renderTemplate(
    '#{{ticket.id}} {{ ticket.subject }}: {{ticket.tags[1]}}/{{ticket.tags.0}} {{ticket["line items"][0].sku}}',
    ticket,
  );

  assert.equal(text, '#42 Broken <b>lamp</b>: glass/lamp A-1');
});

test('gives objects and lists as JSON, and nothing for what is absent or null', () => {
  const text = renderTemplate(
    '{{ticket.tags}}|{{ticket.urgent}}|{{ticket.closed}}|{{ticket.none.deeper}}|{{ticket.tags[9]}}',
    ticket,
  );

  assert.equal(text, '["lamp","glass"]|true|||');
});

test('never reads as a template what has been filled in', () => {
  const text = renderTemplate('{{a}}', { a: '{{secret}}', secret: 'leaked' });

  assert.equal(text, '{{secret}}');
});

test('sees own properties only', () => {
  const payload: unknown = JSON.parse('{"__proto__":{"own":"x"},"list":[1]}');

  const found = ['__proto__.own', 'constructor', 'toString', 'list.length', 'list.constructor', 'list.map'].map((path) =>
    lookup(payload, path),
  );

  assert.deepEqual(found, [undefined, undefined, undefined, undefined, undefined, undefined]);
});

test('finds an own key that has the name of an inherited one', () => {
  const payload: unknown = JSON.parse('{"constructor":"Ferrari"}');

  assert.equal(lookup(payload, 'constructor'), 'Ferrari');
});

test('cuts the result at its limit, and not inside a character', () => {
  const text = renderTemplate('{{a}}{{a}}', { a: 'ab😀' }, { maxLength: 3 });

  assert.equal(text, 'ab');
});

test('prefers the scope to a key of the same name in the payload', () => {
  const render = compileTemplate('{{$headers.x-topic}} {{body}}');

  const text = render({ $headers: { 'x-topic': 'forged' }, body: 'hello' }, { scope: { $headers: { 'x-topic': 'orders' } } });

  assert.equal(text, 'orders hello');
});

test('names a path that cannot be read', () => {
  for (const text of ['{{}}', '{{ }}', '{{a..b}}', '{{.a}}', '{{a[b]}}', '{{a[}}', '{{a b}}', '{{a[0]b}}']) {
    assert.throws(() => compileTemplate(text), TypeError, text);
  }
});

test('leaves braces that are no gap as they are', () => {
  const text = renderTemplate('{ {a} {{a}} }} {{a', { a: 1 });

  assert.equal(text, '{ {a} 1 }} {{a');
});

test('lists the paths it asks for', () => {
  assert.deepEqual(templatePaths('{{a.b}} and {{$headers["x-y"]}}'), [
    ['a', 'b'],
    ['$headers', 'x-y'],
  ]);
});

test('renders any JSON within its limit and never throws', () => {
  const render = compileTemplate('{{a}}-{{a.b[0].c}}-{{[0].a}}');

  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(50), (payload, maxLength) => render(payload, { maxLength }).length <= maxLength),
    { numRuns: 500 },
  );
});
