import type { Step } from '../adapter.ts';
import type { Clock } from '../clock.ts';

/** The steps of one answer, on their way to the person. */
export interface LiveSteps {
  put(step: Step): void;
  /** Nothing more is to be shown. */
  close(): void;
}

/** A step that is over sooner is nobody's concern. */
const shownAfterMs = 1_000;

export function createLiveSteps(clock: Clock, show: (step: Step) => void): LiveSteps {
  const waiting = new Map<string, () => void>();
  const shown = new Set<string>();
  return {
    put: (step) => {
      if (shown.has(step.id)) return show(step);
      waiting.get(step.id)?.();
      waiting.delete(step.id);
      if (step.state !== 'running') return;
      const cancel = clock.after(shownAfterMs, () => {
        waiting.delete(step.id);
        shown.add(step.id);
        show(step);
      });
      waiting.set(step.id, cancel);
    },
    close: () => {
      for (const cancel of waiting.values()) cancel();
      waiting.clear();
    },
  };
}
