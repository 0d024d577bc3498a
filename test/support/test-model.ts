import type { Model, ModelEvent, ModelRequest, ModelUsage } from '../../src/model/model.ts';

type Said = string | readonly string[] | AsyncIterable<ModelEvent>;

/** What the model says to a request; `call` counts from 1. Pieces arrive one by one. May throw. */
export type Answer = (request: ModelRequest, call: number, signal: AbortSignal) => Said | Promise<Said>;

export interface TestModel extends Model {
  /** Every request so far, oldest first. */
  readonly requests: readonly ModelRequest[];
}

const usage: ModelUsage = { inputTokens: 10, outputTokens: 5, estimated: true };

/** A model that says what the test wants; by default it repeats what stands unanswered. */
export function createTestModel(answer: Answer = (request) => `Answer to: ${unanswered(request).join(' | ')}`): TestModel {
  const requests: ModelRequest[] = [];
  return {
    name: 'test model',
    takesTools: true,
    requests,
    check: () => Promise.resolve('It works.'),
    async *generate(request, signal) {
      signal.throwIfAborted();
      requests.push(request);
      const said = await orAborted(Promise.resolve(answer(request, requests.length, signal)), signal);
      if (typeof said === 'object' && Symbol.asyncIterator in said) {
        yield* said;
        return;
      }
      for (const text of typeof said === 'string' ? [said] : said) yield { type: 'text', text };
      yield { type: 'done', finishReason: 'stop', usage };
    },
  };
}

/** The texts that come after the last answer. */
export function unanswered({ messages }: ModelRequest): string[] {
  const lastAnswer = messages.findLastIndex(({ role }) => role === 'assistant');
  return messages.slice(lastAnswer + 1).map(({ text }) => text);
}

/** Settles as the promise does, or rejects with the signal's reason when that comes first. */
export async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error); // what Parley aborts with is an Error
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

export function done(finishReason: 'stop' | 'length' | 'filtered' = 'stop', reported: Partial<ModelUsage> = {}): ModelEvent {
  return { type: 'done', finishReason, usage: { ...usage, ...reported } };
}

/** What a model says that wants these tools to be called. */
export async function* asking(
  ...calls: readonly (readonly [name: string, given: object | string])[]
): AsyncGenerator<ModelEvent> {
  for (const [name, given] of calls)
    yield { type: 'call', call: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) } };
  yield { type: 'done', finishReason: 'calls', usage };
}
