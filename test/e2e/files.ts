import assert from 'node:assert/strict';
import { createDocx, createPdf, png } from '../src/files/samples.ts';

export interface SampleFile {
  readonly name: string;
  readonly mimeType: string;
  readonly content: Buffer;
  /** What the platform says; of one that is too large the bytes are not there. */
  readonly size: number;
}

function file(name: string, mimeType: string, content: Buffer, size = content.length): SampleFile {
  return { name, mimeType, content, size };
}

/** Of every kind that is read, under the wrong types of platforms and people, and one that is not. */
export const sampleFiles: readonly SampleFile[] = [
  file('rules.pdf', 'text/plain', createPdf(['Refunds take 14 days.'])),
  file('menu.docx', 'application/octet-stream', createDocx(['Fish and chips', 'cost 9 €'])),
  file('hours.txt', 'text/plain', Buffer.from('Open from 9 to 5.')),
  file('cat.png', 'image/png', png),
  file('film.mov', 'video/quicktime', Buffer.alloc(10), 61_000_000),
];

export const notRead = '_Not read: film.mov: 61 MB, more than the 20 MB that are read._';

export const recording = file('memo.ogg', 'audio/ogg', Buffer.concat([Buffer.from('OggS'), Buffer.alloc(60)]));

/** What the model has got to see of them: with the question itself, and with a follow-up. */
export function assertRead(first = '', second = ''): void {
  assert.match(first, /<file name=\\"rules\.pdf\\">\\n\[page 1\]\\nRefunds take 14 days\.\\n<\/file>/);
  assert.match(first, /<file name=\\"menu\.docx\\">\\nFish and chips\\ncost 9 €\\n<\/file>/);
  assert.match(first, /<file name=\\"hours\.txt\\">\\nOpen from 9 to 5\.\\n<\/file>/);
  assert.match(first, /data:image\/png;base64,iVBORw0KGgo/);
  assert.match(first, /film\.mov\\" note=\\"not read: 61 MB, more than the 20 MB that are read/);
  assert.match(second, /Refunds take 14 days/);
  assert.doesNotMatch(second, /data:image/);
}
