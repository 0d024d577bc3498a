import type { Clock } from '../../src/clock.ts';
import type { InboundEvent } from '../../src/message.ts';
import type { SlackCaller } from './client.ts';
import { rateLimitOf } from './failure.ts';
import { isRecord } from './receive.ts';

export interface NamesOptions {
  readonly slack: SlackCaller;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

export interface Names {
  /** The event with its author's name where that is known. Where it is not, the next event may have it. */
  complete<Event extends InboundEvent>(event: Event): Event;
}

/** Slow on purpose: names are an embellishment, and events must not wait for them nor compete with them. */
const lookUpEveryMs = 1_000;
const keptForMs = 24 * 60 * 60_000;
const afterErrorMs = 60 * 60_000;
const maxNames = 5_000;
const maxWaiting = 200;

/** Slack's events name people by their id alone. Their names are asked for in the background, one at a time. */
export function createNames({ slack, clock, stopping }: NamesOptions): Names {
  const names = new Map<string, { readonly name: string | undefined; readonly until: number }>();
  const waiting = new Set<string>();
  let isBusy = false;

  function want(userId: string): void {
    if (waiting.size < maxWaiting) waiting.add(userId);
    if (isBusy) return;
    isBusy = true;
    clock.after(lookUpEveryMs, () => void lookUpNext());
  }

  async function lookUpNext(): Promise<void> {
    isBusy = false;
    const [userId] = waiting;
    if (userId === undefined || stopping.aborted) return;
    waiting.delete(userId);
    try {
      const { user } = await slack.call('users.info', { user: userId }, stopping);
      keep(userId, nameOf(user), keptForMs);
    } catch (error) {
      // No permission, most likely: then the id has to do.
      keep(userId, undefined, rateLimitOf(error) ?? afterErrorMs);
    }
    const [next] = waiting;
    if (next !== undefined) want(next);
  }

  function keep(userId: string, name: string | undefined, forMs: number): void {
    const [oldest] = names.keys();
    if (names.size >= maxNames && oldest !== undefined) names.delete(oldest);
    names.delete(userId);
    names.set(userId, { name, until: clock.now() + forMs });
  }

  return {
    complete: (event) => {
      if (!('author' in event) || event.author.name !== event.author.id) return event;
      const known = names.get(event.author.id);
      if (!known || known.until < clock.now()) want(event.author.id);
      return known?.name === undefined ? event : { ...event, author: { ...event.author, name: known.name } };
    },
  };
}

function nameOf(user: unknown): string | undefined {
  if (!isRecord(user)) return undefined;
  const profile = isRecord(user['profile']) ? user['profile'] : {};
  const candidates = [profile['display_name'], profile['real_name'], user['real_name'], user['name']];
  return candidates.find((name): name is string => typeof name === 'string' && name !== '');
}
