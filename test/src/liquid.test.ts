import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLiquid } from '../../src/liquid.ts';

const data = { name: 'Ada & <Bob>', order: { id: 7, lines: [{ title: 'Lamp' }] }, none: null, at: '2026-01-02T23:04:05+02:00' };

const rendered: readonly (readonly [string, string])[] = [
  ['{{ name }}, {{ order.id }}', 'Ada & <Bob>, 7'],
  ['{{ order }} {{ order.lines }}', '{"id":7,"lines":[{"title":"Lamp"}]} [{"title":"Lamp"}]'],
  ['{% for line in order.lines %}- {{ line.title | upcase }}{% endfor %}', '- LAMP'],
  ['{{ none }}|{{ nothing | default: "unknown" }}|{% if nothing %}x{% endif %}', '|unknown|'],
  ['{{ at | date: "%d.%m. %H:%M" }}', '02.01. 23:04'],
  ['{{ 0 | date: "%H:%M" }}', '00:00'],
];

for (const [template, expected] of rendered) {
  test(`renders ${template}`, () => assert.equal(parseLiquid(template).render(data), expected));
}

const refused: readonly (readonly [string, RegExp])[] = [
  ['{{ nothing }}', /^undefined variable: nothing, line:1, col:4$/],
  ['{{ order.constructor }}', /^undefined variable: order\.constructor/],
  ['{{ order.lines.map }}', /^undefined variable: order\.lines\.map/],
  ['a\n{{ name | shout }}', /^undefined filter: shout, line:2, col:1 in "a\\n/],
  ['{{ name | raw }}', /^undefined filter: raw/],
  ['{{ order.lines | sample }}', /^undefined filter: sample/],
  ['{% include "file" %}', /^tag "include" not found/],
  ['{% render "/etc/passwd" %}', /^tag "render" not found/],
  ['{% layout "x" %}', /^tag "layout" not found/],
  ['{{ "now" | date: "%s" }}', /^date takes no "now": what is rendered again must give the same/],
  ['{{ "today" | date_to_xmlschema }}', /^date_to_xmlschema takes no "today"/],
  ['{% if %}', /line:1, col:6 in "{% if %}"$/],
];

for (const [template, message] of refused) {
  test(`refuses ${JSON.stringify(template)}`, () => {
    assert.throws(
      () => parseLiquid(template).render(data),
      (error) => error instanceof TypeError && message.test(error.message),
    );
  });
}

test('escapes every value as it is told, and nothing of the template', () => {
  const template = parseLiquid('/find?q={{ name }}&id={{ order.id }}', { escape: encodeURIComponent });

  assert.equal(template.render(data), '/find?q=Ada%20%26%20%3CBob%3E&id=7');
});

test('a template that has failed renders the next data, with all of its limits', () => {
  const template = parseLiquid('{% for each in list %}{{ text }}{% endfor %}');
  const text = 'x'.repeat(400_000);

  assert.throws(() => template.render({ list: [1, 2, 3], text }), /more than 1000000 characters/);
  assert.equal(template.render({ list: [1, 2], text }).length, 800_000);
  assert.equal(template.render({ list: [1, 2], text: 'y' }), 'yy');
});
