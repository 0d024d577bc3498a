import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { IngestReport } from '../../../src/knowledge/ingest.ts';
import type { SourceContent } from '../../../src/knowledge/source.ts';
import { createWeb } from '../../../src/knowledge/web.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createPdf } from '../files/samples.ts';
import { ingestNow, openKnowledgeStore, sourceOf } from './open-knowledge-store.ts';
import { openSite, page } from './site.ts';

async function openWebSource(t: TestContext, toContent: (origin: string) => SourceContent) {
  const site = await openSite(t);
  const store = openKnowledgeStore();
  t.after(() => store.close());
  const source = sourceOf(toContent(site.origin), { name: 'site' });
  return {
    site,
    store,
    sync: () => ingestNow(store, source, { fetch: site.fetch }),
    sources: async () => (await store.listDocuments()).map(({ source: url }) => url.replace(site.origin, '')),
    find: async (word: string) => (await store.searchPassages(`"${word}"`, 5))[0],
  };
}

function problemsOf({ problems }: IngestReport, origin: string): readonly string[] {
  return problems.map(({ source, reason }) => `${source.replace(origin, '')}: ${reason}`).toSorted();
}

const urlsOf =
  (...paths: readonly string[]) =>
  (origin: string): SourceContent => ({ type: 'urls', urls: paths.map((path) => `${origin}${path}`) });

test('reads pages with their title and own address, and asks again only for what has changed', async (t) => {
  const { site, store, sync, find } = await openWebSource(t, urlsOf('/care?x=1', '/manual.pdf', '/plain.txt'));
  site.set('/care?x=1', {
    headers: { etag: '"1"' },
    body: page('Care', 'Wipe with a cloth.', '<link rel="canonical" href="/care">'),
  });
  site.set('/manual.pdf', { headers: { 'content-type': 'application/pdf' }, body: createPdf(['Screw it in']) });
  const dated = { 'content-type': 'text/plain', 'last-modified': 'Mon, 01 Jun 2026 00:00:00 GMT' };
  site.set('/plain.txt', { headers: dated, body: '# no heading, only text' });

  const first = await sync();
  const asked = site.asked.splice(0);
  const second = await sync();
  const conditions = site.asked.map(({ headers }) => headers['if-none-match'] ?? headers['if-modified-since']);
  site.set('/care?x=1', { headers: { etag: '"2"' }, body: page('Care', 'Wipe with a sponge.') });
  const third = await sync();

  assert.deepEqual([first.added, second.added, second.unchanged, third.added, third.unchanged], [3, 0, 3, 1, 2]);
  assert.ok(asked.every(({ headers }) => headers['user-agent'] === 'Parley'));
  assert.deepEqual(conditions.filter((condition) => condition !== undefined).toSorted(), [
    '"1"',
    'Mon, 01 Jun 2026 00:00:00 GMT',
  ]);
  const care = await find('sponge');
  assert.deepEqual([care?.title, care?.heading, care?.url], ['Care', 'Care', `${site.origin}/care?x=1`]);
  assert.equal(await find('cloth'), undefined);
  assert.equal(await find('menu'), undefined);
  assert.equal((await find('screw'))?.heading, `127.0.0.1:${new URL(site.origin).port}/manual.pdf › Page 1`);
  assert.match((await find('only'))?.text ?? '', /^# no heading/);
  assert.equal((await store.listDocuments()).find(({ title }) => title === 'Care')?.etag, '"2"');
});

test('believes what a page says of its own address on its own host only', async (t) => {
  const { site, sync, find } = await openWebSource(t, urlsOf('/a', '/b'));
  site.set('/a', { body: page('A', 'alpha', '<link rel="canonical" href="/own">') });
  site.set('/b', { body: page('B', 'beta', '<link rel="canonical" href="https://elsewhere.example/b">') });

  await sync();

  assert.equal((await find('alpha'))?.url, `${site.origin}/own`);
  assert.equal((await find('beta'))?.url, `${site.origin}/b`);
});

test('takes out a page that is gone, keeps one that fails, and says both', async (t) => {
  const { site, sync, sources } = await openWebSource(t, urlsOf('/a', '/b', '/c', '/d'));
  for (const path of ['/a', '/b', '/c', '/d']) site.set(path, { body: page(path, 'word') });
  await sync();

  site.set('/a', { status: 404 });
  site.set('/b', { status: 410 });
  site.set('/c', { status: 503 });
  site.set('/d', (request) => {
    request.socket.destroy();
    return undefined;
  });
  const report = await sync();

  assert.deepEqual(await sources(), ['/c', '/d']);
  assert.equal(report.removed, 2);
  const said = problemsOf(report, site.origin);
  assert.deepEqual(said.slice(0, 3), [
    '/a: it answers with HTTP 404',
    '/b: it answers with HTTP 410',
    '/c: it answers with HTTP 503',
  ]);
  assert.match(said[3] ?? '', /^\/d: it cannot be fetched/);
});

test('asks robots.txt once, leaves alone what it does not allow, and the whole host while it cannot be read', async (t) => {
  const { site, sync, sources } = await openWebSource(t, urlsOf('/open', '/private/a', '/private/b'));
  for (const path of ['/open', '/private/a', '/private/b']) site.set(path, { body: page(path, 'word') });
  await sync();
  site.takeAsked();

  site.set('/robots.txt', { body: 'User-agent: *\nDisallow: /\n\nUser-agent: parley\nDisallow: /private\nAllow: /private/b\n' });
  await sync();
  const [asked, left] = [site.takeAsked(), await sources()];
  site.set('/robots.txt', { status: 500 });
  const troubled = await sync();

  assert.deepEqual(asked, ['/open', '/private/b', '/robots.txt']);
  assert.deepEqual(left, ['/open', '/private/b']);
  assert.deepEqual(site.takeAsked(), ['/robots.txt']);
  assert.deepEqual(await sources(), left);
  assert.match(problemsOf(troubled, site.origin)[0] ?? '', /robots\.txt of its host cannot be read/);
});

test('a sitemap names pages of its own host, over indexes and compressed files, as many as are wanted', async (t) => {
  const { site, sync, sources } = await openWebSource(t, (origin) => ({
    type: 'sitemap',
    sitemap: `${origin}/index.xml`,
    maxPages: 3,
  }));
  const loc = (path: string) => `<loc> ${site.origin}${path}\n</loc>`;
  const xml = { 'content-type': 'application/xml' };
  const others = '<sitemap><loc>https://elsewhere.example/sitemap.xml</loc></sitemap>';
  site.set('/index.xml', {
    headers: xml,
    body: `<?xml version="1.0"?><sitemapindex xmlns="x"><sitemap>${loc('/one.xml')}</sitemap><sitemap>${loc('/two.xml.gz')}</sitemap><sitemap>${loc('/index.xml')}</sitemap>${others}</sitemapindex>`,
  });
  site.set('/one.xml', {
    headers: xml,
    body: `<urlset><url>${loc('/a?x=1&amp;y=2')}</url><url>${loc('/a?x=1&amp;y=2#part')}</url><url><loc><![CDATA[${site.origin}/b]]></loc></url><url><loc>ftp://x/y</loc></url><url><loc>${site.origin.replace('//', '//user:secret@')}/e</loc></url></urlset>`,
  });
  site.set('/two.xml.gz', {
    headers: { 'content-type': 'application/gzip' },
    body: gzipSync(`<urlset><url>${loc('/c')}</url><url>${loc('/d')}</url></urlset>`),
  });
  for (const path of ['/a?x=1&y=2', '/b', '/c', '/d']) site.set(path, { body: page(path, 'word') });

  const report = await sync();

  assert.deepEqual(await sources(), ['/a?x=1&y=2', '/b', '/c']);
  assert.deepEqual(problemsOf(report, site.origin), [
    '/index.xml: 1 pages are left out: maxPages is 3',
    `/index.xml: 3 addresses are left out: they are no pages of ${new URL(site.origin).host}`,
  ]);
});

test('a page that left the sitemap leaves the index; while a sitemap cannot be read, nothing does', async (t) => {
  const { site, sync, sources } = await openWebSource(t, (origin) => ({
    type: 'sitemap',
    sitemap: `${origin}/s.xml`,
    maxPages: 9,
  }));
  const list = (...paths: readonly string[]) => ({
    body: `<urlset>${paths.map((path) => `<url><loc>${site.origin}${path}</loc></url>`).join('')}</urlset>`,
  });
  for (const path of ['/a', '/b']) site.set(path, { body: page(path, 'word') });
  site.set('/s.xml', list('/a', '/b'));
  await sync();

  site.set('/s.xml', list('/a'));
  await sync();
  const left = await sources();
  const reports = [];
  for (const broken of [{ status: 404 }, { status: 500 }, { body: '<html>Sign in</html>' }]) {
    site.set('/s.xml', broken);
    reports.push(problemsOf(await sync(), site.origin)[0]);
  }

  assert.deepEqual(left, ['/a']);
  assert.deepEqual(reports, ['/s.xml: it answers with HTTP 404', '/s.xml: it answers with HTTP 500', '/s.xml: it is no sitemap']);
  assert.deepEqual(await sources(), ['/a']);
});

test('a page of a sitemap that leads to another host is not followed, and one that leads in a circle ends', async (t) => {
  const { site, sync, sources } = await openWebSource(t, (origin) => ({
    type: 'sitemap',
    sitemap: `${origin}/s.xml`,
    maxPages: 9,
  }));
  const other = await openSite(t);
  other.set('/stolen', { body: page('Stolen', 'word') });
  site.set('/s.xml', { body: `${site.origin}/away\n${site.origin}/circle\n${site.origin}/moved\n${site.origin}/file` });
  site.set('/away', { status: 302, headers: { location: `${other.origin}/stolen` } });
  site.set('/circle', { status: 301, headers: { location: '/circle' } });
  site.set('/moved', { status: 301, headers: { location: '/new' } });
  site.set('/file', { status: 301, headers: { location: 'file:///etc/passwd' } });
  site.set('/new', { body: page('New', 'word') });

  const report = await sync();

  assert.deepEqual(await sources(), ['/moved']);
  assert.deepEqual(other.takeAsked(), []);
  const said = problemsOf(report, site.origin);
  assert.match(said[0] ?? '', /^\/away: it leads to another host/);
  assert.deepEqual(said.slice(1), ['/circle: its address leads in a circle', '/file: it leads to no address on the web']);
});

test('what unpacks to more than is read is let go of, as a page and as a sitemap', async (t) => {
  const bomb = gzipSync(Buffer.alloc(120 * 1024 * 1024));
  const pages = await openWebSource(t, urlsOf('/bomb'));
  pages.site.set('/bomb', { headers: { 'content-encoding': 'gzip' }, body: bomb });
  const map = await openWebSource(t, (origin) => ({ type: 'sitemap', sitemap: `${origin}/s.xml.gz`, maxPages: 9 }));
  map.site.set('/s.xml.gz', { headers: { 'content-type': 'application/gzip' }, body: bomb });

  const said = [problemsOf(await pages.sync(), pages.site.origin), problemsOf(await map.sync(), map.site.origin)];

  assert.deepEqual(said, [
    ['/bomb: it has more than the 8388608 bytes that are read'],
    ['/s.xml.gz: it has more than the 10485760 bytes that are read'],
  ]);
});

test('no private network is reached that nobody has allowed, and the way out is said', async (t) => {
  const site = await openSite(t, { allow: [] });
  const store = openKnowledgeStore();
  t.after(() => store.close());

  const report = await ingestNow(store, sourceOf({ type: 'urls', urls: [`${site.origin}/a`] }), { fetch: site.fetch });

  assert.match(
    report.problems[0]?.reason ?? '',
    /robots\.txt of its host cannot be read: 127\.0\.0\.1 is private.*outbound: \{ allow: \["127\.0\.0\.1"\] \}/,
  );
  assert.deepEqual(site.takeAsked(), []);
});

test('a page that does not come is given up after its time', async (t) => {
  const site = await openSite(t);
  const clock = createFakeClock();
  const arrived = Promise.withResolvers<void>();
  site.set('/slow', () => {
    arrived.resolve();
    return undefined;
  });
  const web = createWeb({ fetch: site.fetch, clock });
  const request = { url: `${site.origin}/slow`, maxBytes: 10, asCrawler: false };

  const fetched = web.fetch(request, new AbortController().signal);
  await arrived.promise;
  await clock.advance(30_000);

  assert.deepEqual(await fetched, { type: 'failed', reason: 'it took longer than 30 s', isGone: false });
  assert.equal(clock.pending(), 0);
});

test('a page that says the same under another ETag is not indexed again, and is asked for by the new one', async (t) => {
  const { site, sync } = await openWebSource(t, urlsOf('/a'));
  const body = page('A', 'word');
  const reports = [];
  for (const etag of ['"1"', '"2"', '"2"']) {
    site.set('/a', { headers: { etag }, body: `${body}<!-- ${etag} -->` });
    reports.push(await sync());
  }

  assert.deepEqual(
    reports.map(({ added, unchanged }) => [added, unchanged]),
    [
      [1, 0],
      [0, 1],
      [0, 1],
    ],
  );
  const asked = site.asked.filter(({ path }) => path === '/a').map(({ headers }) => headers['if-none-match']);
  assert.deepEqual(asked, [undefined, '"1"', '"2"']);
});
