import { Client, Options, Partials } from 'discord.js';
import type { AdapterContext, AdapterHealth } from '../../src/adapter.ts';
import type { AdapterError } from '../../src/errors.ts';
import { describeError } from '../../src/errors.ts';
import { redact } from '../../src/log.ts';
import { fatalClose, fatalLogin } from './gateway-errors.ts';
import { isRecord, textOf } from './record.ts';
import type { Interactions } from './interactions.ts';
import type { Rest } from './rest.ts';
import type { Rules } from './rules.ts';
import { Shard } from './shard.ts';
import { createStrategy } from './strategy.ts';
import type { ShardOwner, ShardReport, Strategy } from './strategy.ts';

export interface GatewayOptions {
  readonly token: string;
  readonly intents: number;
  /** Of the gateway's addresses: `wss:`, or `ws:` where the API itself is reached without TLS. */
  readonly protocol: 'ws:' | 'wss:';
  readonly rest: Rest;
  readonly backfillMs: number;
  readonly context: AdapterContext;
  readonly interactions: Interactions;
  readonly rules: Rules | undefined;
}

const startWaitMs = 15_000;
const drainWaitMs = 3000;
const maxLoginPauseMs = 60_000;

/** discord.js's Client, used for its connection: gateway address, shards, heartbeats, resuming. What arrives goes to the shards' intakes. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #stopping = new AbortController();
  readonly #shards = new Map<number, Shard>();
  readonly #started = Promise.withResolvers<void>();
  #strategy: Strategy | undefined;
  #client: Client | undefined;
  #fatal: AdapterError | undefined;
  #trouble = 'connecting';

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** The bot's own id: known from READY or from a saved session. */
  get userId(): string | undefined {
    for (const { session } of this.#shards.values()) if (session.userId !== undefined) return session.userId;
    return undefined;
  }

  /** Resolves when events arrive, or when that has failed for the moment and goes on being tried. Rejects when it never will. */
  async start(): Promise<void> {
    const cancel = this.#options.context.clock.after(startWaitMs, this.#started.resolve);
    void this.#logIn();
    await this.#started.promise.finally(cancel);
  }

  async stop(): Promise<void> {
    const { clock } = this.#options.context;
    const drained = new AbortController();
    const closing = Promise.all([...this.#shards.values()].map(({ intake }) => intake.close()));
    await Promise.race([closing, clock.sleep(drainWaitMs, drained.signal).catch(() => undefined)]).finally(() => drained.abort());
    this.#stopping.abort(new Error('The Discord adapter is stopping.'));
    this.#started.resolve();
    await this.#strategy?.destroy({ reason: 'Parley is stopping' });
    await this.#client?.destroy();
  }

  health(): AdapterHealth {
    if (this.#fatal) return { connected: false, detail: this.#fatal.message };
    if (this.#stopping.signal.aborted) return { connected: false, detail: 'stopped' };
    const shards = [...this.#shards.values()];
    const [only] = shards;
    if (!only) return { connected: false, detail: this.#trouble };
    const up = shards.filter((shard) => shard.isEstablished).length;
    const detail = shards.length === 1 ? only.describe() : `${up} of ${shards.length} shards connected`;
    return { connected: up === shards.length, detail };
  }

  async #logIn(): Promise<void> {
    const { context, token } = this.#options;
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        this.#client = this.#createClient();
        await this.#client.login(token);
        return;
      } catch (error) {
        const fatal = this.#fatal ?? fatalLogin(error);
        if (fatal) return this.#giveUp(fatal);
        if (this.#stopping.signal.aborted) return;
        this.#trouble = `cannot connect: ${redact(describeError(error), [token])}`;
        context.log.warn('Discord cannot be connected to.', { attempt, reason: this.#trouble });
        this.#started.resolve();
        const pause = Math.min(maxLoginPauseMs, 500 * 2 ** Math.min(attempt, 10));
        await context.clock.sleep(pause * (0.5 + context.clock.random() / 2), this.#stopping.signal).catch(() => undefined);
      }
    }
  }

  #giveUp(error: AdapterError): void {
    if (this.#fatal) return;
    this.#fatal = error;
    this.#options.context.log.error('Discord refuses the connection.', { reason: error.message });
    this.#started.reject(error);
  }

  #createClient(): Client {
    const { intents, rest, context } = this.#options;
    const client = new Client({
      intents,
      partials: [Partials.Channel],
      shards: 'auto',
      makeCache: Options.cacheWithLimits({ MessageManager: 0 }),
      allowedMentions: { parse: [], repliedUser: false },
      rest: rest.options,
      ws: {
        buildStrategy: (manager) => {
          this.#strategy = createStrategy(manager, { owner: this.#owner(), clock: context.clock });
          return this.#strategy;
        },
      },
    });
    client.on('debug', (message) => {
      // The SDK masks only the last third of it.
      if (!message.startsWith('Provided token')) this.#note({ event: 'debug' }, message);
    });
    client.on('warn', (message) => this.#note({ event: 'warn' }, message));
    client.on('error', (error) => this.#note({ event: 'error' }, describeError(error)));
    return client;
  }

  #owner(): ShardOwner {
    return {
      retrieve: (id) => this.#shard(id).retrieve(),
      update: (id, info) => this.#shard(id).update(info),
      onEvent: (event, report) => this.#onEvent(event, report),
      mayConnectTo: (url) => URL.canParse(url) && new URL(url).protocol === this.#options.protocol,
    };
  }

  #onEvent(event: string, report: ShardReport): void {
    const shard = this.#shard(report.shardId);
    if (event === 'dispatch') {
      if (isRecord(report['data'])) shard.intake.push(report['data']);
    } else if (event === 'hello') shard.onHello();
    else if (event === 'ready' || event === 'resumed') {
      shard.onEstablished(event);
      this.#started.resolve();
    } else if (event === 'closed') this.#onClosed(shard, Number(report['code']));
    else if (event === 'error') this.#note({ event, shard: report.shardId }, describeError(report['error']));
    else if (event === 'debug') this.#note({ event, shard: report.shardId }, textOf(report['message']) ?? '');
  }

  #onClosed(shard: Shard, code: number): void {
    shard.onClosed(code);
    const fatal = fatalClose(code);
    if (fatal) this.#giveUp(fatal);
    else this.#started.resolve();
  }

  #note(fields: Readonly<Record<string, unknown>>, message: string): void {
    const { context, token } = this.#options;
    context.log.debug('discord.js says something.', { ...fields, message: redact(message, [token]) });
  }

  #shard(id: number): Shard {
    const known = this.#shards.get(id);
    if (known) return known;
    const shard = new Shard({ ...this.#options, id, signal: this.#stopping.signal, onStuck: () => void this.#reconnect(id) });
    this.#shards.set(id, shard);
    return shard;
  }

  async #reconnect(id: number): Promise<void> {
    const { log } = this.#options.context;
    log.warn('Discord events cannot be saved: the connection is closed and they will be asked for again.', { shard: id });
    await this.#strategy?.reconnect(id).catch((error: unknown) => {
      log.error('The Discord connection could not be closed.', { shard: id, reason: describeError(error) });
    });
  }
}
