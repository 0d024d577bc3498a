import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createSseReader, type SseEvent } from '../../../../src/model/openai/sse.ts';

function read(...chunks: readonly (string | Uint8Array)[]): readonly SseEvent[] {
  const events: SseEvent[] = [];
  const reader = createSseReader((event) => void events.push(event));
  for (const chunk of chunks) reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  reader.end();
  return events;
}

function dataOf(...chunks: readonly (string | Uint8Array)[]): readonly string[] {
  return read(...chunks).map(({ data }) => data);
}

test('reads events that end with any kind of line break', () => {
  assert.deepEqual(dataOf('data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n'), ['a', 'b', 'c', 'd']);
});

test('takes a line break that two chunks share for one', () => {
  assert.deepEqual(dataOf('data: a\r', '\n\r', '\ndata: b\r', '\n\r', '\n'), ['a', 'b']);
});

test('joins the data lines of an event, and drops one space after the colon', () => {
  assert.deepEqual(dataOf('data: a\ndata:b\ndata:  c\ndata:\n\n'), ['a\nb\n c\n']);
});

test('tells the type of an event, which counts for that event only', () => {
  assert.deepEqual(read('event: error\ndata: a\n\ndata: b\n\n'), [
    { data: 'a', type: 'error' },
    { data: 'b', type: '' },
  ]);
});

test('passes over comments, other fields, empty events and a byte order mark', () => {
  assert.deepEqual(dataOf('\ufeffdata: a\n\n: keep-alive\n\nid: 1\nretry: 5\nnonsense\n\n\n\ndata: b\n\n'), ['a', 'b']);
});

test('reads the last event of a stream that ends without an empty line', () => {
  assert.deepEqual(dataOf('data: a\n\ndata: b'), ['a', 'b']);
});

test('puts characters together that are cut by chunks', () => {
  const bytes = Buffer.from('data: grüße 🙂\n\n');

  assert.deepEqual(dataOf(...Array.from(bytes, (byte) => Uint8Array.of(byte))), ['grüße 🙂']);
});

test('gives the same events however the bytes are cut', () => {
  const line = fc.oneof(
    fc.constantFrom('data: x', 'data:', 'data', ': comment', 'event: error', 'id: 7', ''),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `data: ${text.replaceAll(/[\r\n]/g, ' ')}`),
  );
  const lines = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 20 });

  fc.assert(
    fc.property(lines, fc.array(fc.nat(400), { maxLength: 20 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.flat().join(''));
      const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((first, second) => first - second);
      const chunks = [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));

      assert.deepEqual(read(...chunks), read(bytes));
    }),
    { numRuns: 500 },
  );
});

test('refuses an event that grows without end', () => {
  const reader = createSseReader(() => undefined);
  const chunk = Buffer.alloc(1024 * 1024, 'x');

  assert.throws(() => {
    for (let count = 0; count < 20; count += 1) reader.push(chunk);
  }, RangeError);
});
