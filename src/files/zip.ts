import { inflateRawSync } from 'node:zlib';
import { FileError } from '../errors.ts';

const endMark = 0x06054b50;
const entryMark = 0x02014b50;
const localMark = 0x04034b50;
/** The end of the directory is followed by a comment of at most this length. */
const maxComment = 65_535;
const endLength = 22;

/**
 * One part of a ZIP file, by the directory at its end; undefined where there is none of this name. Throws where the file is damaged, encrypted,
 * or the part is larger than `maxBytes`: what a part claims of its size is not believed, inflating stops at the limit.
 */
export function readZipPart(zip: Buffer, name: string, maxBytes: number): Buffer | undefined {
  const end = findEnd(zip);
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count -= 1) {
    if (zip.readUInt32LE(at) !== entryMark) throw new FileError({ message: 'its directory is damaged' });
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) return readEntry(zip, at, maxBytes);
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return undefined;
}

function readEntry(zip: Buffer, at: number, maxBytes: number): Buffer {
  if ((zip.readUInt16LE(at + 8) & 1) === 1) throw new FileError({ message: 'it is encrypted' });
  const method = zip.readUInt16LE(at + 10);
  const packedLength = zip.readUInt32LE(at + 20);
  const local = zip.readUInt32LE(at + 42);
  if (zip.readUInt32LE(local) !== localMark) throw new FileError({ message: 'it is damaged' });
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + packedLength);
  if (method === 0 && packed.length <= maxBytes) return packed;
  if (method !== 8) throw new FileError({ message: 'it is packed in an unusual way' });
  try {
    return inflateRawSync(packed, { maxOutputLength: maxBytes });
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw new FileError({ message: isTooLarge ? 'unpacked it is larger than what is read' : 'it is damaged', cause: error });
  }
}

function findEnd(zip: Buffer): number {
  for (let at = zip.length - endLength; at >= Math.max(0, zip.length - endLength - maxComment); at -= 1) {
    if (zip.readUInt32LE(at) === endMark) return at;
  }
  throw new FileError({ message: 'its directory is missing' });
}
