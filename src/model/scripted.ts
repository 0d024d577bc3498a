import type { Clock } from '../clock.ts';
import { ModelError } from '../errors.ts';
import type { FinishReason, Model, ModelEvent, ModelRequest } from './model.ts';

/** What a scripted model does next. A text is said word by word. */
export type ScriptStep =
  | string
  | { readonly waitMs: number }
  | { readonly fail: Error }
  /** Says nothing more, until it is aborted. */
  | { readonly stall: true }
  /** Ends without having finished. */
  | { readonly cut: true }
  /** Wants these tools to be called, and waits for what they say. */
  | { readonly calls: readonly { readonly name: string; readonly arguments: string }[] }
  | { readonly finish: FinishReason };

/** The answer to a request; `call` counts them from 0. May throw, which fails the call. */
export type ModelScript = (
  request: ModelRequest,
  call: number,
) => string | readonly ScriptStep[] | Promise<string | readonly ScriptStep[]>;

export interface ScriptedCall {
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
  state: 'open' | 'done' | 'failed' | 'aborted';
}

export interface ScriptedModel extends Model {
  /** In order of arrival. */
  readonly calls: readonly ScriptedCall[];
}

/** A model for tests and simulations, which answers as it is told. */
export function createScriptedModel(script: ModelScript, clock: Pick<Clock, 'sleep'>): ScriptedModel {
  const calls: ScriptedCall[] = [];
  return {
    name: 'scripted',
    takesTools: true,
    calls,
    async *generate(request, signal) {
      const call: ScriptedCall = { request, signal, state: 'open' };
      calls.push(call);
      try {
        signal.throwIfAborted();
        const answer = await orAbort(Promise.resolve(script(request, calls.length - 1)), signal);
        for await (const event of play(typeof answer === 'string' ? [answer] : answer, { request, clock, signal })) {
          if (event.type === 'done') call.state = 'done';
          yield event;
        }
      } catch (error) {
        call.state = signal.aborted ? 'aborted' : 'failed';
        signal.throwIfAborted();
        throw error;
      } finally {
        if (call.state === 'open') call.state = 'aborted'; // the reader went away
      }
    },
    check: async () => 'The scripted model does as it is told.',
  };
}

interface Stage {
  readonly request: ModelRequest;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
}

async function* play(steps: readonly ScriptStep[], { request, clock, signal }: Stage): AsyncGenerator<ModelEvent> {
  let words = 0;
  let finishReason: FinishReason = 'stop';
  for (const step of steps) {
    if (typeof step === 'string') {
      for (const text of toPieces(step)) {
        signal.throwIfAborted();
        words += 1;
        yield { type: 'text', text };
      }
    } else if ('waitMs' in step) {
      await clock.sleep(step.waitMs, signal);
    } else if ('fail' in step) {
      throw step.fail;
    } else if ('stall' in step) {
      await orAbort(new Promise(() => undefined), signal);
    } else if ('cut' in step) {
      throw new ModelError({ message: 'The scripted answer was cut off.', retryable: true });
    } else if ('calls' in step) {
      for (const call of step.calls) yield { type: 'call', call };
      finishReason = 'calls';
    } else {
      finishReason = step.finish;
    }
  }
  signal.throwIfAborted();
  const inputTokens = request.messages.reduce((sum, { text }) => sum + toPieces(text).length, 0);
  yield { type: 'done', finishReason, usage: { inputTokens, outputTokens: words, estimated: true } };
}

function toPieces(text: string): readonly string[] {
  return text.match(/\s*\S+\s*/gu) ?? (text === '' ? [] : [text]);
}

/** The promise, unless the signal aborts first: then its reason. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
