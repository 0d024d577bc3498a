/**
 * Reads the text out of a frame that differs from an earlier one in nothing but that text. The frames of an answer are alike, and parsing
 * each of them is most of what a streamed answer costs.
 */
export interface FrameTemplate {
  /** The text of the frame; undefined for one that has to be parsed. */
  read(frame: string): string | undefined;
  /** Learns from a frame that had to be parsed, and the text that was found in it. */
  learn(frame: string, text: string): void;
}

/** An answer whose frames are not alike is parsed as a whole. */
const maxLessons = 8;
const opening = '"content":"';
/** OpenAI pads its frames by a string that nobody reads, of another length in each. */
const padding = '"obfuscation":"';
/** What stands in a string of JSON for something else than itself, or must not stand there. */
// oxlint-disable-next-line eslint/no-control-regex -- JSON forbids them in strings
const notPlain = /["\\\u0000-\u001F]/;

interface Frame {
  /** Up to the first character of the text. */
  readonly head: string;
  /** From the quotation mark behind the text to the end, or to the first character of the padding. */
  readonly tail: string;
  readonly isPadded: boolean;
}

/** `textOf` parses a frame; it throws for one that cannot be parsed. */
export function createFrameTemplate(textOf: (frame: string) => string): FrameTemplate {
  let known: Frame | undefined;
  let lessons = 0;

  /** A frame with the same characters around another string without escapes means the same, but for that string. */
  function read(frame: string): string | undefined {
    if (!known || !frame.startsWith(known.head)) return undefined;
    const { head, tail, isPadded } = known;
    const end = frame.indexOf('"', head.length);
    if (end < 0 || !frame.startsWith(tail, end)) return undefined;
    const rest = end + tail.length;
    if (isPadded ? !isEndOfPadding(frame, rest) : rest !== frame.length) return undefined;
    const text = frame.slice(head.length, end);
    return notPlain.test(text) ? undefined : text;
  }

  function learn(frame: string, text: string): void {
    if (lessons >= maxLessons || text === '' || notPlain.test(text)) return;
    lessons += 1;
    const candidate = split(frame, text);
    // The same text may stand in the frame twice: the one that counts is the one whose change is seen.
    const other = `${text}+`;
    const probe = candidate && candidate.head + other + frame.slice(candidate.head.length + text.length);
    known = probe !== undefined && textOf(probe) === other ? candidate : undefined;
  }

  return { read, learn };
}

function split(frame: string, text: string): Frame | undefined {
  const start = frame.indexOf(opening) + opening.length;
  const end = start + text.length;
  if (start < opening.length || !frame.startsWith(`${text}"`, start)) return undefined;
  const padded = frame.indexOf(padding, end) + padding.length;
  const isPadded = padded >= padding.length && isEndOfPadding(frame, padded);
  return { head: frame.slice(0, start), tail: frame.slice(end, isPadded ? padded : undefined), isPadded };
}

/** Whether from there on comes nothing but the rest of a string without escapes and the end of the frame. */
function isEndOfPadding(frame: string, from: number): boolean {
  const to = frame.length - '"}'.length;
  return to >= from && frame.endsWith('"}') && !notPlain.test(frame.slice(from, to));
}
