import type { Clock } from '../../src/clock.ts';
import type { InboundEvent } from '../../src/message.ts';
import type { SlackCaller, SlackPlace } from './client.ts';
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
  /** The name of a user or channel, where it is known; it is asked for otherwise. */
  nameOf(id: string, place: NamedPlace): string | undefined;
}

/** The workspace in which an id stands. */
export type NamedPlace = SlackPlace & { readonly tenant: string };

interface Wanted {
  readonly caller: SlackCaller;
  readonly id: string;
}

/** Slow on purpose: names are an embellishment, and events must not wait for them nor compete with them. */
const lookUpEveryMs = 1_000;
const keptForMs = 24 * 60 * 60_000;
const afterErrorMs = 60 * 60_000;
const maxNames = 5_000;
const maxWaiting = 200;

/** Slack's events name people and channels by their ids alone. Their names are asked for in the background, one at a time. */
export function createNames({ slack, clock, stopping }: NamesOptions): Names {
  const names = new Map<string, { readonly name: string | undefined; readonly until: number }>();
  const waiting = new Map<string, Wanted>();
  let isBusy = false;

  function want(key: string, wanted: Wanted): void {
    if (waiting.size < maxWaiting) waiting.set(key, wanted);
    if (!isBusy) void lookUp();
  }

  async function lookUp(): Promise<void> {
    isBusy = true;
    for (const [key, wanted] of waiting) {
      await clock.sleep(lookUpEveryMs, stopping).catch(() => undefined);
      if (stopping.aborted) break;
      // No permission, most likely: then the id has to do.
      const onError = (error: unknown): void => keep(key, undefined, rateLimitOf(error) ?? afterErrorMs);
      await ask(wanted).then((name) => keep(key, name, keptForMs), onError);
      waiting.delete(key);
    }
    isBusy = false;
  }

  async function ask({ caller, id }: Wanted): Promise<string | undefined> {
    if (/^[UW]/.test(id)) return userName((await caller.call('users.info', { user: id }, stopping))['user']);
    const { channel } = await caller.call('conversations.info', { channel: id }, stopping);
    return isRecord(channel) && typeof channel['name'] === 'string' ? channel['name'] : undefined;
  }

  function nameOf(id: string, place: NamedPlace): string | undefined {
    if (!/^[UWCG][A-Z0-9]{2,20}$/.test(id)) return undefined;
    // Ids are unique within a workspace.
    const key = `${place.tenant}:${id}`;
    const known = names.get(key);
    if (!known || known.until < clock.now()) want(key, { caller: slack.of(place), id });
    return known?.name;
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
      const name = nameOf(event.author.id, event);
      return name === undefined ? event : { ...event, author: { ...event.author, name } };
    },
    nameOf,
  };
}

function userName(user: unknown): string | undefined {
  if (!isRecord(user)) return undefined;
  const profile = isRecord(user['profile']) ? user['profile'] : {};
  const candidates = [profile['display_name'], profile['real_name'], user['real_name'], user['name']];
  return candidates.find((name): name is string => typeof name === 'string' && name !== '');
}
