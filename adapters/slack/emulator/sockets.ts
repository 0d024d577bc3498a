import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Clock } from '../../../src/clock.ts';
import type { Attempt, FailureReason } from './deliveries.ts';
import { isRecord } from './arguments.ts';

export interface SocketsOptions {
  readonly clock: Clock;
  readonly appId: string;
  readonly ackTimeoutMs: number;
  /** Called when a bot has connected and been greeted. */
  readonly onConnection: () => void;
}

export type DisconnectReason = 'refresh_requested' | 'warning' | 'link_disabled' | 'too_many_websockets';

interface Waiting {
  readonly socket: WebSocket;
  readonly settle: (outcome: FailureReason | undefined) => void;
  readonly onResponse: Attempt['onResponse'];
}

const envelopeTypes = { event: 'events_api', command: 'slash_commands', interactive: 'interactive' } as const;
const pingEveryMs = 10_000;

/** Socket Mode: an address that is good once, a greeting, and events in envelopes, each to be acknowledged by its id. */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #greeted = new Set<WebSocket>();
  readonly #pings = new Set<() => void>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #deaf = new WeakSet<WebSocket>();
  #greets = true;
  #count = 0;

  constructor(options: SocketsOptions) {
    this.#options = options;
    this.#server.on('connection', (socket) => this.#greet(socket));
  }

  issueTicket(): string {
    this.#count += 1;
    const ticket = `ticket-${this.#count}`;
    this.#tickets.add(ticket);
    return ticket;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'ws://localhost').searchParams.get('ticket') ?? '';
    if (!this.#tickets.delete(ticket)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connection) => this.#server.emit('connection', connection, request));
  }

  connected(): number {
    return this.#greeted.size;
  }

  send({ delivery, retryNum, retryReason, onResponse }: Attempt): Promise<FailureReason | 'no_connection' | undefined> {
    const socket = [...this.#greeted].at(-1);
    if (!socket) return Promise.resolve('no_connection');
    this.#count += 1;
    const id = `envelope-${this.#count}`;
    const envelope = {
      envelope_id: id,
      type: envelopeTypes[delivery.kind],
      payload: delivery.body,
      accepts_response_payload: delivery.kind !== 'event',
      retry_attempt: retryNum,
      retry_reason: retryReason === undefined ? '' : 'timeout',
    };
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(this.#options.ackTimeoutMs, () => settle('http_timeout'));
      const settle = (outcome: FailureReason | undefined): void => {
        cancel();
        this.#waiting.delete(id);
        resolve(outcome);
      };
      this.#waiting.set(id, { socket, settle, onResponse });
      if (!this.#deaf.has(socket)) socket.send(JSON.stringify(envelope));
    });
  }

  /** Asks every bot to connect anew. */
  requestDisconnect(reason: DisconnectReason): void {
    for (const socket of this.#greeted) {
      this.#greeted.delete(socket); // Nothing more is sent to who is told to go.
      socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'emulator' } }));
    }
  }

  /** Every connection stays open, and nothing comes through any more: no event, no ping, no answer to one, no end. */
  deafen(): void {
    for (const socket of this.#server.clients) {
      this.#deaf.add(socket);
      socket.pause();
    }
  }

  /** Whether a bot that connects is told so. */
  greet(greets: boolean): void {
    this.#greets = greets;
  }

  /** Cuts every connection without a word. */
  drop(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }

  close(): void {
    this.drop();
    for (const stopPings of this.#pings) stopPings();
    this.#server.close();
  }

  #greet(socket: WebSocket): void {
    if (!this.#greets) {
      socket.on('error', () => socket.terminate());
      return;
    }
    this.#greeted.add(socket);
    const stopPings = this.#keepAlive(socket);
    this.#pings.add(stopPings);
    socket.on('message', (data: Buffer) => this.#onMessage(data.toString('utf8')));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      stopPings();
      this.#pings.delete(stopPings);
      this.#greeted.delete(socket);
      for (const waiting of this.#waiting.values()) if (waiting.socket === socket) waiting.settle('connection_failed');
    });
    const info = { app_id: this.#options.appId };
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.#greeted.size,
        connection_info: info,
        debug_info: { host: 'emulator' },
      }),
    );
    this.#options.onConnection();
  }

  #onMessage(text: string): void {
    const message: unknown = JSON.parse(text);
    const id = isRecord(message) ? message['envelope_id'] : undefined;
    if (typeof id !== 'string' || !isRecord(message)) return;
    const waiting = this.#waiting.get(id);
    waiting?.onResponse(message['payload']);
    waiting?.settle(undefined);
  }

  #keepAlive(socket: WebSocket): () => void {
    let cancel = (): void => undefined;
    const ping = (): void => {
      if (!this.#deaf.has(socket)) socket.ping();
      cancel = this.#options.clock.after(pingEveryMs, ping);
    };
    ping();
    return () => cancel();
  }
}
