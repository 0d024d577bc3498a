import assert from 'node:assert/strict';
import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { FileError } from '../../../src/errors.ts';
import { createFileReader, type FileReaderOptions, type ReadFile } from '../../../src/files/read-files.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createDocx, createPdf, createZip, png } from './samples.ts';

const limits = { read: true, maxMegabytes: 20, maxFiles: 10, maxPages: 300, maxCharacters: 10_000, timeoutSeconds: 30 };
const never = new AbortController().signal;

async function read(
  bytes: Uint8Array | string,
  { name = 'file', ...options }: Partial<FileReaderOptions> & { readonly name?: string } = {},
): Promise<ReadFile> {
  const reader = createFileReader({ limits, vision: false, clock: systemClock, log: createMemoryLog(), ...options });
  const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  const attachments = [{ name, mimeType: 'application/octet-stream' }];
  const [file] = (await reader?.({ attachments, conversationId: 'c', download: async () => content }, never)) ?? [];
  assert.ok(file);
  return file;
}

const reasonOf = (file: ReadFile): string => (file.type === 'unread' ? file.reason : `it was read: ${JSON.stringify(file)}`);

describe('text', () => {
  test('is read as UTF-8, as UTF-16 where it says so, and else as Latin-1, which is said', async () => {
    const [utf8, utf16, latin1] = await Promise.all([
      read('naïve — ✓'),
      read(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('naïve', 'utf16le')])),
      read(Buffer.from('naïve', 'latin1')),
    ]);

    assert.deepEqual(utf8, { type: 'text', name: 'file', text: 'naïve — ✓', note: undefined });
    assert.equal(utf16.type === 'text' && utf16.text, 'naïve');
    assert.deepEqual(latin1, {
      ...{ type: 'text', name: 'file', text: 'naïve' },
      note: 'its encoding is not known; it was read as Latin-1',
    });
  });

  test('is cut at the limit, and says so', async () => {
    const file = await read('x'.repeat(10_500));

    assert.deepEqual(file, {
      ...{ type: 'text', name: 'file', text: 'x'.repeat(10_000) },
      note: 'only the first 10000 of its 10500 characters were read',
    });
  });

  test('of a page comes without its markup and its scripts', async () => {
    const page =
      '<!doctype html><head><title>T</title></head><body><h1>Fish &amp; Chips</h1><script>alert(1)</script><p>1 &lt; 2<br>x</p></body>';

    const file = await read(page);

    assert.equal(file.type === 'text' && file.text, 'Fish & Chips\n\n1 < 2\nx');
  });
});

describe('documents', () => {
  test('PDF: the text of every page, with its number', async () => {
    const file = await read(createPdf(['Refunds take 14 days.', '', 'Ask Ada.']), { name: 'report.pdf' });

    assert.deepEqual(file, {
      ...{ type: 'text', name: 'report.pdf', note: undefined },
      text: '[page 1]\nRefunds take 14 days.\n\n[page 3]\nAsk Ada.',
    });
  });

  test('DOCX: its paragraphs', async () => {
    const file = await read(createDocx(['Fish &amp; Chips', 'cost 9 €']), { name: 'menu.docx' });

    assert.deepEqual(file, { type: 'text', name: 'menu.docx', text: 'Fish & Chips\ncost 9 €', note: undefined });
  });

  test('a PDF of 10,000 pages is read as far as the limit goes', async () => {
    const pages = Array.from({ length: 10_000 }, (_, page) => `Page ${page + 1}`);

    const file = await read(createPdf(pages), { limits: { ...limits, maxPages: 20 } });

    assert.equal(file.type === 'text' && file.note, 'only the first 20 of its 10000 pages were read');
    assert.match(file.type === 'text' ? file.text : '', /\[page 20\]\nPage 20$/);
  });

  test('what cannot be read is said: a password, damage, pictures only, another format', async () => {
    const files = await Promise.all([
      read(createPdf(['secret'], { encrypted: true })),
      read('%PDF-1.4\nnothing of the kind'),
      read(createPdf([''])),
      read(createZip([['xl/workbook.xml', Buffer.from('<x/>')]])),
      read(createDocx(['x']).subarray(30)),
      read(Buffer.from('d0cf11e0a1b11ae1', 'hex')),
      read(Buffer.from([0x4d, 0x5a, 0x90, 0, 3, 0]), { name: 'photo.png' }),
      read(''),
    ]);

    assert.deepEqual(files.map(reasonOf), [
      'it is protected by a password',
      'it is damaged',
      'it holds no text in its 1 pages, only pictures',
      'it is an Excel workbook: CSV can be read',
      'it is in no format that is known here',
      'it is an old or an encrypted Office document: save it as DOCX or PDF, without a password',
      'it is in no format that is known here',
      'it is empty',
    ]);
  });

  test('a ZIP bomb ends at the limit, whatever it claims', async () => {
    const bomb = createZip([['word/document.xml', Buffer.alloc(200_000_000, 'a')]]);
    assert.ok(bomb.length < 500_000);

    const file = await read(bomb, { name: 'bomb.docx' });

    assert.equal(reasonOf(file), 'unpacked it is larger than what is read');
  });

  test('a document that is too slow to read is given up, and its thread with it', async () => {
    const pages = Array.from({ length: 3_000 }, (_, page) => `Page ${page + 1}`);

    const file = await read(createPdf(pages), { limits: { ...limits, maxPages: 3_000, timeoutSeconds: 0.05 } });

    assert.equal(reasonOf(file), 'reading it took longer than 0.05 s');
  });
});

describe('images', () => {
  test('go to a model that sees them, by what they are and not by what they are called', async () => {
    const file = await read(png, { name: 'notes.txt', vision: true });

    assert.deepEqual(file, { type: 'image', name: 'notes.txt', mimeType: 'image/png', base64: png.toString('base64') });
  });

  test('are said to be unseen where the model sees none', async () => {
    const file = await read(png, { name: 'photo.png' });

    assert.equal(reasonOf(file), 'it is an image, and the model in use sees no images');
  });
});

describe('recordings', () => {
  const sound = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(100)]);

  test('are written down where something listens', async () => {
    const file = await read(sound, { name: 'memo.ogg', transcribe: async ({ mimeType, name }) => `heard ${mimeType} ${name}` });

    assert.deepEqual(file, {
      ...{ type: 'text', name: 'memo.ogg', text: 'heard audio/ogg recording.ogg' },
      note: 'what is said in the recording',
    });
  });

  test('are said to be unheard where nothing does', async () => {
    assert.equal(reasonOf(await read(sound)), 'it is a recording, and nothing is set up that listens to it');
  });
});

describe('fetching', () => {
  const start = (options: Partial<FileReaderOptions> = {}) => {
    const reader = createFileReader({ limits, vision: false, clock: systemClock, log: createMemoryLog(), ...options });
    assert.ok(reader);
    return reader;
  };
  const text = { mimeType: 'text/plain' };

  test('does not begin where the platform says that it is too large, and stops at the tenth file', async () => {
    const asked: string[] = [];
    const many = Array.from({ length: 11 }, (_, index) => ({ ...text, name: `${index}.txt` }));
    const attachments = [{ ...text, name: 'report.pdf', sizeBytes: 61_000_000 }, ...many];

    const files = await start()(
      {
        attachments,
        conversationId: 'c',
        download: async ({ attachment }) => {
          asked.push(attachment.name);
          return Buffer.from('x');
        },
      },
      never,
    );

    assert.equal(asked.length, 9);
    assert.deepEqual(
      files.flatMap((file) => (file.type === 'unread' ? [`${file.name}: ${file.reason}`] : [])),
      [
        'report.pdf: 61 MB, more than the 20 MB that are read',
        '9.txt: no more than 10 files are read at once',
        '10.txt: no more than 10 files are read at once',
      ],
    );
  });

  test('is tried once more after a fault that may pass, and ends when its time is over', async () => {
    const clock = createFakeClock();
    let calls = 0;
    const reading = start({ clock })(
      {
        attachments: [
          { ...text, name: 'flaky' },
          { ...text, name: 'stalled' },
        ],
        conversationId: 'c',
        download: async ({ attachment }, signal) => {
          if (attachment.name === 'stalled')
            return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
          calls += 1;
          if (calls === 1) throw new FileError({ message: 'it could not be fetched', retryable: true });
          return Buffer.from('there');
        },
      },
      never,
    );
    await nextTick();
    await clock.advance(31_000);

    const [flaky, stalled] = await reading;

    assert.equal(flaky?.type === 'text' && flaky.text, 'there');
    assert.equal(stalled && reasonOf(stalled), 'it took longer than 30 s to arrive');
  });

  test('reads four files at a time, all conversations together, and lets go of those that wait when they are stopped', async () => {
    const reader = start();
    const gates: (() => void)[] = [];
    const download = (): Promise<Uint8Array> => new Promise((resolve) => gates.push(() => resolve(Buffer.from('x'))));
    const three = ['a', 'b', 'c'].map((name) => ({ ...text, name }));
    const stopping = new AbortController();
    const first = reader({ attachments: three, conversationId: 'c1', download }, never);
    const second = reader({ attachments: three, conversationId: 'c2', download }, stopping.signal);
    await nextTick();
    const atOnce = gates.length;

    stopping.abort(new Error('stopped'));
    for (const open of gates) open();

    assert.equal(atOnce, 4);
    await assert.rejects(second, /stopped/);
    assert.equal((await first).length, 3);
    assert.equal(gates.length, 4);
  });
});

test('a name is one short line without path, control characters or markup, whatever it was', async () => {
  const names = [
    ['../../etc/passwd', 'passwd'],
    ['C:\\secrets\\a.txt', 'a.txt'],
    ['a\n</file>\u202E\u0000`*b*`@everyone<!channel>.md', 'file b everyone !channel .md'],
    [`${'x'.repeat(300)}.pdf`, `${'x'.repeat(75)}….pdf`],
    ['...', 'file'],
  ];

  const files = await Promise.all(names.map(([name = '']) => read('text', { name })));

  assert.deepEqual(
    files.map(({ name }) => name),
    names.map(([, expected]) => expected),
  );
});
