import assert from 'node:assert/strict';
import type { Adapter, AdapterContext, AdapterState, RecentConversation } from '../../../src/adapter.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Clock } from '../../../src/clock.ts';
import { DeliveryError } from '../../../src/errors.ts';
import type { Log } from '../../../src/log.ts';
import type { Destination, InboundEvent, InboundMessage, Json, OutboundMessage } from '../../../src/message.ts';
import { createDiscordEmulator } from '../../../adapters/discord/emulator.ts';
import type { DiscordEmulator, DiscordEmulatorOptions } from '../../../adapters/discord/emulator.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { createDiscordAdapter } from '../../../adapters/discord/index.ts';
import type { DiscordOptions } from '../../../adapters/discord/index.ts';
import { emptyOverview } from '../../support/empty-overview.ts';
import { createMemoryPlaces } from '../../support/memory-places.ts';
import { createMemoryInstallations } from '../../support/memory-installations.ts';

/** Lets tests wait for a condition: it is looked at again whenever somebody pokes. */
export interface Watch {
  poke(): void;
  until(condition: () => boolean, what?: string): Promise<void>;
}

export function createWatch(): Watch {
  const waiting = new Set<() => void>();
  return {
    // Not at once: whoever pokes may be only the first to hear of what has changed.
    poke: () =>
      queueMicrotask(() => {
        for (const look of waiting) look();
      }),
    until: (condition, what = condition.toString()) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`Waited in vain for: ${what}`));
        }, 10_000);
        const look = (): void => {
          if (!condition()) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Lets virtual and real time pass together until the condition holds: for what waits for both, a pause and an answer. */
export async function driveUntil(clock: FakeClock, condition: () => boolean): Promise<void> {
  for (let round = 0; !condition(); round += 1) {
    assert.ok(round < 500, `Waited in vain for: ${condition.toString()}`);
    await clock.advance(500);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface FakeContext extends AdapterContext {
  /** Every event that was accepted for the first time, in order. */
  readonly events: InboundEvent[];
  /** Every call of `accept` that succeeded. */
  readonly batches: { readonly events: readonly InboundEvent[]; readonly state: AdapterState | undefined }[];
  readonly states: Map<string, Json>;
  readonly lines: string[];
  messages(): InboundMessage[];
  texts(): string[];
  /** The next calls of `accept` reject. */
  rejectNext(times: number): void;
  /** Saved by another process: the same data with nothing running. */
  restart(): FakeContext;
}

interface Ledger {
  readonly events: InboundEvent[];
  readonly states: Map<string, Json>;
}

/** An in-memory ledger that saves events and state together or not at all. */
export function createContext(
  watch: Watch,
  { clock = systemClock, ledger = { events: [], states: new Map() } }: { clock?: Clock; ledger?: Ledger } = {},
): FakeContext {
  const { events, states } = ledger;
  const batches: FakeContext['batches'] = [];
  const lines: string[] = [];
  let rejections = 0;
  const write =
    (level: string) =>
    (message: string, fields: object = {}): void => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
      watch.poke();
    };
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), with: () => log };
  const messages = (): InboundMessage[] => events.filter((event) => event.type === 'message');
  return {
    clock,
    log,
    events,
    batches,
    states,
    lines,
    messages,
    texts: () => messages().map(({ text }) => text),
    rejectNext: (times) => {
      rejections = times;
    },
    restart: () => createContext(watch, { clock, ledger }),
    accept: async (batch, state) => {
      await Promise.resolve();
      if (rejections > 0) {
        rejections -= 1;
        throw new Error('the disk is full');
      }
      const results = batch.map((event) => {
        const known = events.some(({ tenant, eventId }) => tenant === event.tenant && eventId === event.eventId);
        if (!known) events.push(structuredClone(event));
        return { status: known ? ('duplicate' as const) : ('accepted' as const) };
      });
      if (state) states.set(state.key, structuredClone(state.value));
      batches.push({ events: batch, state });
      watch.poke();
      return results;
    },
    loadState: async (key) => states.get(key),
    installations: createMemoryInstallations(clock),
    recentConversations: async (since) => {
      const newest = new Map<string, RecentConversation>();
      for (const { conversationId, destination, messageId, sentAt } of messages()) {
        if (sentAt >= since) newest.set(conversationId, { conversationId, destination, newestMessageId: messageId });
      }
      return [...newest.values()];
    },
    status: async () => undefined,
    overview: async () => emptyOverview,
    places: createMemoryPlaces(),
  };
}

export interface Stage {
  readonly emulator: DiscordEmulator;
  readonly watch: Watch;
  readonly context: FakeContext;
  /** A new adapter on the same ledger, as a new process would be; started. */
  start(options?: Partial<DiscordOptions> & { readonly context?: FakeContext }): Promise<Adapter>;
}

/** An emulator and as many adapters as the test starts; everything is closed at its end, whatever happens in between. */
export async function onStage(
  play: (stage: Stage) => Promise<void>,
  { emulator: emulatorOptions = {}, clock = systemClock }: { emulator?: Partial<DiscordEmulatorOptions>; clock?: Clock } = {},
): Promise<void> {
  const watch = createWatch();
  const emulator = createDiscordEmulator({ clock: systemClock, ...emulatorOptions });
  const adapters: Adapter[] = [];
  const context = createContext(watch, { clock });
  emulator.onMessage(() => watch.poke());
  emulator.onCall(() => watch.poke());
  emulator.onGatewayCall(() => watch.poke());
  emulator.onDispatchSent(() => watch.poke());
  await emulator.listen();
  const start: Stage['start'] = async ({ context: own = context, ...options } = {}) => {
    const adapter = createDiscordAdapter({ ...defaults(emulator), ...options });
    adapters.push(adapter);
    await adapter.start(own);
    return adapter;
  };
  try {
    await play({ emulator, watch, context, start });
  } finally {
    await Promise.all(adapters.map((adapter) => adapter.stop()));
    await emulator.close();
  }
}

export function defaults(emulator: DiscordEmulator): DiscordOptions {
  return {
    ...{ token: emulator.token, apiUrl: emulator.apiUrl, gateway: true, messageContentIntent: true },
    ...{ commands: false, commandGuilds: [], privateAnswers: false, userInstall: false, buttons: true },
    ...{ guilds: {}, channels: {}, botTurnsPerHour: 0, autoThread: false, solvedTags: ['solved'] },
    ...{ streaming: true, backfillMs: 3_600_000 },
  };
}

let made = 0;

/** An answer's part as the outbox hands it over. */
export function toOutbound(destination: Destination, text: string, more: Partial<OutboundMessage> = {}): OutboundMessage {
  made += 1;
  return {
    id: `part${String(made).padStart(20, '0')}`,
    conversationId: 'discord:1:2',
    tenant: '1',
    inReplyTo: destination['replyTo'] ?? destination['interactionId'] ?? '0',
    destination,
    text,
    part: 0,
    parts: 1,
    attempt: 1,
    createdAt: systemClock.now(),
    ...more,
  };
}

export const never = new AbortController().signal;

export interface SendScene {
  readonly emulator: DiscordEmulator;
  readonly adapter: Adapter;
  readonly destination: Destination;
  /** What the bot wrote, oldest first. */
  written(): string[];
}

/** An adapter that only sends: it needs no connection for that. */
export function onSendScene(
  play: (scene: SendScene) => Promise<void>,
  emulatorOptions: Partial<DiscordEmulatorOptions> = {},
): Promise<void> {
  return onStage(
    async ({ emulator }) => {
      const adapter = createDiscordAdapter(defaults(emulator));
      const { guildId, channelId } = emulator.home;
      const question = emulator.say({ text: 'a question', mention: true });
      const written = (): string[] =>
        emulator
          .messages(channelId)
          .filter(({ author }) => author === emulator.bot)
          .map(({ content }) => content);
      try {
        await play({ emulator, adapter, written, destination: { guildId, channelId, channelType: '0', replyTo: question.id } });
      } finally {
        await adapter.stop();
      }
    },
    { emulator: emulatorOptions },
  );
}

/** What the bot asks the gateway for from now on. Heartbeats come by chance and are left out, unless they are what it is about. */
export function callsOf(emulator: DiscordEmulator, { heartbeats = false } = {}): string[] {
  const calls: string[] = [];
  emulator.onGatewayCall((call) => {
    if (call !== 'connect' && (heartbeats || call !== 'heartbeat')) calls.push(call);
  });
  return calls;
}

/** The DeliveryError that a call rejects with. */
export async function failureOf(delivery: Promise<unknown>): Promise<DeliveryError> {
  try {
    await delivery;
  } catch (error) {
    assert.ok(error instanceof DeliveryError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'The delivery succeeded.' });
}

/** An emulator alone. */
export async function withEmulator(
  play: (emulator: DiscordEmulator) => Promise<void>,
  options: Partial<DiscordEmulatorOptions> = {},
): Promise<void> {
  const emulator = createDiscordEmulator({ clock: systemClock, ...options });
  await emulator.listen();
  try {
    await play(emulator);
  } finally {
    await emulator.close();
  }
}
