import type { Clock } from '../clock.ts';
import type { Model } from '../model/model.ts';
import type { Figures } from './figures.ts';

/** Counts calls, and times them up to their first word and their end. Who stops reading before the end has aborted it. */
export function watchModel(model: Model, figures: Figures, clock: Pick<Clock, 'monotonic'>): Model {
  const { name } = model;
  const secondsSince = (at: number): number => (clock.monotonic() - at) / 1_000;
  return {
    ...model,
    async *generate(request, signal) {
      const startedAt = clock.monotonic();
      let outcome = 'aborted';
      let hasBegun = false;
      try {
        for await (const event of model.generate(request, signal)) {
          if (event.type === 'text' && !hasBegun) {
            hasBegun = true;
            figures.firstTokenSeconds.observe({ model: name }, secondsSince(startedAt));
          }
          if (event.type === 'done') outcome = event.finishReason === 'filtered' ? 'filtered' : 'answered';
          yield event;
        }
      } catch (error) {
        if (!signal.aborted) outcome = 'failed';
        throw error;
      } finally {
        figures.modelCalls.inc({ model: name, outcome });
        figures.modelSeconds.observe({ model: name }, secondsSince(startedAt));
      }
    },
  };
}
