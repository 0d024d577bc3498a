export interface Decoded {
  readonly text: string;
  /** What should be known about how it was read. */
  readonly note?: string;
}

/** Text of any encoding that can be told: UTF-16 by its mark, UTF-8 by its rules, and else latin1, in which everything can be read. */
export function decodeText(bytes: Uint8Array): Decoded {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return { text: new TextDecoder('utf-16le').decode(bytes) };
  if (first === 0xfe && second === 0xff) return { text: new TextDecoder('utf-16be').decode(bytes) };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { text: new TextDecoder('latin1').decode(bytes), note: 'its encoding is not known; it was read as Latin-1' };
  }
}
