const styles = {
  debug: '\u001b[90m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
  dim: '\u001b[2m',
  end: '\u001b[0m',
};

/** One line of the JSON log as a line for people: `12:00:00 INFO  message  field=value`. What does not fit in a line follows it, indented. */
export function toPrettyLine(json: string, colors: boolean): string {
  const { time, level, message, ...fields }: Record<string, unknown> = JSON.parse(json);
  const paint = (style: string, text: string): string => (colors && text ? `${style}${text}${styles.end}` : text);
  const label = typeof level === 'string' ? level : 'info';
  const stacks = Object.values(fields).flatMap(stackOf);
  const details = Object.entries(fields).map(([key, value]) => `${key}=${showValue(value)}`);
  const head = [
    paint(styles.dim, clockTime(time)),
    paint(styleOf(label), label.toUpperCase().padEnd(5)),
    oneLine(typeof message === 'string' ? message : ''),
  ];
  const line = [head.join(' '), paint(styles.dim, details.join(' '))].filter(Boolean).join('  ');
  return `${[line, ...stacks].join('\n')}\n`;
}

function clockTime(time: unknown): string {
  const date = new Date(typeof time === 'number' ? time : 0);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

function styleOf(level: string): string {
  if (level === 'error' || level === 'warn' || level === 'debug') return styles[level];
  return styles.info;
}

function showValue(value: unknown): string {
  if (isErrorFields(value)) return JSON.stringify(value.message);
  // Bare where it reads as one word: names, ids and numbers.
  if (typeof value === 'string') return /^[\w./:@+-]+$/.test(value) ? value : oneLine(JSON.stringify(value));
  return oneLine(JSON.stringify(value) ?? 'undefined');
}

function stackOf(value: unknown): string[] {
  if (!isErrorFields(value)) return [];
  const frames = value.stack.split('\n').filter((line) => /^\s*at /.test(line));
  const lines = frames.map((line) => `    ${stripControls(line.trim())}`);
  return isErrorFields(value.cause) ? [...lines, `  caused by: ${oneLine(value.cause.message)}`, ...stackOf(value.cause)] : lines;
}

function isErrorFields(value: unknown): value is { message: string; stack: string; cause?: unknown } {
  if (typeof value !== 'object' || value === null) return false;
  return 'stack' in value && typeof value.stack === 'string' && 'message' in value && typeof value.message === 'string';
}

function oneLine(text: string): string {
  return stripControls(text.replaceAll(/\s*\n\s*/g, ' '));
}

/** What people write must not steer the terminal that the log is read in. */
function stripControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
