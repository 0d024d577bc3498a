import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { docxToMarkdown } from '../../../src/files/docx-markdown.ts';
import { htmlToMarkdown } from '../../../src/files/html-markdown.ts';
import { createMarkdownReader, type MarkdownFile } from '../../../src/files/read-markdown.ts';
import { createDocx, createPdf, createZip, png } from './samples.ts';

test('a page keeps its headings, lists, tables and code, and loses what leads elsewhere', () => {
  const page = `<!doctype html><html><head><title> Returns &amp; refunds </title><style>p{}</style>
    <link rel="stylesheet" href="/a.css"><link href="/returns?a=1&amp;b=2" rel='canonical'></head>
    <body><nav><a href="/">Home</a></nav><header>Shop</header><main class="x"><h1>Returns</h1>
    <p>Send it <b>back</b><br>within 30&nbsp;days.</p><!-- hidden <h2>no</h2> -->
    <h2>Steps &lt;1&gt;</h2><ol><li>Pack<ul><li>softly</li></ul></li><li><p>Send</p></li></ol>
    <table><tr><th>Country</th><th>Price</th></tr><tr><td><p>Norway</p></td><td>5 &euro;</td></tr></table>
    <pre><code>npm  install
  --all</code></pre><aside>Advertisement</aside><script>steal()</script><p>1 < 2</p></main><footer>Imprint</footer></body></html>`;

  const read = htmlToMarkdown(page);

  assert.equal(read.title, 'Returns & refunds');
  assert.equal(read.canonical, '/returns?a=1&b=2');
  assert.equal(
    read.text,
    [
      '# Returns\n\nSend it back  \nwithin 30 days.\n\n## Steps <1>\n',
      '1. Pack\n  - softly\n\n2. Send\n',
      '| Country | Price |\n| Norway | 5 € |\n',
      '```\nnpm  install\n  --all\n```\n\n1 < 2',
    ].join('\n'),
  );
});

test('a page that is broken on purpose costs no more time than a whole one', () => {
  const broken = ['<main>', '<nav>', '<a '.repeat(3), '<link ', '<h1>', '<pre>', '<li>', '<td>', '</', '<!--', '&#x', '<title>'];

  const started = performance.now();
  for (const piece of broken) {
    const read = htmlToMarkdown(piece.repeat(50_000));
    assert.equal(typeof read.text, 'string', piece);
  }

  assert.ok(performance.now() - started < 20_000);
});

test('headings of a DOCX are told by the English names of their styles, whatever these are called', () => {
  const styles = `<w:styles><w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>
    <w:style w:type="paragraph" w:default="1" w:styleId="Standard"><w:name w:val="Normal"/></w:style></w:styles>`;
  const paragraph = (text: string, properties = '') =>
    `<w:p w:rsidR="1"><w:pPr>${properties}</w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;
  const cell = (text: string) => `<w:tc><w:tcPr/>${paragraph(text)}</w:tc>`;
  const body = [
    paragraph('Handbook', '<w:outlineLvl w:val="0"/>'),
    paragraph('Care', '<w:pStyle w:val="berschrift2"/>'),
    paragraph('Wipe &amp; dry.', '<w:pStyle w:val="Standard"/>'),
    paragraph('softly', '<w:numPr><w:ilvl w:val="0"/></w:numPr>'),
    `<w:tbl><w:tr>${cell('Lamp')}${cell('Price')}</w:tr><w:tr>${cell('Red')}${cell('9')}</w:tr></w:tbl>`,
  ].join('');
  const docx = createZip([
    ['word/document.xml', Buffer.from(`<w:document><w:body>${body}</w:body></w:document>`)],
    ['word/styles.xml', Buffer.from(styles)],
  ]);

  const text = docxToMarkdown(docx);

  assert.equal(text, '# Handbook\n\n## Care\n\nWipe & dry.\n- softly\n\n| Lamp | Price |\n| Red | 9 |');
});

test('documents are read in a thread of their own: pages of a PDF stand under headings, and what is none of them says what it is', async () => {
  const reader = createMarkdownReader({ clock: systemClock, maxPages: 2 });
  const read = (file: MarkdownFile) => reader(file, new AbortController().signal);

  const pdf = await read({ name: 'a.pdf', bytes: createPdf(['First page', '', 'Third page']) });
  const docx = await read({ name: 'a.docx', bytes: createDocx(['One', 'Two']) });
  const others = await Promise.all([
    read({ name: 'a.pdf', bytes: png }),
    read({ name: 'a.pdf', bytes: createPdf(['secret'], { encrypted: true }) }),
    read({ name: 'a.docx', bytes: createZip([['word/document.xml', Buffer.alloc(70 * 1024 * 1024)]]) }),
    read({ name: 'a.html', bytes: Buffer.from('<html><script>only()</script></html>') }),
    read({ name: 'a.pdf', bytes: new Uint8Array() }),
  ]);

  assert.deepEqual(pdf, { text: '## Page 1\n\nFirst page', note: 'only the first 2 of its 3 pages were read' });
  assert.equal('text' in docx && docx.text, 'One\n\nTwo');
  assert.deepEqual(
    others.map((other) => ('problem' in other ? other.problem : other.text)),
    [
      'it is no document (image)',
      'it is protected by a password',
      'unpacked it is larger than what is read',
      'it holds no text',
      'it is empty',
    ],
  );
});
