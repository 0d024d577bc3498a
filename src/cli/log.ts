import { pino, stdSerializers } from 'pino';
import { redact, type Log, type LogFields } from '../log.ts';
import type { Output } from './command.ts';
import { toPrettyLine } from './log-pretty.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json';
  /** Values that must not appear in any line, beside everything that looks like a credential. */
  readonly secrets: readonly string[];
  readonly destination: Output;
}

/** The log of the running program: one line per call, as JSON or for people to read. */
export function createLog({ level, format, secrets, destination }: LogOptions): Log {
  const pretty = format === 'pretty' || (format === 'auto' && destination.isTTY === true);
  const colors = destination.hasColors?.() ?? false;
  const clean = createLineRedactor(secrets);
  const write = (line: string): void => {
    const safe = clean(line);
    destination.write(pretty ? toPrettyLine(safe, colors) : safe);
  };
  const options = { level, base: null, messageKey: 'message', formatters: { level: (label: string) => ({ level: label }) } };
  return wrap(pino(options, { write }));
}

/**
 * Takes secrets out of a finished line of JSON: one pass sees messages, nested fields, errors and their stacks alike, which
 * pino's own redaction by path does not.
 */
function createLineRedactor(secrets: readonly string[]): (line: string) => string {
  // In JSON a secret with a quote or a backslash is written in another way.
  const known = new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]));
  const longestFirst = [...known].toSorted((a, b) => b.length - a.length);
  return (line) => redact(line, longestFirst).replaceAll(secretField, '$1"[secret]"');
}

/** A field whose name says that its text is a secret, whatever it looks like. */
const secretField = /("(?:[\w-]*[_-])?(?:authorization|password|passwd|secret|token|api[_-]?key|cookie)":)"(?:[^"\\]|\\.)*"/gi;

type Pino = ReturnType<typeof pino>;

function wrap(logger: Pino): Log {
  return {
    debug: (message, fields) => {
      if (logger.isLevelEnabled('debug')) logger.debug(toFields(fields), message);
    },
    info: (message, fields) => logger.info(toFields(fields), message),
    warn: (message, fields) => logger.warn(toFields(fields), message),
    error: (message, fields) => logger.error(toFields(fields), message),
    with: (fields) => wrap(logger.child(toFields(fields) ?? {})),
  };
}

/** JSON makes {} of an error; this makes what is worth reading of it. */
function toFields(fields: LogFields | undefined): Record<string, unknown> | undefined {
  if (!fields) return undefined;
  const entries = Object.entries(fields);
  if (!entries.some(([, value]) => value instanceof Error)) return fields;
  return Object.fromEntries(
    entries.map(([key, value]) => [key, value instanceof Error ? stdSerializers.errWithCause(value) : value]),
  );
}
