/** Reads server-sent events (the HTML standard's text/event-stream) from bytes that may be cut anywhere. */
export interface SseReader {
  /** Calls back for every event that is complete by now. Throws a RangeError when one grows beyond the limit. */
  push(chunk: Uint8Array): void;
  /** The stream has ended. What it left unfinished still counts as an event: some servers leave out the last empty line. */
  end(): void;
}

export interface SseEvent {
  /** The `data` lines, joined by line feeds. */
  readonly data: string;
  /** The value of `event`, or an empty text. */
  readonly type: string;
}

const maxEventLength = 8 * 1024 * 1024;

export function createSseReader(onEvent: (event: SseEvent) => void): SseReader {
  const decoder = new TextDecoder();
  let unfinishedLine = '';
  let afterCarriageReturn = false;
  let data: string | undefined;
  let type = '';

  function feed(decoded: string): void {
    if (decoded === '') return;
    // A carriage return ends a line by itself; a line feed that follows it in the next chunk does not end another.
    let text = afterCarriageReturn && decoded.startsWith('\n') ? decoded.slice(1) : decoded;
    afterCarriageReturn = decoded.endsWith('\r');
    if (text.includes('\r')) text = text.replaceAll(/\r\n?/g, '\n');
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = text.slice(start, end);
      takeLine(unfinishedLine === '' ? line : unfinishedLine + line);
      unfinishedLine = '';
      start = end + 1;
    }
    if (start < text.length) unfinishedLine += text.slice(start);
    if (unfinishedLine.length + (data?.length ?? 0) > maxEventLength)
      throw new RangeError(`An event is longer than ${maxEventLength} characters.`);
  }

  function takeLine(line: string): void {
    if (line === '') {
      dispatch();
    } else if (line.startsWith('data:')) {
      const value = valueAfter(line, 5);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (line.startsWith('event:')) {
      type = valueAfter(line, 6);
    } // Else a comment, which keeps the connection alive, or a field that a single answer has no use for.
  }

  function dispatch(): void {
    const event = data === undefined ? undefined : { data, type };
    data = undefined;
    type = '';
    if (event) onEvent(event);
  }

  return {
    push: (chunk) => feed(decoder.decode(chunk, { stream: true })),
    end: () => {
      feed(decoder.decode());
      if (unfinishedLine !== '') takeLine(unfinishedLine);
      unfinishedLine = '';
      dispatch();
    },
  };
}

function valueAfter(line: string, colon: number): string {
  return line.slice(line.charCodeAt(colon) === 32 ? colon + 1 : colon);
}
