import type { AgentTools } from '../agent/agent-tools.ts';
import { runAgent } from '../agent/loop.ts';
import type { Clock } from '../clock.ts';
import { DeliveryError, LimitError, ModelError, TurnAborted, UncheckedError } from '../errors.ts';
import type { SaidInThread, Step } from '../adapter.ts';
import type { Command, InboundMessage } from '../message.ts';
import type { ModelRequest, ModelUsage } from '../model/model.ts';
import type { ReadFiles } from '../files/read-files.ts';
import { endHere } from '../split.ts';
import { nextDelay, type RetryPolicy } from '../retry.ts';
import type { ClaimedTurn } from '../store/store.ts';
import type { AnswerCache } from './answer-cache.ts';
import { withSources } from './cited-answer.ts';
import { parseCommand, replyTo, toQuestion, type ParleyCommand } from './commands.ts';
import { buildContext } from './context.ts';
import { createNotes, recall, toRememberedNote, type MemoryMeans } from './memory.ts';
import { obeyMemory } from './memory-replies.ts';
import type { TurnLimits } from './limits.ts';
import type { Meter } from './meter.ts';
import type { Moderation } from './moderation.ts';
import type { Voice } from './profile.ts';
import { decisionIn, resume } from './resume.ts';
import { toSummaryQuestion } from './summary.ts';
import { checkAnswer, refuseFlagged, screen } from './turn-moderation.ts';
import type { ToolsForTurn } from './turn-tools.ts';
import { apologize, excuse, fail, refuse, stop, tokensOfEvents } from './turn-notices.ts';
import type { TurnResult } from './turn-outcome.ts';
import { readQuestionFiles, toUnreadNote, type FileMeans, type QuestionFiles } from './turn-files.ts';

export interface TurnResultOptions {
  readonly countTokens: (text: string) => number;
  /** Makes countTokens exact, where it has only estimated so far. Asked for when a conversation comes near its budget, because it takes time and memory. */
  readonly loadTokenizer?: () => Promise<void>;
  readonly clock: Clock;
  readonly bot: { readonly name: string; readonly instructions: string };
  readonly contextTokens: number;
  /** Questions older than this get an apology in place of an answer that nobody waits for any more. */
  readonly staleAfterMs: number;
  readonly retry: RetryPolicy;
  /** Reads what comes with messages; where it is left out, the model gets the names of files and no more. */
  readonly readFiles?: ReadFiles | undefined;
  /** What the model may use beside; where it is left out, nothing. */
  readonly toolsFor?: ToolsForTurn | undefined;
  readonly limits?: TurnLimits | undefined;
  /** Checks what goes to the model and what comes of it; where it is left out, nothing is checked. */
  readonly moderation?: Moderation | undefined;
  /** Where it is left out, every question is asked of the model. */
  readonly answerCache?: AnswerCache | undefined;
  /** Where it is left out, nothing is remembered beyond a conversation, and nobody forgotten. */
  readonly memory?: MemoryMeans | undefined;
}

/** The model failed for the moment. */
export interface Retry {
  readonly retryAt: number;
  readonly error: string;
}

export interface AnswerMeans {
  readonly voice: Voice;
  /** Called with each piece of the answer as it comes. */
  readonly onText: (text: string) => void;
  /** What a command to summarise speaks of; undefined where the platform cannot give it. */
  readonly readThread?: ((command: Command, signal: AbortSignal) => Promise<readonly SaidInThread[]>) | undefined;
  /** Of the adapter that the events came by. */
  readonly download?: FileMeans['download'];
  /** Called with what is done for the answer meanwhile. */
  readonly onStep?: (step: Step) => void;
  /** Where the model may not be asked: why. */
  readonly refused?: LimitError | undefined;
  readonly meter?: Meter | undefined;
  readonly signal: AbortSignal;
}

/**
 * Three deaths are needed to tell the turn that the process dies of from those that were under way beside it (see store.ts), and more where
 * it dies of several: of 80 turns among three of those up to 9 were given up with a limit of 4, and up to 2 with 5.
 */
const fewestCrashes = 5;

/** Undefined when the signal ended it. Rejects with what nobody expected. */
export async function resultOf(
  options: TurnResultOptions,
  turn: ClaimedTurn,
  means: AnswerMeans,
): Promise<TurnResult | Retry | undefined> {
  const { clock, bot, retry } = options;
  if (turn.events.some(({ stopped }) => stopped)) return stop(options, turn, '');
  const [first] = turn.events;
  const command = first && parseCommand(first.event);
  if (command?.name === 'help' || command?.name === 'reset') return obey(command, bot.name);
  if (command && command.name !== 'summarise') return obeyMemory({ turn, command, memory: options.memory });
  const questions = turn.events.map(({ event }) => toQuestion(event)).filter((question) => question !== undefined);
  const decision = decisionIn(turn);
  if (isStale(options, turn)) return apologize(options, turn);
  const givenUp = giveUp(retry, turn);
  if (givenUp) return givenUp;
  if (means.refused) return refuse(options, turn, { error: means.refused, written: '' });
  let written = '';
  const onText = (text: string): void => {
    written += text;
    means.onText(text);
  };
  try {
    if (decision) {
      const { question, tools } = await resume(
        { turn, action: decision, toolsFor: options.toolsFor, onStep: means.onStep },
        means.signal,
      );
      return await ask(options, { turn, questions: [question], means: { ...means, onText }, tools });
    }
    if (!command || first.event.type !== 'command') return await ask(options, { turn, questions, means: { ...means, onText } });
    const asked = [await readThread(first.event, means)];
    const summary = await ask(options, { turn, questions: asked, means: { ...means, onText } });
    // The transcript keeps the command alone: what others wrote in the thread is not said in this conversation.
    return { ...summary, tokens: tokensOfEvents(options, turn) };
  } catch (error) {
    if (isStopped(means.signal)) return stop(options, turn, written);
    if (means.signal.aborted) return undefined;
    if (error instanceof LimitError) return refuse(options, turn, { error, written });
    if (error instanceof DeliveryError && !error.retryable) return excuse(options, turn, error);
    if (!(error instanceof ModelError || error instanceof DeliveryError)) throw error;
    const delay = error.retryable ? delayBeforeRetry(options, turn, error) : undefined;
    if (delay !== undefined) return { retryAt: clock.now() + delay, error: error.message };
    return fail(error, error instanceof UncheckedError ? new Map() : tokensOfEvents(options, turn));
  }
}

/**
 * Ends what has been tried too often. What came after the last attempt has had none, and stays for the next turn. Nothing looks at the text
 * any more, neither to count tokens nor as context of a later turn: it may be what the process dies of.
 */
function giveUp({ maxAttempts }: RetryPolicy, turn: ClaimedTurn): TurnResult | undefined {
  const tried = turn.events.filter(({ seq }) => seq <= turn.triedSeq);
  const why = reasonToGiveUp(maxAttempts, turn);
  if (why === undefined || tried.length === 0) return undefined;
  const publicMessage = 'Something went wrong each time that I tried to answer this.';
  return { ...fail({ message: `Given up: ${why}.`, publicMessage }, new Map()), events: tried };
}

function reasonToGiveUp(maxAttempts: number, turn: ClaimedTurn): string | undefined {
  if (turn.crashes >= Math.max(maxAttempts, fewestCrashes)) {
    return `the process ended ${turn.crashes} times in the middle of this turn`;
  }
  return turn.attempt - turn.crashes > maxAttempts ? `${maxAttempts} attempts did not end` : undefined;
}

/** Whether nobody waits for an answer any more: not while even one of the questions is young enough. */
export function isStale(
  { clock, staleAfterMs }: Pick<TurnResultOptions, 'clock' | 'staleAfterMs'>,
  { events }: ClaimedTurn,
): boolean {
  const now = clock.now();
  return events.every(
    ({ event }) => (toQuestion(event) === undefined && event.type !== 'action') || now - event.sentAt > staleAfterMs,
  );
}

async function readThread(command: Command, { readThread: read, signal }: AnswerMeans): Promise<InboundMessage> {
  if (!read) throw new DeliveryError({ message: 'The adapter cannot read threads.', retryable: false, uncertain: false });
  return toSummaryQuestion(command, await read(command, signal));
}

function obey(command: Extract<ParleyCommand, { readonly name: 'help' | 'reset' }>, botName: string): TurnResult {
  const { text, reset } = replyTo(command, botName);
  return { text, reset, verdict: 'answered', reason: `/${command.name}`, tokens: new Map() };
}

function delayBeforeRetry(
  { clock, retry }: TurnResultOptions,
  turn: ClaimedTurn,
  error: ModelError | DeliveryError,
): number | undefined {
  const retryAfterMs = error.retryAfterMs || undefined; // NaN, of a header that is no number, would be no time at all
  return nextDelay(retry, { attempt: turn.attempt - turn.crashes, firstDueAt: clock.now(), retryAfterMs }, clock);
}

interface Question {
  readonly turn: ClaimedTurn;
  readonly questions: readonly InboundMessage[];
  readonly means: AnswerMeans;
  /** Where it is known already what may be used. */
  readonly tools?: AgentTools | undefined;
}

async function ask(options: TurnResultOptions, question: Question): Promise<TurnResult> {
  const { contextTokens, readFiles, moderation } = options;
  const { turn, questions, means } = question;
  const { conversationId } = turn;
  // Nothing is awaited, and nothing else done, for messages that bring no files.
  const files =
    readFiles && questions.some(({ attachments }) => attachments.length > 0)
      ? await readQuestionFiles({ readFiles, download: means.download, conversationId, contextTokens }, questions, means.signal)
      : undefined;
  // What a person has decided is a note of the program.
  if (!moderation?.input || question.tools) return answer(options, { ...question, files });
  const screened = await screen(moderation.input, { turn, questions, files }, means.signal);
  if (screened.flagged) return refuseFlagged(screened, screened.flagged.category);
  return { ...(await answer(options, { ...question, ...screened })), events: screened.turn.events };
}

interface Asked extends Question {
  readonly files: readonly (QuestionFiles | undefined)[] | undefined;
}

async function answer(options: TurnResultOptions, { turn, questions, files, means, tools: known }: Asked): Promise<TurnResult> {
  const { countTokens, contextTokens, moderation } = options;
  const { model, instructions, instructionTokens } = means.voice;
  if (options.loadTokenizer && isNearBudget(contextTokens, { turn, questions, means }, files)) await options.loadTokenizer();
  const recalled = await recallFor(options, { turn, questions });
  const { request, questionTokens } = buildContext({
    instructions,
    instructionTokens,
    summary: turn.summary,
    recalled,
    history: turn.history,
    questions,
    files,
    maxTokens: contextTokens,
    countTokens,
  });
  const { onStep, signal } = means;
  // Nothing is shown before it was checked as a whole.
  const onText = moderation?.output ? () => undefined : means.onText;
  const notes = options.memory?.keepsFacts ? createNotes(turn, questions) : undefined;
  const tools = known ?? options.toolsFor?.({ turn, questions, hasFiles: files !== undefined, remember: notes?.add });
  const metered = means.meter?.around(model) ?? model;
  const hasMore = known !== undefined || files !== undefined || recalled !== undefined;
  const asked = options.answerCache?.around(metered, { turn, tools, hasMore }) ?? metered;
  const run = { model: asked, request: { ...request, ...placeOf(turn) }, onText, onStep, tools };
  const { text: said, citations = [], usage, wanted, ...answered } = await runAgent(run, signal);
  const cited = withSources(said, citations);
  const unread = files ? toUnreadNote(files) : '';
  const remembers = notes?.facts ?? [];
  const below = [unread, remembers.length > 0 ? toRememberedNote(remembers) : ''].filter((note) => note !== '').join('\n\n');
  const text = below === '' ? cited : endHere(cited, below);
  const result: TurnResult = {
    text,
    ...(wanted && tools ? { asks: { call: wanted, asker: tools.place.author, fromOutside: tools.fromOutside ?? false } } : {}),
    ...(remembers.length > 0 ? { remembers } : {}),
    ...(tools?.posts?.length ? { posts: [...tools.posts] } : {}),
    verdict: 'answered',
    tokens: new Map(turn.events.map(({ seq }, index) => [seq, questionTokens[index] ?? 0])),
    ...(files ? { files: toTranscript(turn, files, countTokens) } : {}),
    answerTokens: tokensOf(text, usage, countTokens),
    usage: { model: answered.model, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens },
  };
  return moderation?.output ? checkAnswer(moderation.output, result, signal) : result;
}

/** All events of a turn come from one place. */
function placeOf({ conversationId, events: [first] }: ClaimedTurn): Pick<ModelRequest, 'place'> {
  return first ? { place: { adapter: first.event.adapter, tenant: first.event.tenant, conversationId } } : {};
}

/** A thread that is summed up is other people's, and what somebody has decided about a call is no question. */
async function recallFor({ memory }: TurnResultOptions, { turn, questions }: Pick<Question, 'turn' | 'questions'>) {
  const asker = questions.at(-1);
  const isQuestion = turn.events.every(
    ({ event }) => event.type === 'message' || (event.type === 'command' && event.name === 'ask'),
  );
  return turn.hasFacts && asker && isQuestion ? recall(memory, { asker, forModel: true }) : undefined;
}

function toTranscript(
  { events }: ClaimedTurn,
  files: readonly (QuestionFiles | undefined)[],
  countTokens: TurnResultOptions['countTokens'],
): NonNullable<TurnResult['files']> {
  const read = events.flatMap(({ seq }, index) => {
    const text = files[index]?.text;
    return text === undefined ? [] : [[seq, { text, tokens: countTokens(text) }] as const];
  });
  return new Map(read);
}

/** While everything fits by the estimate, an exact count changes nothing. By length alone: the questions are counted soon enough. */
function isNearBudget(
  contextTokens: number,
  { turn, questions, means }: Question,
  files: readonly (QuestionFiles | undefined)[] = [],
): boolean {
  let tokens = means.voice.instructionTokens;
  tokens += turn.summary?.tokens ?? 0;
  for (const message of turn.history) tokens += message.tokens;
  for (const question of questions) tokens += question.text.length / 2;
  for (const file of files) tokens += (file?.text.length ?? 0) / 2;
  return tokens > contextTokens / 2;
}

/** What a model reports may count its hidden reasoning too, which is no part of the transcript: then the text is counted. */
function tokensOf(text: string, { estimated, outputTokens }: ModelUsage, countTokens: TurnResultOptions['countTokens']): number {
  return estimated || outputTokens > text.length / 2 ? countTokens(text) : outputTokens;
}

function isStopped({ reason }: AbortSignal): boolean {
  return reason instanceof TurnAborted && reason.reason === 'stopped';
}
