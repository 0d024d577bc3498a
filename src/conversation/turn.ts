import type { Adapter } from '../adapter.ts';
import { runAgent } from '../agent/loop.ts';
import type { Clock } from '../clock.ts';
import { describeError, ModelError } from '../errors.ts';
import { createErrorId, toChunkId } from '../ids.ts';
import type { Log } from '../log.ts';
import type { InboundMessage, Receipt } from '../message.ts';
import type { Model, ModelUsage } from '../model/model.ts';
import { nextDelay, type RetryPolicy } from '../retry.ts';
import type { ClaimedDelivery, ClaimedTurn, SettledEvent, Store, TurnOutcome, Verdict } from '../store/store.ts';
import { parseCommand, replyTo, toQuestion } from './commands.ts';
import { buildContext } from './context.ts';
import { createLiveAnswer, type LiveAnswer } from './live-answer.ts';
import { addressOf, type TurnAddress } from './turn-address.ts';

export interface TurnOptions {
  readonly store: Pick<Store, 'commitTurn' | 'postponeTurn' | 'noteStream'>;
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly model: Model;
  readonly countTokens: (text: string) => number;
  /** Takes the first part of a committed answer on. */
  readonly deliver: (delivery: ClaimedDelivery) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly bot: { readonly name: string; readonly instructions: string };
  readonly contextTokens: number;
  /** Questions older than this get an apology in place of an answer that nobody waits for any more. */
  readonly staleAfterMs: number;
  readonly retry: RetryPolicy;
  readonly delivery: { readonly leaseMs: number; readonly expiryMs: number };
}

/** What a turn comes to, before it is cut into parts and committed. */
interface TurnResult {
  readonly text: string;
  readonly verdict: Verdict;
  readonly reason?: string;
  readonly settles: ClaimedTurn['events'];
  /** Of the settled events that belong in the transcript, by seq. */
  readonly tokens: ReadonlyMap<number, number>;
  readonly answerTokens?: number;
  readonly reset?: boolean;
  readonly usage?: { readonly model: string; readonly inputTokens: number; readonly outputTokens: number };
  readonly failure?: { readonly errorId: string; readonly message: string };
}

type RunTurn = (turn: ClaimedTurn, signal: AbortSignal) => Promise<void>;

/**
 * One turn of a conversation: everything that waits goes in, one answer comes out, and transcript, verdicts and answer are committed at
 * once. When the model fails for the moment the turn is given back for later; when it fails for good, the answer is a notice with an id.
 */
export function createTurnRunner(options: TurnOptions): RunTurn {
  const { store, adapters, clock, log, bot } = options;
  const instructionTokens = options.countTokens(bot.instructions);

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
      return;
    }
    const onOpened = (receipt: Receipt): void => noteStream(turn, address.inReplyTo, receipt);
    const live = createLiveAnswer({ adapter, turn, address, clock, log, onOpened }, signal);
    let result: TurnResult | Retry | undefined;
    let stream: ClaimedTurn['stream'];
    try {
      result = await resultOf(options, turn, { live, signal, instructionTokens });
    } finally {
      stream = await live.close();
    }
    if (result === undefined) await handBack(options, turn, { signal, stream });
    else if ('retryAt' in result) await postpone(options, turn, { ...result, counts: true, stream });
    // Although a stop may have come meanwhile: what is finished need not be done again.
    else await commit(options, { turn, startedAt, address, adapter, result, stream });
  };
}

/** A command is a turn of its own; what stands before or after it waits for the next one. */
function eventsOfTurn({ events }: ClaimedTurn): ClaimedTurn['events'] {
  const at = events.findIndex(({ event }) => parseCommand(event) !== undefined);
  return at < 0 ? events : events.slice(0, Math.max(at, 1));
}

interface Retry {
  readonly retryAt: number;
  readonly error: string;
}

interface AnswerMeans {
  readonly live: LiveAnswer;
  readonly signal: AbortSignal;
  readonly instructionTokens: number;
}

/** Undefined when the signal ended it. */
async function resultOf(options: TurnOptions, turn: ClaimedTurn, means: AnswerMeans): Promise<TurnResult | Retry | undefined> {
  const { clock, bot, staleAfterMs, retry } = options;
  const [first] = turn.events;
  const command = first && parseCommand(first.event);
  if (command) {
    const reply = replyTo(command, bot.name);
    return {
      text: reply.text,
      reset: reply.reset,
      verdict: 'answered',
      reason: `/${command.name}`,
      settles: turn.events,
      tokens: new Map(),
    };
  }
  const questions = turn.events.map(({ event }) => toQuestion(event)).filter((question) => question !== undefined);
  if (questions.every(({ sentAt }) => clock.now() - sentAt > staleAfterMs)) {
    return {
      ...unanswered(options, turn),
      text: apology(questions.length),
      verdict: 'refused',
      reason: 'stale: it waited longer than conversation.staleAfterMinutes',
    };
  }
  if (turn.attempt > retry.maxAttempts) {
    const error = new ModelError({ message: `Given up after ${retry.maxAttempts} attempts that did not end.`, retryable: false });
    return { ...unanswered(options, turn), ...failed(error) };
  }
  try {
    return await ask(options, { turn, questions, means });
  } catch (error) {
    if (means.signal.aborted) return undefined;
    if (!(error instanceof ModelError)) throw error;
    const delay = error.retryable ? delayBeforeRetry(options, turn, error) : undefined;
    if (delay !== undefined) return { retryAt: clock.now() + delay, error: error.message };
    return { ...unanswered(options, turn), ...failed(error) };
  }
}

/** All of it belongs in the transcript, so that a later question can refer to it. */
function unanswered({ countTokens }: TurnOptions, { events }: ClaimedTurn): Pick<TurnResult, 'settles' | 'tokens'> {
  return {
    settles: events,
    tokens: new Map(events.map(({ seq, event }) => [seq, countTokens('text' in event ? event.text : '')])),
  };
}

function delayBeforeRetry({ clock, retry }: TurnOptions, turn: ClaimedTurn, error: ModelError): number | undefined {
  return nextDelay(retry, { attempt: turn.attempt, firstDueAt: clock.now(), retryAfterMs: error.retryAfterMs }, clock);
}

interface Question {
  readonly turn: ClaimedTurn;
  readonly questions: readonly InboundMessage[];
  readonly means: AnswerMeans;
}

async function ask(options: TurnOptions, { turn, questions, means }: Question): Promise<TurnResult> {
  const { model, countTokens, bot, contextTokens } = options;
  const { request, questionTokens } = buildContext({
    instructions: bot.instructions,
    instructionTokens: means.instructionTokens,
    history: turn.history,
    questions,
    maxTokens: contextTokens,
    countTokens,
  });
  const { text, usage } = await runAgent({ model, request, onText: means.live.append }, means.signal);
  return {
    text,
    verdict: 'answered',
    settles: turn.events,
    tokens: new Map(turn.events.map(({ seq }, index) => [seq, questionTokens[index] ?? 0])),
    answerTokens: tokensOf(text, usage, countTokens),
    usage: { model: model.name, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens },
  };
}

/** What a model reports may count its hidden reasoning too, which is no part of the transcript: then the text is counted. */
function tokensOf(text: string, { estimated, outputTokens }: ModelUsage, countTokens: TurnOptions['countTokens']): number {
  return estimated || outputTokens > text.length / 2 ? countTokens(text) : outputTokens;
}

function failed(error: ModelError): Pick<TurnResult, 'text' | 'verdict' | 'reason' | 'failure'> {
  const errorId = createErrorId();
  const text = `${error.publicMessage} I have noted the question; the team can find the error under the id ${errorId}.`;
  return { text, verdict: 'failed', reason: error.message, failure: { errorId, message: error.message } };
}

function apology(count: number): string {
  const what = count > 1 ? `your ${count} messages` : 'your message';
  return `Sorry, I was away and saw ${what} only now. If it still matters, please ask again.`;
}

interface Completion {
  readonly turn: ClaimedTurn;
  readonly startedAt: number;
  readonly address: TurnAddress;
  readonly adapter: Adapter;
  readonly result: TurnResult;
  readonly stream: ClaimedTurn['stream'];
}

async function commit({ store, clock, log, deliver, delivery }: TurnOptions, completion: Completion): Promise<void> {
  const { turn, result, adapter, address, stream } = completion;
  const { conversationId, turnId } = turn;
  const texts = split(adapter, result.text);
  const toSettled = ({ seq }: { seq: number }): SettledEvent => {
    return { seq, verdict: result.verdict, reason: result.reason, tokens: result.tokens.get(seq) };
  };
  const outcome: TurnOutcome = {
    ...{ owner: turn.owner, conversationId, token: turn.token, turnId, attempt: turn.attempt, startedAt: completion.startedAt },
    events: result.settles.map(toSettled),
    answer:
      result.reset || result.verdict !== 'answered' || result.answerTokens === undefined
        ? undefined
        : { text: result.text, tokens: result.answerTokens },
    parts: texts.map((text, part) => ({ id: toChunkId(turnId, part), text })),
    deliver: {
      ...address,
      opened: stream === 'unknown' ? undefined : stream,
      uncertain: stream === 'unknown',
      expiresAt: clock.now() + delivery.expiryMs,
      leaseMs: delivery.leaseMs,
    },
    reset: result.reset,
    ...result.usage,
    failure: result.failure,
  };
  const committed = await store.commitTurn(outcome);
  const fields = { conversationId, turnId, eventId: address.inReplyTo };
  if (committed.status === 'stale') {
    log.warn('turn ended after its lease was lost; its answer is dropped', fields);
    return;
  }
  if (result.failure) log.error('turn failed', { ...fields, errorId: result.failure.errorId, error: result.failure.message });
  else
    log.debug('turn committed', {
      ...fields,
      verdict: result.verdict,
      events: result.settles.length,
      parts: texts.length,
      ...result.usage,
    });
  if (committed.delivery) deliver(committed.delivery);
}

/** An answer is never nothing: what an adapter finds nothing to show of goes out as it is. */
function split(adapter: Adapter, text: string): readonly string[] {
  const parts = adapter.split?.(text) ?? [];
  return parts.length > 0 ? parts : [text];
}

interface Postponement extends Retry {
  readonly counts: boolean;
  readonly stream: ClaimedTurn['stream'];
}

async function postpone(
  { store, log }: TurnOptions,
  turn: ClaimedTurn,
  { retryAt, error, counts, stream }: Postponement,
): Promise<void> {
  const { owner, conversationId, token, turnId, attempt } = turn;
  const eventId = turn.events.at(-1)?.event.eventId;
  const postponed = await store.postponeTurn({ owner, conversationId, token, retryAt, error, counts, stream });
  if (postponed)
    log.warn('turn postponed', { conversationId, turnId, eventId, attempt, error, retryAt: new Date(retryAt).toISOString() });
}

async function handBack(
  options: TurnOptions,
  turn: ClaimedTurn,
  { signal, stream }: { signal: AbortSignal; stream: ClaimedTurn['stream'] },
): Promise<void> {
  const error = describeError(signal.reason);
  await postpone(options, turn, { retryAt: options.clock.now(), error, counts: false, stream });
}
