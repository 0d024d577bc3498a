/**
 * Virtual time: what happens when. Nothing else runs between two events than what the first one set off, down to the last
 * microtask, and of two events at the same time the one that was put in first comes first. So one seed is one history.
 */
export interface Schedule {
  /** ms since 1970. */
  now(): number;
  at(delayMs: number, task: () => void): Scheduled;
  /** Runs events until `isOver`, which is asked before each. Rejects with what an event throws. */
  run(isOver: () => boolean): Promise<void>;
}

/** An event to come; without its task it is cancelled. */
export interface Scheduled {
  readonly at: number;
  readonly order: number;
  task: (() => void) | undefined;
}

export function createSchedule(startAt: number): Schedule {
  const heap: Scheduled[] = [];
  let now = startAt;
  let order = 0;

  function push(event: Scheduled): void {
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above]!;
      if (isBefore(parent, event)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  function pop(): Scheduled | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below += 1;
      if (isBefore(last, heap[below]!)) break;
      heap[index] = heap[below]!;
      index = below;
    }
    heap[index] = last;
    return first;
  }

  /** Runs the next event. False when there is none. */
  function step(): boolean {
    for (let event = pop(); event; event = pop()) {
      if (!event.task) continue;
      now = Math.max(now, event.at);
      event.task();
      return true;
    }
    return false;
  }

  return {
    now: () => now,
    at: (delayMs, task) => {
      order += 1;
      const event: Scheduled = { at: now + Math.max(0, Math.round(delayMs)), order, task };
      push(event);
      return event;
    },
    run: (isOver) =>
      new Promise((resolve, reject) => {
        const next = (): void => {
          try {
            if (isOver() || !step()) return resolve();
          } catch (error) {
            return reject(error instanceof Error ? error : new Error(String(error)));
          }
          // A tick that is asked for by a microtask comes after all microtasks, and costs a tenth of a setImmediate.
          return queueMicrotask(() => process.nextTick(next));
        };
        setImmediate(next);
      }),
  };
}

function isBefore(one: Scheduled, other: Scheduled): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
