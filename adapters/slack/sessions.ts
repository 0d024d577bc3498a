import { withTimeout } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { Destination, OutboundMessage } from '../../src/message.ts';
import type { SlackCaller } from './client.ts';
import { parseDestination } from './conversation.ts';
import { platformErrorOf, rateLimitOf } from './failure.ts';
import { createOffSwitch } from './off-switch.ts';
import type { OffSwitch } from './off-switch.ts';
import type { Past } from './past.ts';
import type { Titles } from './titles.ts';

export interface SessionsOptions {
  readonly slack: SlackCaller;
  readonly titles: Titles;
  readonly past: Past;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
}

/**
 * Slack's agent sessions: while one is `processing`, its thread shows a sign of work with a Stop button, until the app says otherwise.
 *
 *     (none) ──begin──> processing ──end, or the end of its stream──> active
 *
 * Decoration: nothing here delays or fails an answer, and where Slack knows no sessions nothing is missed. But a sign that stays for ever
 * would be a lie: a session that may have begun is ended with its answer, by the process that answers, whoever began it.
 */
export interface Sessions {
  /** An answer is being made. Returns at once. */
  begin(destination: Destination): void;
  /** What the call that ends the stream can say about it; undefined where that would be of no use. */
  statusAtEnd(destination: Destination): 'active' | undefined;
  /** The end of the stream has said so. */
  ended(destination: Destination): void;
  /** The answer stands there, or never will. Resolves soon; never rejects. */
  end(message: Pick<OutboundMessage, 'destination'>): Promise<void>;
  /** A person has pressed Stop. Slack changes nothing by itself. */
  stopped(destination: Destination): void;
}

interface Session {
  /** Resolves, with whether Slack said yes, when the call that began it is over. */
  readonly begun: Promise<boolean>;
  isKnown: boolean;
}

const requestTimeoutMs = 5_000;
/** The next thing in the conversation waits for the end, but not for long. */
const endWithinMs = 2_000;
const maxEndAttempts = 5;
const maxSettled = 10_000;
/** `agents.sessions.setStatus` may be called some 50 times a minute in a workspace. Each beginning needs an end; the rest is for what an earlier process left. */
const beginningsPerMinute = 20;
const checksPerMinute = 10;

export function createSessions(options: SessionsOptions): Sessions {
  const { clock, past } = options;
  const settled = new Set<string>();
  const sessions = new Map<string, Session>();
  const off = createOffSwitch(clock);
  const mayBegin = createQuota(clock, beginningsPerMinute);
  const mayMakeSure = createQuota(clock, checksPerMinute);
  const { start, finish } = createCalls(options, off);

  async function endWithin(place: Place, session: Session | undefined): Promise<void> {
    sessions.delete(place.key);
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(endWithinMs, resolve);
    await Promise.race([finish(place, session), promise]);
    cancel();
  }

  function settle({ key }: Place): void {
    if (settled.size < maxSettled) settled.add(key);
  }

  return {
    begin: (destination) => {
      const place = toPlace(destination);
      if (!place || sessions.has(place.key) || off.isOff(place.tenant, place.channel) || !mayBegin(place.tenant)) return;
      const state = { isKnown: false };
      const session: Session = Object.assign(state, { begun: start(place, state) });
      sessions.set(place.key, session);
    },
    statusAtEnd: (destination) => {
      if (sessions.size === 0) return undefined;
      return sessions.get(toPlace(destination)?.key ?? '')?.isKnown ? 'active' : undefined;
    },
    ended: (destination) => void sessions.delete(toPlace(destination)?.key ?? ''),
    end: async ({ destination }) => {
      const isOfBefore = past.mayConcern({ destination });
      if (sessions.size === 0 && !isOfBefore) return;
      const place = toPlace(destination);
      if (!place) return;
      const session = sessions.get(place.key);
      if (session) {
        if (isOfBefore) settle(place);
        await endWithin(place, session);
        return;
      }
      // A process before this one may have begun it; once is enough to make sure, and no answer waits for that.
      if (!isOfBefore || settled.has(place.key) || off.isOff(place.tenant, place.channel) || !mayMakeSure(place.tenant)) return;
      settle(place);
      void endWithin(place, undefined);
    },
    stopped: (destination) => {
      const place = toPlace(destination);
      if (place && !off.isOff(place.tenant, place.channel)) void endWithin(place, sessions.get(place.key));
    },
  };
}

/** What Slack is told. Neither rejects. */
function createCalls({ slack, titles, clock, log, stopping }: SessionsOptions, off: OffSwitch) {
  async function setStatus(place: Place, args: Record<string, unknown>): Promise<void> {
    const { signal, clear } = withTimeout(clock, requestTimeoutMs, stopping);
    try {
      const { channel: channel_id, threadTs: thread_ts } = place;
      const answer = await slack.of(place).call('agents.sessions.setStatus', { channel_id, thread_ts, ...args }, signal);
      warnOf(answer, log);
    } finally {
      clear();
    }
  }

  /** Whether there may be one that has to be ended. */
  async function start(place: Place, session: { isKnown: boolean }): Promise<boolean> {
    const { channel, threadTs, userId } = place;
    const title = titles.of(channel, threadTs);
    const initiator = userId === undefined ? {} : { initiator_user_id: userId };
    try {
      await setStatus(place, { status: 'processing', ...initiator, ...(title === undefined ? {} : { title }) });
      session.isKnown = true;
      return true;
    } catch (error) {
      const refusal = off.onError(error, place);
      if (refusal !== undefined) log.info('slack has no agent sessions here', { tenant: place.tenant, error: refusal });
      return platformErrorOf(error) === undefined && rateLimitOf(error) === undefined;
    }
  }

  /** Once more where it is not known whether it worked. */
  async function finish(place: Place, session: Session | undefined): Promise<void> {
    if (session && !(await session.begun)) return;
    for (let attempt = 1; !stopping.aborted; attempt += 1) {
      try {
        return await setStatus(place, { status: 'active' });
      } catch (error) {
        const waitMs = rateLimitOf(error) ?? (platformErrorOf(error) === undefined ? 1_000 * attempt : undefined);
        if (waitMs === undefined) off.onError(error, place);
        if (waitMs === undefined || attempt >= maxEndAttempts) {
          log.debug('slack session was not ended', { channel: place.channel, error: describeError(error) });
          return;
        }
        await clock.sleep(waitMs, stopping).catch(() => undefined);
      }
    }
  }

  return { start, finish };
}

interface Place {
  readonly key: string;
  readonly tenant: string;
  readonly channel: string;
  readonly threadTs: string;
  readonly userId: string | undefined;
  readonly destination: Destination;
}

/** Sessions belong to threads; an answer for one pair of eyes has no need of them. */
function toPlace(destination: Destination): Place | undefined {
  const { channel, threadTs, userId, ephemeral } = parseDestination(destination) ?? {};
  if (channel === undefined || threadTs === undefined || ephemeral) return undefined;
  const tenant = destination['installation'] ?? destination['teamId'] ?? '';
  return { key: `${channel} ${threadTs}`, tenant, channel, threadTs, userId, destination };
}

function createQuota(clock: Pick<Clock, 'now'>, perMinute: number): (tenant: string) => boolean {
  const minutes = new Map<string, { minute: number; count: number }>();
  return (tenant) => {
    const minute = Math.floor(clock.now() / 60_000);
    const known = minutes.get(tenant);
    const current = known?.minute === minute ? known : { minute, count: 0 };
    minutes.set(tenant, current);
    current.count += 1;
    return current.count <= perMinute;
  };
}

const noStopButton = 'missing_agent_session_stopped_event_subscription';

function warnOf({ warning }: Readonly<Record<string, unknown>>, log: Log): void {
  if (typeof warning !== 'string' || !warning.includes(noStopButton)) return;
  log.warn('slack shows no Stop button: subscribe the app to agent_session_stopped (parley slack manifest)');
}
