import type { AdapterState } from '../../src/adapter.ts';
import type { Json } from '../../src/message.ts';
import { isRecord } from './record.ts';
import { isSnowflake } from './snowflake.ts';

/** What it takes to resume a gateway session, in the words of @discordjs/ws. */
export interface SessionInfo {
  readonly resumeURL: string;
  readonly sequence: number;
  readonly sessionId: string;
  readonly shardCount: number;
  readonly shardId: number;
}

/** What is saved with the events. */
export interface SavedSession {
  readonly sessionId: string;
  readonly resumeUrl: string;
  readonly sequence: number;
  readonly shardCount: number;
  readonly intents: number;
  /** The bot's own user id. After a resume nobody says it again. */
  readonly userId: string;
  /** ms since 1970. */
  readonly savedAt: number;
  /** Since when messages may have been missed, while that is still being made up for. */
  readonly gapSince?: number;
}

export interface SessionOptions {
  readonly shardId: number;
  readonly intents: number;
  /** `wss:`, or `ws:` where the API itself is reached without TLS. */
  readonly protocol: string;
}

/**
 * The gateway session of one shard. Two sequence numbers run through it: `received` is what the socket has brought, and what a quick
 * reconnect resumes from; `settled` is what is safe on disk, and what the next process resumes from. `settled` never passes an
 * event that is not saved.
 */
export class ShardSession {
  readonly stateKey: string;
  readonly #options: SessionOptions;
  #info: SessionInfo | undefined;
  #settled = 0;
  #userId: string | undefined;
  /** When this process or an earlier one last saved something, in ms since 1970. */
  #lastSavedAt: number | undefined;
  gapSince: number | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.stateKey = stateKeyOf(options.shardId);
  }

  get userId(): string | undefined {
    return this.#userId;
  }

  get id(): string {
    return this.#info?.sessionId ?? '';
  }

  get settled(): number {
    return this.#settled;
  }

  /** Takes up what an earlier process has saved. What cannot be resumed (other intents, damaged) still tells since when messages are missing. */
  restore(value: Json | undefined): void {
    const saved = parseSaved(value);
    if (!saved) return;
    this.#userId = saved.userId;
    this.#lastSavedAt = saved.savedAt;
    this.gapSince = saved.gapSince;
    if (saved.intents !== this.#options.intents || !this.#mayConnectTo(saved.resumeUrl)) return;
    this.#settled = saved.sequence;
    const { sessionId, resumeUrl: resumeURL, sequence, shardCount } = saved;
    this.#info = { sessionId, resumeURL, sequence, shardCount, shardId: this.#options.shardId };
  }

  /** For @discordjs/ws: what to resume, and the sequence for heartbeats. */
  info(): SessionInfo | null {
    return this.#info ?? null;
  }

  /** From @discordjs/ws, which calls it before it hands the dispatch on: this is the received sequence, or a new session. */
  update(info: SessionInfo): void {
    if (info.sessionId !== this.#info?.sessionId) this.#settled = info.sequence;
    // Without a usable address the SDK would resume at `undefined?v=10`, and crash on it.
    this.#info = this.#mayConnectTo(info.resumeURL) ? info : undefined;
  }

  /** READY has come: who we are, and since when messages may be missing. */
  begin(userId: string): void {
    this.#userId = userId;
    this.gapSince ??= this.#lastSavedAt;
  }

  forget(): void {
    this.#info = undefined;
  }

  /** The next connection is to bring everything again that came after `sequence`. */
  rewind(sequence: number): void {
    if (this.#info) this.#info = { ...this.#info, sequence };
  }

  /** Nothing up to `sequence` is left to be saved. `savedAt` is when that was put on disk, in ms since 1970. */
  settle(sequence: number, savedAt?: number): void {
    this.#settled = sequence;
    this.#lastSavedAt = savedAt ?? this.#lastSavedAt;
  }

  /** What is to be saved in the transaction that makes everything up to `sequence` safe; undefined while there is no session. */
  toState(sequence: number, now: number): AdapterState | undefined {
    if (!this.#info || this.#userId === undefined) return undefined;
    const { sessionId, resumeURL: resumeUrl, shardCount } = this.#info;
    const saved = {
      sessionId,
      resumeUrl,
      sequence,
      shardCount,
      intents: this.#options.intents,
      userId: this.#userId,
      savedAt: now,
    };
    return { key: this.stateKey, value: this.gapSince === undefined ? saved : { ...saved, gapSince: this.gapSince } };
  }

  #mayConnectTo(url: string): boolean {
    return URL.canParse(url) && new URL(url).protocol === this.#options.protocol;
  }
}

export function stateKeyOf(shardId: number): string {
  return `gateway:${shardId}`;
}

/** For a shard that takes part in the place of earlier ones: nothing to resume, and since when messages may be missing. */
export function toLostSession(
  { intents, userId }: SavedSession,
  { shardCount, gapSince }: { readonly shardCount: number; readonly gapSince: number },
): Json {
  return { sessionId: '', resumeUrl: '', sequence: 0, shardCount, intents, userId, savedAt: gapSince, gapSince };
}

/** Undefined for what is no saved session. */
export function parseSaved(value: Json | undefined): SavedSession | undefined {
  if (!isRecord(value)) return undefined;
  const { sessionId, resumeUrl, sequence, shardCount, intents, userId, savedAt, gapSince } = value;
  if (typeof sessionId !== 'string' || typeof resumeUrl !== 'string' || !isSnowflake(userId)) return undefined;
  if (![sequence, shardCount, intents, savedAt].every(isCount)) return undefined;
  return {
    sessionId,
    resumeUrl,
    sequence: Number(sequence),
    shardCount: Number(shardCount),
    intents: Number(intents),
    userId,
    savedAt: Number(savedAt),
    ...(isCount(gapSince) ? { gapSince: Number(gapSince) } : {}),
  };
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
