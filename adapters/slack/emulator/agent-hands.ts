import { agentStateOf } from './agents.ts';
import type { AgentSession, EmulatedPrompt, EmulatedTask } from './agents.ts';
import type { Delivery } from './deliveries.ts';
import type { Announcer } from './events.ts';
import type { MessageAddress } from './people.ts';
import type { World } from './world.ts';

interface Thread {
  readonly channel: string;
  readonly threadTs: string;
}

/** What people do with an agent, and see of it, beside messages. */
export interface AgentHands {
  /** Presses the Stop button of the session in this thread. */
  pressStop(thread: Thread & { readonly user?: string }): Delivery;
  /** Opens the app, on one of its tabs. */
  openApp(user?: string, tab?: 'home' | 'messages'): Delivery;
  /** The agent session of this thread; undefined where there is none. */
  session(thread: Thread): AgentSession | undefined;
  /** The cards in a streamed message. */
  tasks(message: MessageAddress): readonly EmulatedTask[];
  /** What the app suggests to this person. */
  suggestedPrompts(user?: string): readonly EmulatedPrompt[];
}

export interface AgentHandsOptions {
  readonly world: World;
  readonly announcer: Announcer;
  /** Ends what streams in a thread; returns which messages that were. */
  readonly stopIn: (channel: string, threadTs: string) => readonly string[];
}

export function createAgentHands({ world, announcer, stopIn }: AgentHandsOptions): AgentHands {
  const { sessions, tasks, prompts } = agentStateOf(world);
  return {
    pressStop: ({ channel, threadTs, user = 'Ada' }) => {
      const streams = stopIn(channel, threadTs);
      return announcer.stopped({ channel, threadTs, user: world.user(user).id, streams });
    },
    openApp: (user = 'Ada', tab = 'messages') =>
      announcer.opened({ user: world.user(user).id, channel: world.direct(world.user(user)).id, tab }),
    session: ({ channel, threadTs }) => sessions.get(`${channel} ${threadTs}`),
    tasks: ({ channel, ts }) => [...(tasks.get(`${channel} ${ts}`)?.values() ?? [])],
    suggestedPrompts: (user = 'Ada') => prompts.get(world.direct(world.user(user)).id) ?? [],
  };
}
