import type { AdapterContext } from '../../src/adapter.ts';
import { withTimeout } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { SlackCaller } from './client.ts';
import { platformErrorOf, rateLimitOf } from './failure.ts';
import { toHomeView } from './home-view.ts';
import type { HomeButton, HomeContent } from './home-view.ts';
import { isRecord, tenantOf } from './receive.ts';

export interface HomeOptions {
  readonly slack: SlackCaller;
  readonly context: Pick<AdapterContext, 'overview' | 'clock' | 'log'>;
  readonly content: Omit<HomeContent, 'botUserId' | 'buttons' | 'now'>;
  /** What this person may press there. */
  readonly buttonsFor: (place: HomePlace, signal: AbortSignal) => Promise<readonly HomeButton[]>;
  readonly stopping: AbortSignal;
}

/** Somebody's Home tab. */
export interface HomePlace {
  readonly tenant: string;
  readonly installation: string | undefined;
  readonly userId: string;
}

/** Through what an event came, and for which bot. */
export interface HomeArrival {
  readonly installation?: string | undefined;
  readonly userId?: string | undefined;
}

export interface Home {
  /** Shows the tab to who has opened it. Returns at once; whatever goes wrong is logged and disturbs nothing. */
  onEvent(body: Readonly<Record<string, unknown>>, arrival: HomeArrival): void;
}

const againAfterMs = 5_000;
const timeoutMs = 10_000;
/** Somebody who waits longer has gone elsewhere. */
const longestWaitMs = 30_000;
const maxKept = 5_000;
/** Each costs the ledger a few queries. */
const maxUnderWay = 20;

/** The Home tab of the app, made anew each time that a person opens it. */
export function createHome({ slack, context, content, buttonsFor, stopping }: HomeOptions): Home {
  const { clock, log } = context;
  const openedAt = new Map<string, number>();
  let underWay = 0;

  function isTooSoon({ tenant, userId }: HomePlace): boolean {
    const key = `${tenant}:${userId}`;
    const last = openedAt.get(key);
    if (last !== undefined && clock.now() - last < againAfterMs) return true;
    if (openedAt.size >= maxKept) openedAt.clear();
    openedAt.set(key, clock.now());
    return false;
  }

  async function show({ hash, botUserId, ...place }: Opening): Promise<void> {
    const { signal, clear } = withTimeout(clock, timeoutMs + longestWaitMs, stopping);
    const { tenant, installation, userId } = place;
    try {
      const [overview, buttons] = await Promise.all([context.overview(tenant, userId), buttonsFor(place, signal)]);
      const view = toHomeView(overview, { ...content, botUserId, buttons, now: clock.now() });
      const destination = installation === undefined ? {} : { destination: { installation } };
      const caller = slack.of({ tenant, ...destination });
      await publish(caller, { user_id: userId, view, ...(hash === undefined ? {} : { hash }) }, signal);
    } catch (error) {
      // Somebody has published a newer one meanwhile.
      if (platformErrorOf(error) === 'hash_conflict') return;
      openedAt.delete(`${tenant}:${userId}`);
      if (!stopping.aborted) log.warn('slack home tab was not shown', { tenant, userId, error: describeError(error) });
    } finally {
      clear();
    }
  }

  async function publish(caller: SlackCaller, args: Record<string, unknown>, signal: AbortSignal): Promise<void> {
    try {
      await caller.call('views.publish', args, signal);
    } catch (error) {
      const waitMs = rateLimitOf(error);
      if (waitMs === undefined || waitMs > longestWaitMs) throw error;
      await clock.sleep(waitMs, signal);
      await caller.call('views.publish', args, signal);
    }
  }

  return {
    onEvent: (body, arrival) => {
      const opening = openingIn(body, arrival);
      if (!opening || underWay >= maxUnderWay || isTooSoon(opening)) return;
      underWay += 1;
      void show(opening).finally(() => {
        underWay -= 1;
      });
    },
  };
}

interface Opening extends HomePlace {
  readonly botUserId: string;
  /** Of what is shown there: where it has changed since, Slack refuses what was made for it. */
  readonly hash: string | undefined;
}

/** See https://docs.slack.dev/reference/events/app_home_opened. */
function openingIn(body: Readonly<Record<string, unknown>>, arrival: HomeArrival): Opening | undefined {
  const { event } = body;
  if (!isRecord(event) || event['type'] !== 'app_home_opened' || event['tab'] !== 'home') return undefined;
  const { user, view } = event;
  const tenant = tenantOf(body);
  if (tenant === '' || typeof user !== 'string' || !/^[UW][A-Z0-9]{1,30}$/.test(user)) return undefined;
  const hash = isRecord(view) && typeof view['hash'] === 'string' && view['hash'].length <= 255 ? view['hash'] : undefined;
  return { tenant, userId: user, installation: arrival.installation, botUserId: arrival.userId ?? '', hash };
}
