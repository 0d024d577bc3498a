/**
 * Most frames of an answer are like the one before but for the few words that they add. These are read here without parsing the frame, which
 * takes five times as long, some hundred times for each answer.
 */
export interface TextFrames {
  /** What the frame adds, where all the rest of it is as in the frame that was learned; undefined where it has to be parsed. */
  textOf(frame: string): string | undefined;
  /** Of a frame that has been parsed: it holds this text as its `content`, and no part of a call. */
  learn(frame: string, text: string): void;
}

interface Pattern {
  /** All before the text, its opening quote included. */
  readonly head: string;
  /** From the closing quote on, up to what differs by chance. */
  readonly tail: string;
  readonly isPadded: boolean;
}

/** OpenAI makes the frames of one length, so that nobody guesses words by the length of packets. */
const padding = ',"obfuscation":"';
/** An endpoint whose frames all differ is not worth the search. */
const maxMisses = 8;

export function createTextFrames(): TextFrames {
  let pattern: Pattern | undefined;
  let misses = 0;
  return {
    textOf: (frame) => {
      const text = pattern && match(frame, pattern);
      if (text !== undefined) misses = 0;
      return text;
    },
    learn: (frame, text) => {
      misses += 1;
      pattern = misses > maxMisses ? undefined : toPattern(frame, text);
    },
  };
}

// `startsWith` and regular expressions take as long as to parse it all; slices are compared by the word.
function match(frame: string, { head, tail, isPadded }: Pattern): string | undefined {
  if (frame.slice(0, head.length) !== head) return undefined;
  const end = frame.indexOf('"', head.length);
  const after = end + tail.length;
  if (end < 0 || frame.slice(end, after) !== tail) return undefined;
  if (isPadded ? !isPaddingUntilEnd(frame, after) : frame.length !== after) return undefined;
  return isPlain(frame, head.length, end) ? frame.slice(head.length, end) : undefined;
}

function isPaddingUntilEnd(frame: string, from: number): boolean {
  const end = frame.length - 2;
  return frame.indexOf('"', from) === end && frame.charCodeAt(end + 1) === 0x7d && isPlain(frame, from, end);
}

/** Whether every character stands for itself in a JSON text, and may stand there. */
function isPlain(frame: string, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) {
    const code = frame.charCodeAt(at);
    if (code < 0x20 || code === 0x5c) return false;
  }
  return true;
}

/** Only where there is no doubt which `content` it is. */
function toPattern(frame: string, text: string): Pattern | undefined {
  const key = '"content"';
  const at = frame.indexOf(key);
  const start = frame.indexOf('"', at + key.length) + 1;
  const end = start + text.length;
  if (at < 0 || frame.includes(key, at + 1) || frame.slice(start, end + 1) !== `${text}"`) return undefined;
  if (!/^: ?$/.test(frame.slice(at + key.length, start - 1))) return undefined;
  const padded = frame.indexOf(padding, end) + padding.length;
  const isPadded = padded > end && isPaddingUntilEnd(frame, padded);
  return { head: frame.slice(0, start), tail: frame.slice(end, isPadded ? padded : undefined), isPadded };
}
