import type { Adapter, MessageStream } from '../adapter.ts';
import type { Clock } from '../clock.ts';
import { toChunkId } from '../ids.ts';
import type { Receipt } from '../message.ts';
import type { ClaimedTurn } from '../store/store.ts';
import type { TurnAddress } from './turn-address.ts';

export interface LiveAnswerOptions {
  readonly adapter: Adapter;
  readonly turn: ClaimedTurn;
  readonly address: TurnAddress;
  readonly clock: Clock;
  /** Called once with the message that the stream has opened. */
  readonly onOpened: (receipt: Receipt) => void;
}

/** What people see while an answer is made: a sign that somebody is at work, then the answer as it grows. */
export interface LiveAnswer {
  append(text: string): void;
  /** Nothing more will come. Resolves with what the platform shows: a message, none, or it is not known. */
  close(): Promise<Receipt | 'unknown' | undefined>;
}

/** A quick answer needs no sign before it: every sign is a request more to the platform. */
const typingAfterMs = 1_000;
/** Discord shows it for 10 seconds. */
const typingEveryMs = 8_000;

export function createLiveAnswer({ adapter, turn, address, clock, onOpened }: LiveAnswerOptions, signal: AbortSignal): LiveAnswer {
  // A second stream beside what an earlier attempt left would be a second answer; and none overtakes an earlier answer on its way.
  const mayStream = adapter.stream !== undefined && turn.stream === undefined && !turn.outboxBusy;
  let stream: MessageStream | undefined;
  let opened: Receipt | undefined;
  let cancelTyping = adapter.typing ? clock.after(typingAfterMs, showTyping) : undefined;

  function showTyping(): void {
    // Decoration: whether it worked makes no difference to the answer.
    adapter.typing?.(address.destination, signal).catch(() => undefined);
    cancelTyping = clock.after(typingEveryMs, showTyping);
  }

  function openStream(): MessageStream | undefined {
    cancelTyping?.();
    const { conversationId, turnId } = turn;
    const { tenant, inReplyTo, destination } = address;
    const begun = adapter.stream?.({ id: toChunkId(turnId, 0), conversationId, tenant, inReplyTo, destination }, signal);
    void begun?.opened.then((receipt) => {
      opened = receipt;
      if (receipt) onOpened(receipt);
    });
    return begun;
  }

  return {
    append: (text) => {
      if (!mayStream) return;
      stream ??= openStream();
      stream?.append(text);
    },
    close: async () => {
      cancelTyping?.();
      if (!stream) return turn.stream;
      await stream.close();
      opened ??= await stream.opened;
      return opened;
    },
  };
}
