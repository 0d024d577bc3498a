import type { Clock } from '../../src/clock.ts';
import { withTimeout } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { SlackCaller } from './client.ts';
import { isTs } from './conversation.ts';
import { createOffSwitch } from './off-switch.ts';
import { isRecord, tenantOf } from './receive.ts';

/** What somebody who opens the app may want to ask. */
export interface SuggestedPrompt {
  /** On the button. */
  readonly title: string;
  /** What is asked then. */
  readonly message: string;
}

export interface AgentViewOptions {
  readonly slack: SlackCaller;
  readonly prompts: readonly SuggestedPrompt[];
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
}

export interface AgentView {
  /** Looks whether somebody has opened the conversation with the app. Returns at once; `installation` as in destinations. */
  onEvent(body: Readonly<Record<string, unknown>>, installation: string | undefined): void;
}

/** The prompts stay where they are; people open the app many times a day. */
const againAfterMs = 24 * 60 * 60_000;
const kept = 10_000;
const requestTimeoutMs = 5_000;

/**
 * Slack's agent view. Prompts are set for the conversation as a whole when somebody opens it. Apps of the older assistant view are told of each
 * new thread instead, and the prompts belong to that.
 */
export function createAgentView({ slack, prompts, clock, log, stopping }: AgentViewOptions): AgentView {
  const setAt = new Map<string, number>();
  const off = createOffSwitch(clock);

  async function suggest({ tenant, channel, threadTs, installation }: Opened): Promise<void> {
    const { signal, clear } = withTimeout(clock, requestTimeoutMs, stopping);
    const args = { channel_id: channel, ...(threadTs === undefined ? {} : { thread_ts: threadTs }), title, prompts };
    const place = installation === undefined ? { tenant } : { tenant, destination: { installation } };
    try {
      await slack.of(place).call('assistant.threads.setSuggestedPrompts', args, signal);
    } catch (error) {
      setAt.delete(`${tenant} ${channel}`);
      off.onError(error, { tenant, channel });
      log.debug('slack prompts were not set', { tenant, channel, error: describeError(error) });
    } finally {
      clear();
    }
  }

  return {
    onEvent: (body, installation) => {
      const { event } = body;
      if (prompts.length === 0 || !isRecord(event)) return;
      const opened = openedBy(event);
      const tenant = tenantOf(body);
      if (!opened || tenant === '' || off.isOff(tenant, opened.channel)) return;
      const key = `${tenant} ${opened.channel}`;
      const isNew = clock.now() - (setAt.get(key) ?? Number.NEGATIVE_INFINITY) >= againAfterMs;
      if (opened.threadTs === undefined && !isNew) return;
      if (setAt.size >= kept) setAt.clear();
      setAt.set(key, clock.now());
      void suggest({ ...opened, tenant, installation });
    },
  };
}

const title = 'What can I do for you?';

interface Opened {
  readonly tenant: string;
  readonly channel: string;
  readonly threadTs?: string | undefined;
  readonly installation: string | undefined;
}

function openedBy(event: Readonly<Record<string, unknown>>): Pick<Opened, 'channel' | 'threadTs'> | undefined {
  if (event['type'] === 'app_home_opened') {
    const { channel, tab } = event;
    return tab === 'messages' && isDirectId(channel) ? { channel } : undefined;
  }
  if (event['type'] !== 'assistant_thread_started') return undefined;
  const thread = isRecord(event['assistant_thread']) ? event['assistant_thread'] : {};
  const { channel_id: channel, thread_ts: threadTs } = thread;
  return isDirectId(channel) && isTs(threadTs) ? { channel, threadTs } : undefined;
}

function isDirectId(value: unknown): value is string {
  return typeof value === 'string' && /^D[A-Z0-9]{1,30}$/.test(value);
}
