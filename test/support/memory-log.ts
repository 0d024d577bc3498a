import type { Log, LogFields } from '../../src/log.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

export interface MemoryLog extends Log {
  /** Every line so far, those of `with` included. */
  readonly lines: readonly LogLine[];
  /** The lines with this message. */
  find(message: string): readonly LogLine[];
}

/** A log to look into afterwards. */
export function createMemoryLog(): MemoryLog {
  const lines: LogLine[] = [];
  return { ...writeTo(lines, {}), lines, find: (message) => lines.filter((line) => line.message === message) };
}

function writeTo(lines: LogLine[], own: LogFields): Log {
  const write =
    (level: LogLine['level']) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields: { ...own, ...fields } });
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => writeTo(lines, { ...own, ...fields }),
  };
}
