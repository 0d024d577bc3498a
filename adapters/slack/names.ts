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
  const waiting = new Map<string, { readonly slack: SlackCaller; readonly userId: string }>();
  let isBusy = false;

  function want(key: string, person: { slack: SlackCaller; userId: string }): void {
    if (waiting.size < maxWaiting) waiting.set(key, person);
    if (!isBusy) void lookUp();
  }

  async function lookUp(): Promise<void> {
    isBusy = true;
    for (const [key, { slack, userId }] of waiting) {
      await clock.sleep(lookUpEveryMs, stopping).catch(() => undefined);
      if (stopping.aborted) break;
      // No permission, most likely: then the id has to do.
      const onError = (error: unknown): void => keep(key, undefined, rateLimitOf(error) ?? afterErrorMs);
      await slack.call('users.info', { user: userId }, stopping).then(({ user }) => keep(key, nameOf(user), keptForMs), onError);
      waiting.delete(key);
    }
    isBusy = false;
  }

  function keep(key: string, name: string | undefined, forMs: number): void {
    const [oldest] = names.keys();
    if (names.size >= maxNames && oldest !== undefined) names.delete(oldest);
    names.delete(key);
    names.set(key, { name, until: clock.now() + forMs });
  }

  return {
    complete: (event) => {
      if (!('author' in event) || event.author.name !== event.author.id) return event;
      const { tenant, author } = event;
      // Ids of people are unique within a workspace.
      const key = `${tenant}:${author.id}`;
      const known = names.get(key);
      if (!known || known.until < clock.now()) want(key, { slack: slack.of(event), userId: author.id });
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
