/** What a file is by its own bytes. */
export type FileKind =
  | { readonly type: 'image'; readonly mimeType: string }
  | { readonly type: 'audio'; readonly mimeType: string; readonly extension: string }
  | { readonly type: 'document'; readonly format: DocumentFormat }
  | { readonly type: 'text' }
  /** `what` completes "it is ...". */
  | { readonly type: 'other'; readonly what: string };

export type DocumentFormat = 'pdf' | 'docx' | 'html';

type Signature = readonly [at: number, bytes: string, kind: FileKind];

const image = (mimeType: string): FileKind => ({ type: 'image', mimeType });
const audio = (mimeType: string, extension: string): FileKind => ({ type: 'audio', mimeType, extension });
const other = (what: string): FileKind => ({ type: 'other', what });

/** As latin1, in which every byte is a character. */
const signatures: readonly Signature[] = [
  [0, '\x89PNG\r\n\x1a\n', image('image/png')],
  [0, '\xff\xd8\xff', image('image/jpeg')],
  [0, 'GIF87a', image('image/gif')],
  [0, 'GIF89a', image('image/gif')],
  [8, 'WEBP', image('image/webp')],
  [8, 'WAVE', audio('audio/wav', 'wav')],
  [0, 'ID3', audio('audio/mpeg', 'mp3')],
  [0, 'OggS', audio('audio/ogg', 'ogg')],
  [0, 'fLaC', audio('audio/flac', 'flac')],
  [0, '\x1aE\xdf\xa3', audio('audio/webm', 'webm')],
  [4, 'ftypheic', other('an image in the HEIC format: JPEG or PNG can be read')],
  [4, 'ftypavif', other('an image in the AVIF format: JPEG or PNG can be read')],
  [4, 'ftyp', audio('audio/mp4', 'm4a')],
  [
    0,
    '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    other('an old or an encrypted Office document: save it as DOCX or PDF, without a password'),
  ],
  [0, 'BM', other('an image in the BMP format: JPEG or PNG can be read')],
  [0, 'II*\0', other('an image in the TIFF format: JPEG or PNG can be read')],
  [0, 'MM\0*', other('an image in the TIFF format: JPEG or PNG can be read')],
  [0, '\x1f\x8b', other('a compressed file')],
  [0, 'Rar!', other('an archive')],
  [0, '7z\xbc\xaf', other('an archive')],
];

const riffTypes = new Set(['WEBP', 'WAVE']);

/** By its bytes alone; the name only tells HTML from the text that it is. The MIME type that came with it is not asked: anybody can write anything there. */
export function kindOf(bytes: Uint8Array, name: string): FileKind {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).toString('latin1');
  if (head.slice(0, 1024).includes('%PDF-')) return { type: 'document', format: 'pdf' };
  if (head.startsWith('PK\x03\x04')) return kindOfZip(bytes);
  const [, , found] =
    signatures.find(([at, mark]) => head.startsWith(mark, at) && (!riffTypes.has(mark) || head.startsWith('RIFF'))) ?? [];
  // Two letters prove little: text begins with them, too.
  if (found && !(head.startsWith('BM') && isText(bytes))) return found;
  if (isMpegAudio(bytes)) return audio('audio/mpeg', 'mp3');
  if (!isText(bytes)) return other('in no format that is known here');
  return isHtml(head, name) ? { type: 'document', format: 'html' } : { type: 'text' };
}

/** The names of the parts stand in the directory at the end; DOCX files have theirs among them. */
function kindOfZip(bytes: Uint8Array): FileKind {
  const directory = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).subarray(-65_536 * 2);
  if (directory.includes('word/document')) return { type: 'document', format: 'docx' };
  if (directory.includes('xl/workbook')) return other('an Excel workbook: CSV can be read');
  if (directory.includes('ppt/presentation')) return other('a PowerPoint presentation: PDF can be read');
  return other('an archive');
}

/** A frame without a tag before it: eleven bits set, then a layer and a bit rate that exist. */
function isMpegAudio([first = 0, second = 0, third = 0]: Uint8Array): boolean {
  return first === 0xff && (second & 0xe6) === 0xe2 && third >> 4 !== 0 && third >> 4 !== 15;
}

/** No text has zero bytes, except in UTF-16, which says so; nor many control characters. */
function isText(bytes: Uint8Array): boolean {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return true;
  const sample = bytes.subarray(0, 65_536);
  let controls = 0;
  for (const byte of sample) {
    if (byte === 0) return false;
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls += 1;
  }
  return controls <= sample.length / 100;
}

function isHtml(head: string, name: string): boolean {
  if (/\.(?:html?|xhtml)$/i.test(name)) return true;
  return /^(?:\xef\xbb\xbf)?\s*(?:<!--[^>]{0,500}-->\s*)?<(?:!doctype html|html)\b/i.test(head);
}
