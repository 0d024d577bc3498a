import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRobots } from '../../../src/knowledge/robots.ts';
import { parseSitemap } from '../../../src/knowledge/sitemap.ts';

/** Rules for all, a path, and whether it may be fetched: by RFC 9309. */
const cases: readonly (readonly [rules: string, path: string, allowed: boolean])[] = [
  ['', '/a', true],
  ['Disallow:', '/a', true],
  ['Disallow: /', '/a', false],
  ['Disallow: /a', '/abc', false],
  ['Disallow: /a/', '/a', true],
  ['Disallow: /a\nAllow: /a/b', '/a/b/c', true],
  ['Allow: /a\nDisallow: /a', '/a', true],
  ['Disallow: /*.pdf', '/x/y.pdf?z', false],
  ['Disallow: /*.pdf$', '/x/y.pdf?z', true],
  ['Disallow: /*.pdf$', '/x.pdf.pdf', false],
  ['Disallow: /a$', '/a', false],
  ['Disallow: /a$', '/ab', true],
  ['Disallow: /a*b*c', '/a1b2c3', false],
  ['Disallow: /a*b*c', '/a1c2b3', true],
  ['Disallow: /*?', '/a?b', false],
  ['Disallow: /%7efoo', '/%7Efoo', false],
  ['Disallow: /größe', '/gr%C3%B6%C3%9Fe', false],
  ['disallow : /a # not this one', '/a', false],
];

for (const [rules, path, allowed] of cases) {
  test(`${allowed ? 'allows' : 'does not allow'} ${path} by ${rules === '' ? 'no rule' : rules.replaceAll('\n', ', ')}`, () => {
    assert.equal(parseRobots(`User-agent: *\n${rules}\n`).allows(path), allowed);
  });
}

test('the group of this crawler has the word, over several groups and names, and another one does not', () => {
  const text = `User-agent: *\r\nDisallow: /general\r\n\r\nUser-agent: other\r\nUser-agent: PARLEY/1.0\r\nCrawl-delay: 5\r\nDisallow: /a\r\n
    Sitemap: https://example.com/s.xml\r\nUser-agent: parley-news\r\nDisallow: /news\r\n\r\nUser-agent: Parley\r\nDisallow: /b`;

  const robots = parseRobots(text);

  assert.deepEqual(
    ['/general', '/a', '/b', '/news'].map((path) => robots.allows(path)),
    [true, false, false, true],
  );
});

test('no rule makes the look at a path slow', () => {
  const robots = parseRobots(`User-agent: *\nDisallow: /${'*a'.repeat(900)}*b\n`);

  assert.equal(robots.allows(`/${'a'.repeat(100_000)}`), true);
});

test('a sitemap is told from other pages, and its pages from their pictures', () => {
  const text =
    '<urlset><url><loc>https://example.com/a</loc><image:image><image:loc>https://example.com/a.png</image:loc></image:image></url></urlset>';

  assert.deepEqual(parseSitemap(text), { type: 'pages', addresses: ['https://example.com/a'] });
  assert.deepEqual(parseSitemap('https://example.com/a\r\n\r\nhttps://example.com/b\n'), {
    type: 'pages',
    addresses: ['https://example.com/a', 'https://example.com/b'],
  });
  for (const other of ['', '<html></html>', 'see https://example.com']) assert.equal(parseSitemap(other), undefined, other);
});
