import type { Adapter } from '../adapter.ts';
import { describeError } from '../errors.ts';
import type { Receipt } from '../message.ts';
import type { ClaimedTurn, Store } from '../store/store.ts';
import { parseCommand } from './commands.ts';
import { createLiveAnswer } from './live-answer.ts';
import { createVoices, type VoiceOptions } from './profile.ts';
import { addressOf } from './turn-address.ts';
import { commitTurn, type TurnCommitOptions } from './turn-commit.ts';
import { resultOf, type Retry, type TurnResult, type TurnResultOptions } from './turn-result.ts';

export interface TurnOptions extends TurnResultOptions, TurnCommitOptions, VoiceOptions {
  readonly bot: TurnResultOptions['bot'];
  readonly store: Pick<Store, 'commitTurn' | 'postponeTurn' | 'noteStream'>;
  readonly adapters: ReadonlyMap<string, Adapter>;
}

type RunTurn = (turn: ClaimedTurn, signal: AbortSignal) => Promise<{ readonly moreWaiting: boolean }>;

/**
 * One turn of a conversation: everything that waits goes in, one answer comes out, and transcript, verdicts and answer are committed at
 * once. When the model fails for the moment the turn is given back for later; when it fails for good, the answer is a notice with an id.
 */
export function createTurnRunner(options: TurnOptions): RunTurn {
  const { store, adapters, clock, log } = options;
  const voiceOf = createVoices(options);

  function noteStream({ conversationId, owner, token }: ClaimedTurn, eventId: string, receipt: Receipt): void {
    store
      .noteStream({ conversationId, owner, token, receipt })
      .catch((error: unknown) => log.warn('stream could not be noted', { conversationId, eventId, error: describeError(error) }));
  }

  return async function runTurn(claimed, signal) {
    const startedAt = clock.now();
    const turn = { ...claimed, events: eventsOfTurn(claimed) };
    const address = addressOf(turn.events);
    const adapter = adapters.get(address.adapter);
    if (!adapter) {
      // Its adapter is switched off: the work waits until it is on again, without using up attempts.
      const error = `adapter ${address.adapter} is off`;
      await postpone(options, turn, { retryAt: startedAt + 30_000, error, counts: false, stream: turn.stream });
      return { moreWaiting: true };
    }
    const onOpened = (receipt: Receipt): void => noteStream(turn, address.inReplyTo, receipt);
    const live = createLiveAnswer({ adapter, turn, address, clock, log, onOpened }, signal);
    let result: TurnResult | Retry | undefined;
    let stream: ClaimedTurn['stream'];
    try {
      result = await resultOf(options, turn, { voice: voiceOf(turn.events), onText: live.append, signal });
    } finally {
      stream = await live.close();
    }
    if (result !== undefined && !('retryAt' in result)) {
      // Although a stop may have come meanwhile: what is finished need not be done again.
      const moreWaiting = await commitTurn(options, { turn, startedAt, address, adapter, result, stream });
      return { moreWaiting };
    }
    // Within this process the adapter knows whether a stream that never opened is in doubt; another process takes the turn up without it.
    const left = stream ?? (live.begun() ? 'unknown' : undefined);
    const { retryAt, error } = result ?? { retryAt: clock.now(), error: describeError(signal.reason) };
    await postpone(options, turn, { retryAt, error, counts: result !== undefined, stream: left });
    return { moreWaiting: true };
  };
}

/** A command is a turn of its own; what stands before or after it waits for the next one. */
function eventsOfTurn({ events }: ClaimedTurn): ClaimedTurn['events'] {
  const at = events.findIndex(({ event }) => parseCommand(event) !== undefined);
  return at < 0 ? events : events.slice(0, Math.max(at, 1));
}

interface Postponement extends Retry {
  /** Whether it counts as an attempt. */
  readonly counts: boolean;
  readonly stream: ClaimedTurn['stream'];
}

async function postpone({ store, log }: TurnOptions, turn: ClaimedTurn, postponement: Postponement): Promise<void> {
  const { owner, conversationId, token, turnId, attempt } = turn;
  const { retryAt, error } = postponement;
  const eventId = turn.events.at(-1)?.event.eventId;
  if (!(await store.postponeTurn({ owner, conversationId, token, ...postponement }))) return; // taken over, and logged as such
  log.warn('turn postponed', { conversationId, turnId, eventId, attempt, error, retryAt: new Date(retryAt).toISOString() });
}
