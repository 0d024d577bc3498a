import { hash } from 'node:crypto';
import type { AgentTools } from '../agent/agent-tools.ts';
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Model, ModelEvent, ModelRequest } from '../model/model.ts';
import type { AnswerCacheStore, KeptAnswer } from '../store/answer-cache-store.ts';
import type { ClaimedTurn, TurnHold } from '../store/store.ts';

export interface AnswerCacheOptions {
  readonly store: AnswerCacheStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Of each source of webhooks that has it switched on: how long an answer is given again. */
  readonly lifetimesMs: ReadonlyMap<string, number>;
}

export interface Asking {
  readonly turn: ClaimedTurn;
  readonly tools: AgentTools | undefined;
  /** Whether anything but the question is in the context: files, what is remembered, what was decided. */
  readonly hasMore: boolean;
}

export interface AnswerCache {
  /** The model, which is asked once for the same; the model itself where the question does not stand for itself. */
  around(model: Model, asking: Asking): Model;
}

/** Longer ones are not asked for twice. */
const maxLength = 64 * 1024;

/**
 * Gives the answer to a question of a webhook again where all that the model would be asked with is the same, and the model too. Only what was
 * answered regularly, by the model that is asked first, and without a tool is kept. Who asks at the same time is answered by the model as well.
 */
export function createAnswerCache({ store, clock, log, lifetimesMs }: AnswerCacheOptions): AnswerCache {
  function keep(answer: Omit<KeptAnswer, 'expiresAt'> & { lifetimeMs: number }): void {
    const { lifetimeMs, ...kept } = answer;
    store
      .keepAnswer({ ...kept, expiresAt: clock.now() + lifetimeMs })
      .catch((error: unknown) => log.warn('an answer was not kept', { source: kept.source, error: describeError(error) }));
  }

  async function* generate(model: Model, request: ModelRequest, means: Means): AsyncGenerator<ModelEvent> {
    const { source, lifetimeMs, by, signal } = means;
    if (request.messages.some(({ role, calls }) => role === 'tool' || calls)) {
      yield* model.generate(request, signal);
      return;
    }
    const key = keyOf(model, request);
    const known = await store.findAnswer({ source, key });
    if (known !== undefined) {
      signal.throwIfAborted();
      yield { type: 'text', text: known };
      // Estimated: nothing was taken, and what the text weighs in a later context is still to be counted.
      const usage = { inputTokens: 0, outputTokens: 0, estimated: true };
      yield { type: 'done', finishReason: 'stop', usage, model: `${firstOf(model)} (kept answer)` };
      return;
    }
    let text = '';
    for await (const event of model.generate(request, signal)) {
      if (event.type === 'text') text += event.text;
      const isOwn = event.type === 'done' && (event.model === undefined || event.model === firstOf(model));
      if (isOwn && event.finishReason === 'stop' && text.trim() !== '' && text.length <= maxLength)
        keep({ source, key, text, lifetimeMs, by });
      yield event;
    }
  }

  return {
    around: (model, { turn, tools, hasMore }) => {
      const event = turn.events[0]?.event;
      const lifetimeMs = event?.adapter === 'webhook' ? lifetimesMs.get(event.tenant) : undefined;
      const acts = tools?.offered.some(({ readOnly, asks }) => !readOnly || asks !== undefined) ?? false;
      if (!event || lifetimeMs === undefined || hasMore || acts || turn.history.length > 0 || turn.summary) return model;
      const { owner, conversationId, token } = turn;
      const means = { source: event.tenant, lifetimeMs, by: { owner, conversationId, token } };
      return { ...model, generate: (request, signal) => generate(model, request, { ...means, signal }) };
    },
  };
}

interface Means {
  readonly source: string;
  readonly lifetimeMs: number;
  readonly by: TurnHold;
  readonly signal: AbortSignal;
}

/** Of several models the one that should answer. */
function firstOf(model: Model): string {
  return model.members?.[0]?.name ?? model.name;
}

/** Where the question was asked is no part of it: the source is. */
function keyOf({ name, answerTokens }: Model, { place: _, ...request }: ModelRequest): string {
  return hash('sha256', JSON.stringify([name, answerTokens ?? null, request]));
}
