import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/clock.ts';
import { createCallbacks } from './emulator/callbacks.ts';
import type { CallListener, CallbackAttempt, DeskComment } from './emulator/callbacks.ts';
import { createDeliveries } from './emulator/deliveries.ts';
import type { DeskEvent } from './emulator/deliveries.ts';
import { createFaults } from './emulator/faults.ts';
import type { Faults } from './emulator/faults.ts';

export type { DeskComment } from './emulator/callbacks.ts';
export type { DeskEvent } from './emulator/deliveries.ts';

/**
 * A ticket desk in one process: it tells the bot by signed webhooks what customers write, until it is told that the bot has it, and shows the
 * answers that come to its callback. Everything happens on the loopback interface. It knows nothing of the adapter beside it.
 */
export interface DeskEmulatorOptions {
  readonly clock: Clock;
  /** Signs the events; `whsec_` and base64. */
  readonly secret?: string | undefined;
  /** Signs the answers. */
  readonly callbackSecret?: string | undefined;
  /** Where events go, as in `http://127.0.0.1:3000/webhooks/desk`. May be set later. */
  readonly targetUrl?: string | undefined;
  /** Before the second, third, ... attempt; default 1, 5 and 30 seconds, and then every 30. */
  readonly retryDelaysMs?: readonly number[] | undefined;
  /** How long the bot may take to respond; default 15,000. */
  readonly timeoutMs?: number | undefined;
}

export interface DeskEmulator {
  /** Listens for answers on the loopback interface; port 0, the default, takes a free one. */
  listen(port?: number): Promise<void>;
  /** Cuts everything off. Tickets, and events that are not delivered yet, stay: it may listen again. */
  close(): Promise<void>;
  /** What `callback.url` is set to. */
  readonly callbackUrl: string;
  readonly secret: string;
  readonly callbackSecret: string;
  targetUrl: string;

  /** A customer opens a ticket, or writes more under one. Resolves after the first attempt to tell the bot, whatever came of it. */
  say(words: Saying): Promise<DeskEvent>;
  /** Events that the bot has not taken yet, oldest first. */
  pending(): readonly DeskEvent[];
  /** Attempts them now: the bot is back. */
  retryPending(): Promise<void>;
  /** Sends an event `copies` times more, all at once; resolves with the statuses. */
  redeliver(event: DeskEvent, copies: number): Promise<readonly number[]>;

  /** The bot's comments under a ticket, in the order in which they appeared. */
  visible(ticketId: string): readonly DeskComment[];
  /** Every request to the callback, forged ones included. */
  readonly callbacks: readonly CallbackAttempt[];
  /** What goes wrong with callbacks. */
  readonly faults: Faults;
  /** Sees every genuine callback, before and after its effect; returns what ends that. */
  onCall(listener: CallListener): () => void;
  /** Sees every comment of the bot once, when it appears; returns what ends that. */
  onMessage(listener: (comment: DeskComment) => void): () => void;
}

export interface Saying {
  readonly text: string;
  /** An open ticket; without it a new one is opened. */
  readonly ticketId?: string | undefined;
  /** Of a new ticket. */
  readonly subject?: string | undefined;
  /** The customer's name; `Ada` by default. */
  readonly author?: string | undefined;
}

/** How a source maps what this desk sends. */
export const deskTemplates = {
  conversation: '{{ticket.id}}',
  text: '{{comment.text}}',
  author: '{{comment.author.name}}',
  authorId: '{{comment.author.id}}',
} as const;

export function createDeskEmulator(options: DeskEmulatorOptions): DeskEmulator {
  const { clock, retryDelaysMs = [1000, 5000, 30_000], timeoutMs = 15_000 } = options;
  const secret = options.secret ?? createSecret(clock);
  const callbackSecret = options.callbackSecret ?? createSecret(clock);
  const faults = createFaults();
  const calls = createListeners<Parameters<CallListener>>();
  const messages = createListeners<[DeskComment]>();
  let { targetUrl = '' } = options;
  const callbacks = createCallbacks({
    secret: callbackSecret,
    now: () => clock.now(),
    faults,
    onCall: calls.emit,
    onComment: messages.emit,
  });
  const deliveries = createDeliveries({ clock, secret, targetUrl: () => targetUrl, timeoutMs, retryDelaysMs });
  const createEvent = createEvents(clock);
  let port = 0;

  return {
    listen: async (wanted = 0) => {
      deliveries.start();
      port = await listen(callbacks.server, wanted);
    },
    close: async () => {
      deliveries.stop();
      await close(callbacks.server);
    },
    get callbackUrl() {
      return `http://127.0.0.1:${port}/answers`;
    },
    secret,
    callbackSecret,
    get targetUrl() {
      return targetUrl;
    },
    set targetUrl(url) {
      targetUrl = url;
    },
    say: async (words) => {
      const event = createEvent(words);
      await deliveries.deliver(event);
      return event;
    },
    pending: deliveries.pending,
    retryPending: deliveries.retryPending,
    redeliver: deliveries.redeliver,
    visible: (ticketId) => callbacks.comments.filter((comment) => comment.ticketId === ticketId),
    callbacks: callbacks.attempts,
    faults,
    onCall: calls.add,
    onMessage: messages.add,
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port; // A TCP server has an AddressInfo.
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function createListeners<Args extends unknown[]>() {
  const listeners = new Set<(...args: Args) => void>();
  return {
    add: (listener: (...args: Args) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    emit: (...args: Args) => {
      for (const listener of listeners) listener(...args);
    },
  };
}

/** Tickets count up from 1001; the ids of events differ between desks, as they do between real ones. */
function createEvents(clock: Clock): (words: Saying) => DeskEvent {
  const desk = Math.floor(clock.random() * 36 ** 8).toString(36);
  const subjects = new Map<string, string>();
  let events = 0;
  return ({ text, ticketId = String(1001 + subjects.size), subject = 'A question', author = 'Ada' }) => {
    events += 1;
    const isNew = !subjects.has(ticketId);
    if (isNew) subjects.set(ticketId, subject);
    const body = JSON.stringify({
      type: isNew ? 'ticket.created' : 'comment.created',
      timestamp: new Date(clock.now()).toISOString(),
      ticket: { id: ticketId, subject: subjects.get(ticketId), status: 'open' },
      comment: { id: `c${events}`, text, author: { id: `customer-${author.toLowerCase()}`, name: author } },
    });
    return { id: `evt_${desk}_${events}`, ticketId, body, state: 'pending', attempts: [], response: '' };
  };
}

function createSecret(clock: Clock): string {
  const bytes = Uint8Array.from({ length: 24 }, () => Math.floor(clock.random() * 256));
  return `whsec_${Buffer.from(bytes).toString('base64')}`;
}
