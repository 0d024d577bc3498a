import type { InboundMessage, Stop } from '../../src/message.ts';
import type { Faults } from './faults.ts';
import type { Platform } from './platform.ts';
import type { Schedule } from './schedule.ts';

export interface PressesOptions {
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly platforms: ReadonlyMap<string, Platform>;
  /** Hands over what somebody does, after this time. */
  readonly later: (ms: number, act: () => Stop | undefined) => void;
}

/**
 * People press Stop: where a button stands under each answer while it grows, on that answer, sometimes when it has long ended, and sometimes on
 * what others have asked. Where it stands in the thread, as Slack has it, on whatever is going on there.
 */
export function createPresses({ schedule, faults, platforms, later }: PressesOptions): (asked: InboundMessage) => void {
  let presses = 0;

  function press({ adapter, tenant, conversationId, author }: InboundMessage): Stop | undefined {
    const buttons =
      platforms
        .get(adapter)
        ?.shown(conversationId)
        .filter(({ origin }) => origin.isStream) ?? [];
    const button = faults.chance(0.8) ? buttons.at(-1) : faults.pick([undefined, ...buttons]);
    if (!button) return undefined;
    presses += 1;
    const common = { adapter, tenant, conversationId, author, eventId: `stop-${presses}`, sentAt: schedule.now() };
    if (adapter === 'slack') return { ...common, type: 'stop' };
    const outboundId = faults.chance(0.9) ? { outboundId: button.origin.partId } : {};
    return { ...common, type: 'stop', target: { ...outboundId, messageId: button.id, isModerator: faults.chance(0.2) } };
  }

  return (asked) => {
    if (asked.adapter === 'webhook') return;
    const times = faults.pick([0, 1, 1, 2]);
    for (let time = 0; time < times; time += 1) later(faults.between(0, faults.pick([2_000, 6_000, 20_000])), () => press(asked));
  };
}
