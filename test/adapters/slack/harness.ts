import { scopesOf } from '../../../adapters/slack/manifest.ts';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTick } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { createSlackEmulator } from '../../../adapters/slack/emulator.ts';
import type { SlackEmulator, SlackEmulatorOptions } from '../../../adapters/slack/emulator.ts';
import type { SeenMessage } from '../../../adapters/slack/emulator/people.ts';
import { createSlackAdapter } from '../../../adapters/slack/index.ts';
import type { SlackOptions } from '../../../adapters/slack/index.ts';
import type { Adapter, AdapterContext, MessageStream } from '../../../src/adapter.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Clock } from '../../../src/clock.ts';
import { DeliveryError } from '../../../src/errors.ts';
import type { InboundEvent, InboundMessage, Json, OutboundMessage, Receipt } from '../../../src/message.ts';
import { createMemoryInstallations } from '../../support/memory-installations.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import type { MemoryLog } from '../../support/memory-log.ts';

export interface Slack {
  readonly emulator: SlackEmulator;
  readonly adapter: Adapter & Required<Pick<Adapter, 'find' | 'remove' | 'split' | 'typing' | 'health' | 'readThread'>>;
  readonly log: MemoryLog;
  readonly clock: Clock;
  /** Where the adapter listens. */
  readonly eventsUrl: string;
  /** Everything that was handed over, in order; also what `onAccept` refused. */
  readonly offered: InboundEvent[];
  /** What saving an event does; it succeeds at once by default. */
  onAccept: (events: readonly InboundEvent[]) => Promise<void>;
  /** Starts the adapter, where that was left to the test. */
  start(): Promise<void>;
  /** Resolves once this many messages that the predicate likes were handed over. */
  offeredMessages(count: number): Promise<readonly InboundMessage[]>;
}

export interface SlackSetup {
  readonly transport?: 'http' | 'socket';
  readonly clock?: Clock;
  readonly options?: Partial<SlackOptions>;
  readonly emulator?: Partial<SlackEmulatorOptions>;
  /** Default true. */
  readonly start?: boolean;
  /** That of an earlier adapter; an empty one by default. */
  readonly ledger?: SlackLedger;
}

/** The adapter with the real SDK, against the emulator, with a ledger that is a list. Ends with the test. */
export async function startSlack(t: TestContext, setup: SlackSetup = {}): Promise<Slack> {
  const { transport = 'http', clock = systemClock } = setup;
  const emulator = createSlackEmulator({
    clock,
    scopes: scopesOf({ followThreads: true, groups: true }),
    echoes: false,
    retryDelaysMs: [],
    ...setup.emulator,
  });
  const { apiUrl } = await emulator.start();
  const { signingSecret, appToken, botToken } = emulator;
  const adapter = createSlackAdapter({
    ...{ botToken, apiUrl, streaming: true, followThreads: true },
    transport: transport === 'http' ? { type: 'http', signingSecret } : { type: 'socket', appToken },
    ...setup.options,
  });
  const log = createMemoryLog();
  const offered: InboundEvent[] = [];
  const waiting = new Set<() => void>();
  const ledger = setup.ledger ?? createSlackLedger(clock);
  const { eventsUrl, close } = await serve(adapter);
  if (transport === 'http') emulator.eventsUrl = eventsUrl;

  const slack: Slack = {
    ...{ emulator, log, clock, eventsUrl, offered },
    adapter: adapter as Slack['adapter'], // it has all that Slack can do
    onAccept: async () => undefined,
    start: () =>
      adapter.start(createContext({ clock, log, accept: (events) => slack.onAccept(events), offered, waiting, ...ledger })),
    offeredMessages: async (count) => {
      for (;;) {
        const messages = offered.filter((event) => event.type === 'message');
        if (messages.length >= count) return messages;
        await new Promise<void>((resolve) => waiting.add(resolve));
        waiting.clear();
      }
    },
  };
  t.after(async () => {
    await adapter.stop();
    await close();
    await emulator.stop();
  });
  if (setup.start !== false) await slack.start();
  return slack;
}

/** What outlives the adapter. */
export interface SlackLedger {
  readonly installations: ReturnType<typeof createMemoryInstallations>;
  readonly states: Map<string, Json>;
}

/** An empty one. */
export function createSlackLedger(clock: Clock): SlackLedger {
  return { installations: createMemoryInstallations(clock), states: new Map() };
}

interface Ledger {
  readonly clock: Clock;
  readonly log: MemoryLog;
  readonly accept: (events: readonly InboundEvent[]) => Promise<void>;
  readonly offered: InboundEvent[];
  readonly waiting: ReadonlySet<() => void>;
  readonly installations: SlackLedger['installations'];
  readonly states: SlackLedger['states'];
}

function createContext({ clock, log, accept, offered, waiting, installations, states }: Ledger): AdapterContext {
  return {
    clock,
    log,
    accept: async (events, state) => {
      offered.push(...events);
      for (const wake of waiting) wake();
      await accept(events);
      if (state) states.set(state.key, state.value);
      for (const { type, tenant } of events) if (type === 'uninstall') installations.rows.delete(tenant);
      return events.map((event) => {
        const refusal = 'refusal' in event ? event.refusal : undefined;
        return refusal === undefined ? { status: 'accepted' } : { status: 'ignored', reason: refusal };
      });
    },
    installations,
    loadState: async (key) => states.get(key),
    recentConversations: async () => [],
    status: async () => undefined,
  };
}

async function serve(adapter: Adapter): Promise<{ eventsUrl: string; close: () => Promise<void> }> {
  const router = adapter.router?.();
  const server = createServer((request, response) => {
    const next = (): void => void response.writeHead(404).end();
    if (router) router(request, response, next);
    else next();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    eventsUrl: `http://127.0.0.1:${port}/slack/events`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An answer to what was said in the emulator. */
export function answerTo(
  slack: Slack,
  said: { readonly channel: string; readonly ts: string; readonly threadTs: string },
  text: string,
): OutboundMessage {
  const { emulator, clock } = slack;
  return {
    id: 'answer000000000000000001',
    conversationId: `slack:${emulator.teamId}:${said.channel}:${said.threadTs}`,
    tenant: emulator.teamId,
    inReplyTo: `${said.channel}:${said.ts}`,
    destination: { channel: said.channel, threadTs: said.threadTs, teamId: emulator.teamId, userId: emulator.user('Ada').id },
    text,
    part: 0,
    parts: 1,
    attempt: 1,
    createdAt: clock.now(),
  };
}

/** The stream that shows the answer while it grows. */
export function streamFor(
  { adapter }: Slack,
  { id, conversationId, tenant, inReplyTo, destination }: OutboundMessage,
  signal = new AbortController().signal,
): MessageStream {
  const stream = adapter.stream?.({ id, conversationId, tenant, inReplyTo, destination }, signal);
  if (!stream) throw new Error('The adapter does not stream.');
  return stream;
}

/** Sends as the outbox does: looks before it repeats what may have arrived, and completes what it finds. */
export async function deliver({ adapter }: Pick<Slack, 'adapter'>, answer: OutboundMessage, maxAttempts = 5): Promise<Receipt> {
  let uncertain = false;
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    try {
      const found = uncertain ? await adapter.find(answer, noAbort) : undefined;
      if (found?.complete) return found.receipt;
      const opened = found ? { opened: found.receipt } : {};
      return await adapter.send({ ...answer, ...opened, attempt }, noAbort);
    } catch (error) {
      if (!(error instanceof DeliveryError) || !error.retryable) throw error;
      ({ uncertain } = error);
    }
  }
  throw new Error(`It did not arrive in ${maxAttempts} attempts.`);
}

export const noAbort = new AbortController().signal;

/** What the bot shows in the thread, deleted messages left out. */
export function shownIn({ emulator }: Slack, said: { readonly channel: string; readonly threadTs: string }): SeenMessage[] {
  return emulator.thread(said.channel, said.threadTs).filter((message) => message.isBot && !message.deleted);
}

export interface RecordedCall {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The Web API calls that are made from now on, in order: those that write and those that look for what was written. */
export function recordCalls({ emulator }: Slack, methods?: readonly string[]): RecordedCall[] {
  const calls: RecordedCall[] = [];
  const isWanted = (method: string): boolean => methods?.includes(method) ?? /^(?:chat|conversations)\./.test(method);
  emulator.onCall((method, args, phase) => {
    if (phase === 'before' && isWanted(method)) calls.push({ method, args });
  });
  return calls;
}

/** Lets sockets and promises run until it is so. */
export async function settled(isSo: () => boolean): Promise<void> {
  while (!isSo()) await nextTick();
}

/** Resolves when people see what the test waits for; at once where they do already. */
export function untilShown(
  slack: Slack,
  said: { readonly channel: string; readonly threadTs: string },
  isIt: (shown: SeenMessage[]) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isIt(shownIn(slack, said))) return;
      end();
      resolve();
    };
    const end = slack.emulator.onMessage(look);
    look();
  });
}
