import type { Model, ModelEvent } from './model.ts';

/** The model with at most so many answers under way; who comes later waits, in order, and lets go when its signal aborts. */
export function limitConcurrency(model: Model, limit: number): Model {
  let underWay = 0;
  const waiting = new Set<() => void>();

  function enter(signal: AbortSignal): Promise<void> | undefined {
    if (underWay < limit) {
      underWay += 1;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve(); // in the place of the one that left
      };
      const giveUp = (): void => {
        waiting.delete(goOn);
        reject(signal.reason as Error); // what `throwIfAborted` would throw
      };
      waiting.add(goOn);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  function leave(): void {
    const [next] = waiting;
    if (!next) {
      underWay -= 1;
      return;
    }
    waiting.delete(next);
    next();
  }

  return {
    name: model.name,
    takesTools: model.takesTools ?? false,
    answerTokens: model.answerTokens,
    check: (signal) => model.check(signal),
    async *generate(request, signal): AsyncGenerator<ModelEvent> {
      signal.throwIfAborted();
      await enter(signal);
      try {
        yield* model.generate(request, signal);
      } finally {
        leave();
      }
    },
  };
}
