import { isRecord, Refusal, string } from './arguments.ts';
import type { Args, Method } from './arguments.ts';
import type { EmulatedChannel, StoredMessage, World } from './world.ts';

export type SessionStatus = 'processing' | 'active' | 'suspended' | 'closed';

export interface AgentSession {
  readonly status: SessionStatus;
  readonly title: string | undefined;
}

export interface EmulatedPrompt {
  readonly title: string;
  readonly message: string;
}

/** A card in a streamed message. */
export interface EmulatedTask {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly output: string | undefined;
}

/** Of one workspace: what the agent view and its sessions look like. */
export interface AgentState {
  readonly sessions: Map<string, AgentSession>;
  /** By channel, and thread in the older view. */
  readonly prompts: Map<string, readonly EmulatedPrompt[]>;
  readonly titles: Map<string, string>;
  /** By channel and `ts` of the message, then by their ids. */
  readonly tasks: Map<string, Map<string, EmulatedTask>>;
}

const states = new WeakMap<World, AgentState>();

export function agentStateOf(world: World): AgentState {
  const known = states.get(world) ?? { sessions: new Map(), prompts: new Map(), titles: new Map(), tasks: new Map() };
  states.set(world, known);
  return known;
}

const statuses: readonly string[] = ['processing', 'active', 'suspended', 'closed'] satisfies SessionStatus[];

export function toStatus(value: unknown): SessionStatus {
  if (typeof value !== 'string' || !statuses.includes(value)) throw new Refusal('invalid_status');
  return value as SessionStatus; // one of the four, as was just checked
}

const taskStatuses: readonly unknown[] = ['pending', 'in_progress', 'complete', 'error'];

/** Whether there were any among the chunks. */
export function updateTasks(world: World, { channelId, ts }: StoredMessage, { chunks }: Args): boolean {
  const list: unknown = typeof chunks === 'string' ? JSON.parse(chunks) : chunks;
  const updates = Array.isArray(list) ? list.filter((chunk) => isRecord(chunk) && chunk['type'] === 'task_update') : [];
  if (updates.length === 0) return false;
  const { tasks } = agentStateOf(world);
  const known = tasks.get(`${channelId} ${ts}`) ?? new Map<string, EmulatedTask>();
  tasks.set(`${channelId} ${ts}`, known);
  for (const { id, title, status, output } of updates) {
    if (typeof id !== 'string' || typeof title !== 'string' || !taskStatuses.includes(status))
      throw new Refusal('invalid_chunks');
    known.set(id, { id, title, status, output });
  }
  return true;
}

/** Sessions and the agent view, as https://docs.slack.dev/ai/agent-sessions and the pages of the methods describe them. */
export function createAgentMethods(world: World): Readonly<Record<string, Method>> {
  const { sessions, prompts, titles } = agentStateOf(world);
  return {
    'agents.sessions.setStatus': (args) => {
      const key = threadOf(world, args);
      const status = toStatus(args['status']);
      const title = string(args['title']);
      if (title.length > 200) throw new Refusal('invalid_title');
      const known = sessions.get(key);
      sessions.set(key, { status, title: known ? known.title : title || undefined });
      return { status, agent_status: status, title: sessions.get(key)?.title };
    },
    'agents.sessions.rename': (args) => {
      const key = threadOf(world, args);
      const title = string(args['title']);
      const known = sessions.get(key);
      if (!known) throw new Refusal('session_not_found');
      if (title === '' || title.length > 200) throw new Refusal('invalid_title');
      sessions.set(key, { ...known, title });
      return { title };
    },
    'assistant.threads.setSuggestedPrompts': (args) => {
      const channel = channelOf(world, args);
      const given: unknown = typeof args['prompts'] === 'string' ? JSON.parse(args['prompts']) : args['prompts'];
      const list = Array.isArray(given) ? given.map(toPrompt) : [];
      if (list.length === 0 || list.length > 4) throw new Refusal('invalid_arguments');
      prompts.set([channel.id, string(args['thread_ts'])].join(' ').trim(), list);
      return {};
    },
    'assistant.threads.setTitle': (args) => {
      titles.set(threadOf(world, args), string(args['title']));
      return {};
    },
  };
}

function channelOf(world: World, args: Args): EmulatedChannel {
  const channel = world.channels.get(string(args['channel_id']));
  if (!channel?.hasBot) throw new Refusal('channel_not_found');
  return channel;
}

/** Sessions are of threads: their root must be there. */
function threadOf(world: World, args: Args): string {
  const channel = channelOf(world, args);
  const threadTs = string(args['thread_ts']);
  if (!channel.messages.has(threadTs)) throw new Refusal('invalid_thread_ts');
  return `${channel.id} ${threadTs}`;
}

function toPrompt(prompt: unknown): EmulatedPrompt {
  const { title, message } = isRecord(prompt) ? prompt : {};
  if (typeof title !== 'string' || title === '' || typeof message !== 'string' || message === '')
    throw new Refusal('invalid_arguments');
  return { title, message };
}
