import type { Clock } from '../../src/clock.ts';
import type { Destination } from '../../src/message.ts';
import type { SlackCaller } from './client.ts';
import { parseDestination } from './conversation.ts';
import { createOffSwitch } from './off-switch.ts';

/** Slack takes the status away after two minutes, and when the bot writes. */
const lastsMs = 90_000;
const kept = 500;
/** One after the other, under the text field. */
const loadingMessages = ['Thinking…', 'Looking things up…', 'Putting it into words…', 'Still at it…'];

/** That an answer is on its way, in words under the text field. */
export interface Status {
  /** Asked for every few seconds; tells Slack as often as is needed. */
  show(destination: Destination, signal: AbortSignal): Promise<void>;
  /** The answer stands there. Where it is a message that all see, it has taken the status away itself. */
  clear(destination: Destination, signal: AbortSignal): Promise<void>;
}

export function createStatus({ slack, clock }: { readonly slack: SlackCaller; readonly clock: Clock }): Status {
  const shownAt = new Map<string, number>();
  const off = createOffSwitch(clock);

  return {
    show: async (destination, signal) => {
      const { channel, threadTs } = parseDestination(destination) ?? {};
      if (channel === undefined || threadTs === undefined) return;
      const tenant = destination['installation'] ?? destination['teamId'] ?? '';
      const key = `${channel} ${threadTs}`;
      if (clock.now() - (shownAt.get(key) ?? Number.NEGATIVE_INFINITY) < lastsMs || off.isOff(tenant, channel)) return;
      if (shownAt.size >= kept) shownAt.clear();
      shownAt.set(key, clock.now());
      const args = { channel_id: channel, thread_ts: threadTs, status: 'is thinking…', loading_messages: loadingMessages };
      try {
        await slack.of({ destination }).call('assistant.threads.setStatus', args, signal);
      } catch (error) {
        shownAt.delete(key);
        off.onError(error, { tenant, channel });
      }
    },
    clear: async (destination, signal) => {
      if (shownAt.size === 0) return;
      const { channel = '', threadTs = '', ephemeral } = parseDestination(destination) ?? {};
      if (!shownAt.delete(`${channel} ${threadTs}`) || !ephemeral) return;
      const args = { channel_id: channel, thread_ts: threadTs, status: '' };
      await slack
        .of({ destination })
        .call('assistant.threads.setStatus', args, signal)
        .catch(() => undefined);
    },
  };
}
