/** What every part of Parley logs through. One line per state change: a constant message, the data in fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines all carry `fields` too. */
  with(fields: LogFields): Log;
}

export type LogFields = Readonly<Record<string, unknown>>;

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};

const secretShapes = [
  /xox[a-z]-[\w-]{6,}/g, // Slack bot, user, refresh and legacy tokens
  /xapp-[\w-]{6,}/g, // Slack app-level tokens
  /xoxe\.xox[a-z]-[\w-]{6,}/g, // Slack rotated tokens
  /\bsk-[\w-]{8,}/g, // OpenAI and those who imitate its keys
  /\bwhsec_[\w+/=]{8,}/g, // Standard Webhooks secrets
  /\b[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}/g, // Discord bot tokens
  /\b(?:Bearer|Bot|Basic)\s+[\w.~+/=-]{8,}/gi, // Authorization headers
];

/** The text with everything that looks like a credential, and every one of `known`, replaced. */
export function redact(text: string, known: readonly string[] = []): string {
  let clean = text;
  for (const secret of known) if (secret.length >= 6) clean = clean.replaceAll(secret, '[secret]');
  for (const shape of secretShapes) clean = clean.replaceAll(shape, '[secret]');
  return clean;
}
