import type { Adapter, MessageStream, Step } from '../adapter.ts';
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import { toChunkId } from '../ids.ts';
import type { Log } from '../log.ts';
import type { Receipt } from '../message.ts';
import type { ClaimedTurn } from '../store/store.ts';
import { createLiveSteps } from './live-steps.ts';
import type { TurnAddress } from './turn-address.ts';

export interface LiveAnswerOptions {
  readonly adapter: Adapter;
  readonly turn: ClaimedTurn;
  readonly address: TurnAddress;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once with the message that the stream has opened. */
  readonly onOpened: (receipt: Receipt) => void;
}

/** What people see while an answer is made: a sign that somebody is at work, then the answer as it grows. */
export interface LiveAnswer {
  append(text: string): void;
  /** What is done for it meanwhile: shown, where the platform can, when it takes a while. */
  step(step: Step): void;
  /** Nothing more will come. Resolves with what the platform shows: a message, none, or it is not known. */
  close(): Promise<Receipt | 'unknown' | undefined>;
}

/** A quick answer needs no sign before it: every sign is a request more to the platform. */
export const typingAfterMs = 1_000;
/** Discord shows it for 10 seconds. */
const typingEveryMs = 8_000;

export function createLiveAnswer(options: LiveAnswerOptions, signal: AbortSignal): LiveAnswer {
  const { adapter, turn, address, clock, log, onOpened } = options;
  // A revision changes the message that stands, once it is complete. A second stream beside what an earlier attempt left would be a second answer; and none overtakes an earlier answer on its way.
  let mayStream = adapter.stream !== undefined && turn.stream === undefined && !turn.outboxBusy && !turn.revises;
  let stream: MessageStream | undefined;
  // Of this attempt: 'unknown' until the stream has said what became of it.
  let left = turn.stream;
  const typing = createTyping(options, signal);
  const steps = createLiveSteps(clock, showStep);

  function openStream(): MessageStream | undefined {
    const { adapter: _, ...to } = address;
    left = 'unknown';
    const begun = adapter.stream?.({ id: toChunkId(turn.turnId, 0), conversationId: turn.conversationId, ...to }, signal);
    begun?.opened.then((opened) => {
      left = opened;
      if (typeof opened === 'object') onOpened(opened);
    }, giveUp);
    return begun;
  }

  /** An adapter whose stream breaks the contract loses the stream, not the answer. */
  function giveUp(error: unknown): void {
    mayStream = false;
    log.warn('stream failed', { conversationId: turn.conversationId, eventId: address.inReplyTo, error: describeError(error) });
  }

  function use(work: (open: MessageStream) => void): void {
    if (!mayStream) return;
    try {
      stream ??= openStream();
      if (stream) work(stream);
    } catch (error) {
      giveUp(error);
    }
  }

  function showStep(step: Step): void {
    use((open) => {
      if (open.step) typing.stop();
      open.step?.(step);
    });
  }

  return {
    append: (text) => {
      if (mayStream) typing.stop();
      use((open) => open.append(text));
    },
    step: steps.put,
    close: async () => {
      typing.stop();
      steps.close();
      try {
        await stream?.close();
        await stream?.opened;
      } catch (error) {
        giveUp(error);
      }
      return left;
    },
  };
}

/** A sign that somebody is at work, again and again until there is more to see. */
function createTyping({ adapter, address, clock }: LiveAnswerOptions, signal: AbortSignal): { readonly stop: () => void } {
  let cancel = adapter.typing ? clock.after(typingAfterMs, show) : undefined;

  function show(): void {
    cancel = clock.after(typingEveryMs, show);
    void type();
  }

  async function type(): Promise<void> {
    try {
      await adapter.typing?.(address.destination, signal);
    } catch {
      // Decoration: whether it worked makes no difference to the answer.
    }
  }

  return {
    stop: () => {
      cancel?.();
      cancel = undefined;
    },
  };
}
