import type { Adapter } from '../adapter.ts';
import { describeError } from '../errors.ts';
import type { Receipt } from '../message.ts';
import type { Spending } from '../store/limit-store.ts';
import type { ClaimedTurn, Store } from '../store/store.ts';
import { admit, partyOf } from './admission.ts';
import { parseCommand } from './commands.ts';
import { createLiveAnswer } from './live-answer.ts';
import { createMeter } from './meter.ts';
import { createVoices, type VoiceOptions } from './profile.ts';
import { addressOf, type TurnAddress } from './turn-address.ts';
import { commitTurn, type TurnCommitOptions } from './turn-commit.ts';
import type { Model } from '../model/model.ts';
import { withEarlier } from './revision.ts';
import type { Ended, Summaries } from './rolling-summary.ts';
import type { TurnResult } from './turn-outcome.ts';
import { isStale, resultOf, type AnswerMeans, type Retry, type TurnResultOptions } from './turn-result.ts';

export interface TurnOptions extends TurnResultOptions, TurnCommitOptions, VoiceOptions {
  readonly bot: TurnResultOptions['bot'];
  readonly store: Pick<Store, 'commitTurn' | 'postponeTurn' | 'noteStream'>;
  readonly adapters: ReadonlyMap<string, Adapter>;
  /** Where it is left out, what no longer fits is not remembered. */
  readonly summaries?: Pick<Summaries, 'after'> | undefined;
}

type RunTurn = (turn: ClaimedTurn, signal: AbortSignal) => Promise<{ readonly moreWaiting: boolean }>;

/**
 * One turn of a conversation: everything that waits goes in, one answer comes out, and transcript, verdicts and answer are committed at
 * once. When the model fails for the moment the turn is given back for later; when it fails for good, the answer is a notice with an id.
 */
export function createTurnRunner(options: TurnOptions): RunTurn {
  const { store, adapters, clock, log, limits, countTokens } = options;
  const voiceOf = createVoices(options);
  const runWithoutAdapter = createRunWithoutAdapter(options);

  function noteStream({ conversationId, owner, token }: ClaimedTurn, eventId: string, receipt: Receipt): void {
    store
      .noteStream({ conversationId, owner, token, receipt })
      .catch((error: unknown) => log.warn('stream could not be noted', { conversationId, eventId, error: describeError(error) }));
  }

  return async function runTurn(claimed, signal) {
    const startedAt = clock.now();
    const whole = { ...claimed, events: eventsOfTurn(claimed) };
    const adapter = adapters.get(addressOf(whole.events).adapter);
    if (!adapter) {
      const means = { voice: voiceOf(whole.events), onText: () => undefined, signal };
      await runWithoutAdapter({ turn: whole, address: addressOf(whole.events), startedAt, means });
      return { moreWaiting: true };
    }
    const admission = await admit(limits, whole);
    if (!admission) return { moreWaiting: true }; // taken over meanwhile
    const { turn, refused } = admission;
    const address = addressOf(turn.events);
    const meter = createMeter(limits, turn, countTokens);
    const onOpened = (receipt: Receipt): void => noteStream(turn, address.inReplyTo, receipt);
    const live = createLiveAnswer({ adapter, turn, address, clock, log, onOpened }, signal);
    let result: TurnResult | Retry | undefined;
    let stream: ClaimedTurn['stream'];
    try {
      const readThread = adapter.readThread?.bind(adapter);
      const ways = { onText: live.append, onStep: live.step, readThread, download: adapter.download, meter, refused };
      const answer = await resultOf(options, turn, { voice: voiceOf(turn.events), ...ways, signal });
      result = withEarlier(turn, answer, options);
    } finally {
      stream = await live.close();
    }
    if (result !== undefined && !('retryAt' in result)) {
      // Although a stop may have come meanwhile: what is finished need not be done again.
      const to = result.events ? addressOf(result.events) : address;
      const moreWaiting = await commitTurn(options, {
        turn,
        startedAt,
        address: to,
        adapter,
        result,
        stream,
        spent: meter?.spent(),
      });
      if (result.verdict === 'answered') options.summaries?.after(toEnded(turn, result, voiceOf(turn.events).model));
      return { moreWaiting };
    }
    const { retryAt, error } = result ?? { retryAt: clock.now(), error: describeError(signal.reason) };
    await postpone(options, turn, { retryAt, error, counts: result !== undefined, stream, spent: meter?.spent() });
    return { moreWaiting: true };
  };
}

function toEnded(turn: ClaimedTurn, { tokens, answerTokens = 0 }: TurnResult, model: Model): Ended {
  const { conversationId, history, events } = turn;
  let sum = answerTokens;
  for (const each of tokens.values()) sum += each;
  for (const each of history) sum += each.tokens;
  return { conversationId, model, party: partyOf(turn), tokens: sum, messages: history.length + events.length + 1 };
}

interface TurnWithoutAdapter {
  readonly turn: ClaimedTurn;
  readonly address: TurnAddress;
  readonly startedAt: number;
  readonly means: AnswerMeans;
}

const adapterOffRetryMs = 30_000;

/**
 * Its adapter is switched off: the work waits until that is on again, without using up attempts. What has become stale meanwhile gets
 * its apology, which waits in the outbox and expires there: nothing waits for ever for an adapter that is never switched on again.
 */
function createRunWithoutAdapter(options: TurnOptions): (work: TurnWithoutAdapter) => Promise<void> {
  const announced = new Set<string>();
  return async ({ turn, address, startedAt, means }) => {
    if (!isStale(options, turn)) {
      const error = `adapter ${address.adapter} is off`;
      const retryAt = startedAt + adapterOffRetryMs;
      const level = announced.has(address.adapter) ? 'debug' : 'warn';
      announced.add(address.adapter);
      await postpone(options, turn, { retryAt, error, counts: false, stream: turn.stream, level });
      return;
    }
    const result = await resultOf(options, turn, means);
    if (result === undefined || 'retryAt' in result) return; // neither an apology nor the answer to a command
    await commitTurn(options, { turn, startedAt, address, adapter: undefined, result, stream: turn.stream });
  };
}

/**
 * What was stopped, a command, and what somebody has decided about a call is a turn of its own; what stands before or after it waits for the next one. That goes for a question by
 * command too: the platform waits for an answer to that very command, in a place of its own.
 */
function eventsOfTurn({ events }: ClaimedTurn): ClaimedTurn['events'] {
  const stopped = events.filter((event) => event.stopped);
  const taken = stopped.length > 0 ? stopped : events;
  const at = taken.findIndex(
    ({ event }) => event.type === 'command' || event.type === 'action' || parseCommand(event) !== undefined,
  );
  return at < 0 ? taken : taken.slice(0, Math.max(at, 1));
}

interface Postponement extends Retry {
  /** Whether it counts as an attempt. */
  readonly counts: boolean;
  readonly stream: ClaimedTurn['stream'];
  readonly spent?: Spending['spent'];
  readonly level?: 'debug' | 'warn';
}

async function postpone({ store, log }: TurnOptions, turn: ClaimedTurn, postponement: Postponement): Promise<void> {
  const { owner, conversationId, token, turnId, attempt } = turn;
  const { level = 'warn', ...rest } = postponement;
  const { retryAt, error } = rest;
  const eventId = turn.events.at(-1)?.event.eventId;
  if (!(await store.postponeTurn({ owner, conversationId, token, ...rest }))) return; // taken over, and logged as such
  log[level]('turn postponed', { conversationId, turnId, eventId, attempt, error, retryAt: new Date(retryAt).toISOString() });
}
