import type { Clock } from '../clock.ts';
import { ModelError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Model, ModelEvent, ModelRequest } from './model.ts';

export interface FallbackOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** So many failures one after the other put a model behind those that work. 3 by default. */
  readonly failures?: number;
  /** For how long. 30 s by default; longer where its endpoint asks for that. */
  readonly restMs?: number;
}

interface Member {
  readonly model: Model;
  /** One after the other. */
  failures: number;
  /** By the monotonic clock. */
  restsUntil: number;
}

/**
 * Several models as one: the first that gives an answer counts, and `done` says which one it was. The next one is asked where a model fails before it
 * has said a word; what was begun is not taken over by another in mid-sentence.
 *
 *     working ──`failures` in a row, or told to wait──> resting ──`restMs`──> working
 *
 * A resting model is asked last rather than never: where none of them works, one of them may.
 */
export function createFallbackModel(models: readonly Model[], options: FallbackOptions): Model {
  const { clock, log, failures: limit = 3, restMs = 30_000 } = options;
  const members = models.map((model): Member => ({ model, failures: 0, restsUntil: 0 }));

  function inOrder(): readonly Member[] {
    const now = clock.monotonic();
    const rest = ({ restsUntil }: Member): number => (restsUntil > now ? restsUntil : 0);
    return members.toSorted((one, other) => rest(one) - rest(other));
  }

  function onFailure(member: Member, error: ModelError): void {
    if (error.ofRequest) return; // the model works
    member.failures += 1;
    const asked = error.retryAfterMs || 0;
    if (member.failures < limit && asked === 0) return;
    member.restsUntil = clock.monotonic() + Math.max(asked, member.failures < limit ? 0 : restMs);
  }

  async function* generate(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const failed: { readonly model: Model; readonly error: ModelError }[] = [];
    for (const member of inOrder()) {
      const { model } = member;
      let said = false;
      try {
        for await (const event of model.generate(request, signal)) {
          if (event.type === 'text' || event.type === 'call') said = true;
          if (event.type === 'done') Object.assign(member, { failures: 0, restsUntil: 0 });
          yield event.type === 'done' ? { ...event, model: event.model ?? model.name } : event;
        }
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ModelError)) throw error;
        onFailure(member, error);
        if (said || error.isFinal) throw error;
        failed.push({ model, error });
        log.warn('model failed; asking the next one', { model: model.name, error: error.message });
      }
    }
    throw toError(failed);
  }

  return {
    name: models.map(({ name }) => name).join(', then '),
    takesTools: models.some(({ takesTools }) => takesTools),
    members: models,
    generate,
    check: async (signal) => {
      const found: string[] = [];
      for (const { model } of members) found.push(await model.check(signal));
      return found.join(' ');
    },
  };
}

/** The people get to read what the first one, which should have answered, makes of it. */
function toError(failed: readonly { readonly model: Model; readonly error: ModelError }[]): ModelError {
  const retryable = failed.map(({ error }) => error).filter((error) => error.retryable);
  const waits = retryable.map(({ retryAfterMs }) => retryAfterMs || 0);
  return new ModelError({
    message: failed.map(({ model, error }) => `${model.name}: ${error.message}`).join(' '),
    publicMessage: (retryable[0] ?? failed[0]?.error)?.publicMessage,
    retryable: retryable.length > 0,
    retryAfterMs: waits.length > 0 ? Math.min(...waits) || undefined : undefined,
  });
}
