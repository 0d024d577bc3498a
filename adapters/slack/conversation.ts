import { toConversationId } from '../../src/conversation-id.ts';
import type { Destination } from '../../src/message.ts';

/** What Slack's ids and timestamps mean to Parley. A `ts` names a message within its channel and says when it was written. */

export const adapterName = 'slack';

/** Seconds and microseconds, as in `1700000000.000100`. */
const tsPattern = /^\d{1,11}\.\d{1,9}$/;

export function isTs(value: unknown): value is string {
  return typeof value === 'string' && tsPattern.test(value);
}

/** ms since 1970. */
export function toMillis(ts: string): number {
  return Math.round(Number(ts) * 1000);
}

/** The earliest `ts` of that moment. */
export function toTs(ms: number): string {
  return `${Math.max(0, Math.floor(ms / 1000))}.${String(Math.max(0, Math.floor(ms % 1000))).padStart(3, '0')}000`;
}

export interface SlackThread {
  readonly tenant: string;
  readonly channel: string;
  /** `ts` of the message that the thread hangs under, or of the message itself where there is no thread yet. */
  readonly threadTs: string;
}

/** A thread is a conversation; a message outside of threads begins one. */
export function toThreadConversationId({ tenant, channel, threadTs }: SlackThread): string {
  return toConversationId({ adapter: adapterName, tenant, path: [channel, threadTs] });
}

/** The dedupe key of a message: the same in the `app_mention` and the `message` event that one mention causes. */
export function toMessageEventId(channel: string, ts: string): string {
  return `${channel}:${ts}`;
}

/** `ts` of the message behind an event id, or undefined where it is the id of something else. */
export function parseMessageEventId(eventId: string): { readonly channel: string; readonly ts: string } | undefined {
  const [channel = '', ts, ...rest] = eventId.split(':');
  return channel !== '' && rest.length === 0 && isTs(ts) ? { channel, ts } : undefined;
}

export interface SlackDestination {
  readonly channel: string;
  /** Absent after a slash command, which belongs to no thread. */
  readonly threadTs?: string;
  /** The asking person's own workspace, which in a shared channel need not be the bot's. */
  readonly teamId?: string;
  readonly userId?: string;
  /** Whom the question named, by id, with their names in its text: the only people, beside who asked, whom an answer may mention. */
  readonly named?: ReadonlyMap<string, string>;
  /** Only who asked is to see the answer. */
  readonly ephemeral?: boolean;
  /** Where a command can be answered for a while, sealed; see respond.ts. */
  readonly respond?: string;
  /** A notice for this one person. Where the channel is the id of a user, their direct messages are meant. */
  readonly direct?: boolean;
}

const maxNamed = 10;

export function toDestination({ named, ephemeral, direct, ...others }: SlackDestination): Destination {
  const destination = { ...others, ...(ephemeral ? { ephemeral: 'true' } : {}), ...(direct ? { direct: 'true' } : {}) };
  if (!named || named.size === 0) return { ...destination };
  const lines = [...named].slice(0, maxNamed).map(([id, name]) => `${id} ${name}`);
  return { ...destination, named: lines.join('\n') };
}

/** Whom an answer may mention. A name that two of them bear is nobody's. */
export function peopleOf({ userId, named = new Map<string, string>() }: SlackDestination): ReadonlyMap<string, string> {
  const names = [...named.values()];
  const people = [...named].map(([id, name]): [string, string] => [
    id,
    names.filter((other) => other === name).length > 1 ? '' : name,
  ]);
  return new Map([...(userId === undefined ? [] : [[userId, ''] as const]), ...people]);
}

/** Undefined where it was not made by this adapter. */
export function parseDestination({
  channel,
  threadTs,
  teamId,
  userId,
  named,
  ephemeral,
  direct,
  respond,
}: Destination): SlackDestination | undefined {
  if (channel === undefined || channel === '') return undefined;
  return {
    channel,
    ...(isTs(threadTs) ? { threadTs } : {}),
    ...(teamId ? { teamId } : {}),
    ...(userId ? { userId } : {}),
    ...(named ? { named: parseNamed(named) } : {}),
    ...(ephemeral === 'true' && userId ? { ephemeral: true } : {}),
    ...(direct === 'true' ? { direct: true } : {}),
    ...(respond ? { respond } : {}),
  };
}

function parseNamed(lines: string): ReadonlyMap<string, string> {
  const entries = lines.split('\n').map((line): [string, string] => {
    const at = line.indexOf(' ');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  });
  return new Map(entries.filter(([id]) => /^[UW][A-Z0-9]+$/.test(id)));
}
