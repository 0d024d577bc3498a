import { hash } from 'node:crypto';
import type { WantedCall } from '../agent/wanted-call.ts';
import { toMinuteText } from '../approval-verdicts.ts';
import { parseJson } from '../json.ts';
import type { Author, Json } from '../message.ts';

/** What a turn wants to be approved. */
export interface Asks {
  readonly call: WantedCall;
  readonly asker: Author;
  readonly fromOutside: boolean;
}

/** What people read before they approve of a call. */
export interface RequestView {
  readonly call: WantedCall;
  /** In ms since 1970. */
  readonly expiresAt: number;
  /** Whether there are buttons under it. */
  readonly hasButtons: boolean;
}

/** With what is written over it later it fits into one message of every platform. */
const maxLength = 1_700;
const maxShown = 600;
const leastShown = 24;

/**
 * The request as Markdown of one or more messages; the last one bears the buttons. Every argument is shown, as JSON in a block of code that nothing
 * in it can end. Of what is too long the beginning, the length and a digest are.
 */
export function toRequestTexts(
  { call, expiresAt, hasButtons }: RequestView,
  split: (text: string) => readonly string[],
): string[] {
  const { id, tool } = call;
  const head = `**A person has to approve this first: ${toLabel(tool.title)}** (\`${tool.name}\`)`;
  const command = `parley tools approve ${id}`;
  const how = hasButtons ? `\`parley tools approvals ${id}\` shows it in full.` : `An operator decides: \`${command}\``;
  const careful = call.untrusted ? 'What strangers wrote was read for this: look closely. ' : '';
  const tail = `${careful}Nothing is done before. Until ${toMinuteText(expiresAt)}; ${how}`;
  const given = toGiven(call.arguments, maxLength - head.length - tail.length);
  const whole = [head, given, tail].join('\n\n');
  return whole.length <= maxLength ? [whole] : [...split([head, given].join('\n\n')), [head, tail].join('\n\n')];
}

/** For people from outside, who are shown neither tools nor arguments. */
export function toOutsideText(): string {
  return '_(A colleague has to approve the next step. You will hear from us.)_';
}

/** What later turns are to know of it. */
export function toRequestNote({ call: { tool, arguments: given } }: Pick<RequestView, 'call'>): string {
  const shown = given.length > maxShown ? `${given.slice(0, maxShown).toWellFormed()}…` : given;
  return `(I asked for a person's approval to call ${tool.name} with ${shown}. It has not been called.)`;
}

function toGiven(canonical: string, room: number): string {
  const entries = Object.entries((parseJson(canonical) ?? {}) as Readonly<Record<string, Json>>); // what the tool takes is an object
  if (entries.length === 0) return 'No arguments.';
  const share = Math.min(maxShown, Math.max(leastShown, Math.floor(room / entries.length / 2)));
  const whole = entries.map(([key, value]) => `${toKey(key)}: ${toVisibleJson(value)}`);
  const fits = whole.reduce((sum, line) => sum + line.length + 1, 0) <= room;
  const lines = fits
    ? whole
    : entries.map(([key, value]) => `${toShort(toKey(key), share)}: ${toShort(toVisibleJson(value), share)}`);
  return ['```', ...lines, '```'].join('\n');
}

function toKey(key: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(key) ? key : toVisibleJson(key);
}

/**
 * JSON that reads as what it is: what is not seen, or changes the direction of what is, stands there as its number; so do the characters that would
 * end a block of code, or hide a part of it.
 */
export function toVisibleJson(value: Json): string {
  return JSON.stringify(value).replaceAll(/[\p{C}\p{Zl}\p{Zp}\p{DI}`|]|(?! )\p{Zs}/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

function toShort(shown: string, share: number): string {
  if (shown.length <= share) return shown;
  return `${shown.slice(0, share).toWellFormed()} … (${shown.length} characters, SHA-256 ${toDigest(shown)})`;
}

/** Of a value as it is shown, to compare what was cut with the whole. */
export function toDigest(shown: string): string {
  return hash('sha256', shown, 'hex').slice(0, 16);
}

/** A title in bold, in one line. */
function toLabel(title: string): string {
  return title
    .toWellFormed()
    .replaceAll(/[^\p{L}\p{M}\p{N} .,:'()-]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 100)
    .trim();
}
