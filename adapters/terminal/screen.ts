import { clearLine, cursorTo } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Writable } from 'node:stream';
import { toPlainText } from './plain.ts';

/** What is printed: answers as they grow, and between them the line that the person types into. */
export interface Screen {
  /** Prints a piece of an answer. `id` is the answer's. */
  append(id: string, text: string): void;
  /** Starts an answer, or starts it once more. */
  begin(id: string): void;
  /** Prints what is missing of an answer; the whole once more where something else stands there. */
  complete(id: string, text: string): void;
  /** Prints a line about something else. */
  notice(text: string): void;
  /** Shows the prompt, with what has been typed so far. */
  prompt(): void;
}

export interface ScreenOptions {
  readonly output: Writable;
  /** Undefined where nobody types. */
  readonly line: Interface | undefined;
}

export function createScreen(options: ScreenOptions): Screen {
  const { write, endLine, prompt } = createWriter(options);
  /** What stands there of answers that are not complete. */
  const printed = new Map<string, string>();
  /** The first half of a character that comes in two pieces. */
  let held = '';

  function begin(id: string): void {
    if (printed.get(id)) endLine();
    printed.set(id, '');
    held = '';
  }

  return {
    begin,
    append: (id, text) => {
      const whole = held + text;
      held = /[\uD800-\uDBFF]$/.test(whole) ? whole.slice(-1) : '';
      const plain = toPlainText(held === '' ? whole : whole.slice(0, -1));
      printed.set(id, (printed.get(id) ?? '') + plain);
      write(plain);
    },
    complete: (id, text) => {
      const plain = toPlainText(text);
      if (!plain.startsWith(printed.get(id) ?? '')) begin(id);
      write(plain.slice(printed.get(id)?.length ?? 0));
      endLine();
      printed.delete(id);
      held = '';
    },
    notice: (text) => {
      endLine();
      write(`${toPlainText(text)}\n`);
    },
    prompt,
  };
}

/** Text and prompt share one line of the terminal: what is written while somebody types takes the place of the prompt, which comes back after it. */
function createWriter({ output, line }: ScreenOptions) {
  let prompting = false;
  let atLineStart = true;
  let closed = line === undefined;
  line?.on('line', () => {
    prompting = false;
  });
  line?.once('close', () => {
    closed = true;
    if (prompting) write('\n');
  });

  function write(text: string): void {
    if (text === '') return;
    if (prompting && !closed && line?.terminal) {
      cursorTo(output, 0);
      clearLine(output, 0);
    }
    prompting = false;
    output.write(text);
    atLineStart = text.endsWith('\n');
  }

  return {
    write,
    endLine: () => {
      if (!atLineStart) write('\n');
    },
    prompt: () => {
      if (closed) return;
      prompting = true;
      line?.prompt(true);
    },
  };
}
