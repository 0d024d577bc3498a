import type { Step } from '../../src/adapter.ts';

/** As https://docs.slack.dev/reference/methods/chat.appendStream describes it. */
export interface TaskChunk {
  readonly type: 'task_update';
  readonly id: string;
  readonly title: string;
  readonly status: 'in_progress' | 'complete' | 'error';
  readonly output?: string;
}

/** The steps of an answer as Slack's task cards: what Slack has to be told of them. */
export interface Tasks {
  put(step: Step): void;
  areWaiting(): boolean;
  /** What is to be told now. */
  take(): readonly TaskChunk[];
  putBack(tasks: readonly TaskChunk[] | undefined): void;
  confirm(tasks: readonly TaskChunk[] | undefined): void;
  /** What has to be told with the end of the answer, so that nothing looks as if it still went on. */
  closing(): readonly TaskChunk[];
}

const maxTasks = 20;

export function createTasks(): Tasks {
  const waiting = new Map<string, TaskChunk>();
  const told = new Map<string, TaskChunk>();
  return {
    put: (step) => {
      if (!told.has(step.id) && !waiting.has(step.id) && told.size + waiting.size >= maxTasks) return;
      waiting.set(step.id, toTask(step));
    },
    areWaiting: () => waiting.size > 0,
    take: () => {
      const tasks = [...waiting.values()];
      waiting.clear();
      return tasks;
    },
    putBack: (tasks = []) => {
      for (const task of tasks) if (!waiting.has(task.id)) waiting.set(task.id, task);
    },
    confirm: (tasks = []) => {
      for (const task of tasks) told.set(task.id, task);
    },
    closing: () => {
      const latest = new Map([...told, ...waiting]);
      return [...latest.values()]
        .filter((task) => told.has(task.id) && (waiting.has(task.id) || task.status === 'in_progress'))
        .map((task) => (task.status === 'in_progress' ? { ...task, status: 'complete' as const } : task));
    },
  };
}

const statuses = { running: 'in_progress', done: 'complete', failed: 'error' } as const;

function toTask({ id, title, state, outcome }: Step): TaskChunk {
  const output = outcome === undefined ? {} : { output: outcome.slice(0, 200) };
  return { type: 'task_update', id: id.slice(0, 80), title: title.slice(0, 120), status: statuses[state], ...output };
}
