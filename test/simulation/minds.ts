import type { InboundEvent, InboundMessage } from '../../src/message.ts';
import type { Faults } from './faults.ts';
import type { Platform } from './platform.ts';
import type { Schedule } from './schedule.ts';

/** What is known here of a question. */
interface Question {
  readonly id: string;
  readonly event: InboundMessage;
  readonly isCommand: boolean;
  wording: string;
  edits: number;
  isDeleted: boolean;
}

export interface MindsOptions {
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly platforms: ReadonlyMap<string, Platform>;
  /** Hands over what somebody does, after this time. */
  readonly later: (ms: number, act: () => InboundEvent | undefined) => void;
}

/** What people do with questions that were asked: edit them, several times perhaps, delete them, and press "Answer again". */
export function createMinds({ schedule, faults, platforms, later }: MindsOptions): (question: Question) => void {
  let acts = 0;

  function commonOf({ event }: Question) {
    acts += 1;
    const { adapter, tenant, conversationId, messageId, eventId } = event;
    return { adapter, tenant, conversationId, messageId, sentAt: schedule.now(), eventId: `${eventId}-act-${acts}` };
  }

  function edit(question: Question): InboundEvent | undefined {
    if (question.isDeleted) return undefined;
    question.edits += 1;
    question.wording = `[${question.id}v${question.edits}] in other words`;
    return { ...commonOf(question), type: 'edit', text: question.wording };
  }

  function remove(question: Question): InboundEvent {
    question.isDeleted = true;
    return { ...commonOf(question), type: 'delete' };
  }

  function press(question: Question): InboundEvent | undefined {
    const { author, adapter, conversationId, destination } = question.event;
    const newest = platforms.get(adapter)?.shown(conversationId).at(-1);
    if (!newest) return undefined;
    return {
      ...commonOf(question),
      ...{
        type: 'action',
        name: 'regenerate',
        value: '',
        messageId: newest.id,
        author,
        destination: { ...destination, press: 'yes' },
      },
    };
  }

  return (question) => {
    // A webhook says everything once.
    if (question.isCommand || question.event.adapter === 'webhook') return;
    const times = faults.pick([0, 0, 1, 1, 2, 3]);
    for (let time = 0; time < times; time += 1) {
      const act = faults.pick([edit, edit, edit, press, remove]);
      later(faults.pick([faults.between(0, 3_000), faults.between(0, 40_000), faults.between(20_000, 90_000)]), () =>
        act(question),
      );
    }
  };
}
