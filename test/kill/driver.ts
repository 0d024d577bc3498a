import type { Moment, PlatformName } from './points.ts';
import type { Random } from './random.ts';

/** The settings that point a process at an emulated platform: environment, and what stands in parley.yaml. */
export interface Settings {
  readonly env: Readonly<Record<string, string>>;
  readonly yaml?: Readonly<Record<string, unknown>>;
}

/** A question on its way to the bot. */
export interface Asked {
  /** Whether the platform has been told that the bot has it. Where nothing tells that, false. */
  isAcknowledged(): boolean;
  /** Delivers it once more, as platforms do now and then. */
  redeliver(copies: number): void;
}

/** What people see of the bot in a conversation. */
export interface Shown {
  readonly id: string;
  readonly text: string;
  /** Whether it looks unfinished. */
  readonly isGrowing: boolean;
}

/** A place where people talk with the bot. */
export interface Talk {
  /** What it is called in figures and failures, as in `thread 3`. */
  readonly name: string;
  /** Whether several ask there at once, each on their own: answers come in any order. */
  readonly isCrowd?: boolean;
  /** Only the first words are addressed to the bot, where a platform tells that apart. */
  ask(text: string): Asked;
  /** Messages of the bot that stand there, oldest first. */
  visible(): readonly Shown[];
}

/** A press on a button under an answer. */
export interface Press {
  readonly eventId: string;
  /** `regenerate`, `good` or `bad`. */
  readonly name: string;
  /** Of the part that it was pressed on. */
  readonly outboundId: string;
  readonly userId: string;
}

/** Can make what is just happening come to nothing. */
export interface Fate {
  /** The request has no effect, and its sender gets no answer. */
  lose(): void;
  /** The platform has trouble: an error that can be repeated. */
  fail(): void;
}

export type MomentListener = (moment: Moment, fate: Fate) => void;

/** One emulated platform, in the process that survives. */
export interface PlatformDriver {
  readonly name: PlatformName;
  /** Whether it delivers what is said in one conversation in the order in which it was said. */
  readonly isOrdered: boolean;
  listen(): Promise<void>;
  close(): Promise<void>;
  /** For the next process: what can be chosen is chosen by chance. */
  settings(random: Random): Settings;
  /** A new process is up; what was not taken is delivered to it. */
  connect(url: string | undefined): void;
  /** The process is gone. */
  disconnect(random: Random): void;
  open(random: Random): Talk;
  /** Follow-ups without a mention that the bot took before it took the first words of their thread. */
  overtakings?(): number;
  /** Somebody presses a button under an answer, where there is one. */
  press?(random: Random): void;
  /** All of them so far. */
  presses?(): readonly Press[];
  /** Everything that was asked and pressed is answered. */
  rested?(): void;
  /** Questions that were not taken yet, as far as the platform can know. */
  undelivered(): number;
  onMoment(listener: MomentListener): void;
  clearFaults(): void;
}
