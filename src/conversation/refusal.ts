import type { LimitError } from '../errors.ts';
import { endHere } from '../split.ts';
import type { Spending } from '../store/limit-store.ts';
import type { ClaimedTurn } from '../store/store.ts';

export interface Refused {
  readonly turn: ClaimedTurn;
  readonly error: LimitError;
  /** What people have been shown of an answer. */
  readonly written: string;
  readonly now: number;
}

export interface Refusal {
  readonly text: string;
  readonly verdict: 'refused';
  readonly reason: string;
  readonly reached: Spending['reached'];
  /** Whether it need not be sent. */
  readonly isSilent: boolean;
}

/** Says in the chat which limit has been reached, and when there is room again. */
export function toRefusal({ turn, error, written, now }: Refused): Refusal {
  const text = endHere(written, sayRefusal(error, now));
  const { limit, resetsAt } = error;
  return {
    text,
    verdict: 'refused',
    reason: error.message,
    reached: { limit, until: resetsAt },
    isSilent: error.told && written === '' && mayBeSilent(turn),
  };
}

/**
 * Once in a conversation is enough, or the refusals would be the flood. A command is always answered: its platform shows that it waits. So is
 * what a stream has begun, or may have.
 */
function mayBeSilent({ events, stream, revises }: ClaimedTurn): boolean {
  return stream === undefined && !revises && events.every(({ event }) => event.type === 'message');
}

const scopes = {
  overall: 'everybody together',
  tenant: 'everybody here together',
  channel: 'this channel',
  person: 'you',
} as const;

function sayRefusal({ limit, resetsAt, fits }: LimitError, now: number): string {
  const [, kind = '', scope = '', per = ''] = limit.split('.');
  const who = scopes[scope as keyof typeof scopes]; // as limits are named: see config/limits.ts
  const whose = `set for ${who} per ${per} (${limit})`;
  if (kind === 'messages') return `Sorry, the limit on questions ${whose} is reached. ${sayReset(resetsAt, now)}`;
  const what = kind === 'tokens' ? 'on what answers may take' : 'on what answers may cost';
  if (!fits)
    return `Sorry, this conversation has become so long that an answer could take more than the limit ${what} allows at all, ${whose}. \`/reset\` starts afresh.`;
  return `Sorry, the limit ${what}, ${whose}, is reached. ${sayReset(resetsAt, now)}`;
}

/** As in "Please ask again in 3 hours, after 2026-06-02 00:00:00 UTC." */
function sayReset(resetsAt: number, now: number): string {
  if (resetsAt <= now) return 'You can ask again now.';
  const at = new Date(Math.ceil(resetsAt / 1_000) * 1_000).toISOString().slice(0, 19).replace('T', ' ');
  return `Please ask again in ${sayDuration(resetsAt - now)}, after ${at} UTC.`;
}

const units = [
  { name: 'day', ms: 24 * 60 * 60_000 },
  { name: 'hour', ms: 60 * 60_000 },
  { name: 'minute', ms: 60_000 },
  { name: 'second', ms: 1_000 },
] as const;

/** In the largest unit of which there are two, rounded up: nobody is sent back too early. */
function sayDuration(ms: number): string {
  const unit = units.find((each) => ms >= 2 * each.ms) ?? units[3];
  const count = Math.ceil(ms / unit.ms);
  return `${count} ${unit.name}${count === 1 ? '' : 's'}`;
}
