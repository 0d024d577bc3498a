import { Client, Options, Partials } from 'discord.js';
import type { AdapterContext } from '../../src/adapter.ts';
import { settleWithin } from '../../src/clock.ts';
import type { AdapterError } from '../../src/errors.ts';
import { describeError } from '../../src/errors.ts';
import { redact } from '../../src/log.ts';
import { fatalClose, shardsRefused, wrongShards } from './gateway-errors.ts';
import type { Interactions } from './interactions.ts';
import { isRecord, textOf } from './record.ts';
import type { Rest } from './rest.ts';
import type { Rules } from './rules.ts';
import { loadSessions } from './saved-sessions.ts';
import type { SessionStarts } from './session-starts.ts';
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

export interface ConnectionOptions extends GatewayOptions {
  readonly starts: SessionStarts;
  /** A number of shards that Discord has refused. */
  readonly refusedCount: number | undefined;
  /** A shard is connected, or has failed to. */
  readonly onProgress: () => void;
  /** Discord takes no connection until somebody has changed something. */
  readonly onFatal: (error: AdapterError) => void;
}

const drainWaitMs = 3000;

/**
 * discord.js's Client, used for its connections: gateway address, shards, heartbeats, resuming. What arrives goes to the shards' intakes.
 * It lasts for as long as Discord wants the same number of shards.
 */
export class Connection {
  readonly shards = new Map<number, Shard>();
  readonly #options: ConnectionOptions;
  readonly #closing = new AbortController();
  readonly #end = Promise.withResolvers<void>();
  readonly #client: Client;
  #strategy: Strategy | undefined;
  #wasEstablished = false;
  #refusedCount: number | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = this.#createClient();
    this.#end.promise.catch(() => undefined);
  }

  get userId(): string | undefined {
    for (const { session } of this.shards.values()) if (session.userId !== undefined) return session.userId;
    return undefined;
  }

  /** Whether any of its shards ever came to something. */
  get wasEstablished(): boolean {
    return this.#wasEstablished;
  }

  /** How many shards it has, once Discord has refused that. */
  get refusedCount(): number | undefined {
    return this.#refusedCount;
  }

  /** Connects the shards and keeps them connected. Resolves when it is closed; rejects where only another one can help. */
  async run(): Promise<void> {
    await Promise.race([this.#client.login(this.#options.token), this.#end.promise]);
    await this.#end.promise;
  }

  /** Leaves the sessions to be resumed. */
  async close(): Promise<void> {
    const intakes = [...this.shards.values()].map(({ intake }) => intake.close());
    await settleWithin(this.#options.context.clock, drainWaitMs, intakes);
    this.#closing.abort(new Error('The Discord connection is being closed.'));
    this.#end.resolve();
    await this.#strategy?.destroy({ reason: 'Parley closes the connection' });
    await this.#client.destroy();
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
    const { starts, protocol } = this.#options;
    return {
      retrieve: (id) => this.shards.get(id)?.retrieve() ?? null,
      update: (id, info) => this.shards.get(id)?.update(info),
      onEvent: (event, report) => this.#onEvent(event, report),
      mayConnectTo: (url) => URL.canParse(url) && new URL(url).protocol === protocol,
      learn: (information) => starts.learn(information),
      prepare: (count) => this.#prepare(count),
      identify: (id, signal) => starts.identify(id, signal),
    };
  }

  /** Without the saved sessions nothing may be asked of Discord: new ones would leave a gap that nobody knows of. */
  async #prepare(count: number): Promise<void> {
    const { context, refusedCount } = this.#options;
    const { signal } = this.#closing;
    if (count === refusedCount) throw shardsRefused(count);
    for (;;) {
      signal.throwIfAborted();
      try {
        const saved = await loadSessions(context, count);
        for (const [id, state] of saved.entries()) {
          const onStuck = (): void => void this.#reconnect(id);
          this.shards.set(id, new Shard({ ...this.#options, id, signal, saved: state, onStuck }));
        }
        return;
      } catch (error) {
        context.log.error('The saved Discord sessions could not be read.', { reason: describeError(error) });
        await context.clock.sleep(1000, signal);
      }
    }
  }

  #onEvent(event: string, report: ShardReport): void {
    const shard = this.shards.get(report.shardId);
    if (!shard) return;
    if (event === 'dispatch') {
      if (isRecord(report['data'])) shard.intake.push(report['data']);
    } else if (event === 'hello') shard.onHello();
    else if (event === 'ready' || event === 'resumed') {
      this.#wasEstablished = true;
      shard.onEstablished(event);
      this.#options.onProgress();
    } else if (event === 'closed') this.#onClosed(shard, Number(report['code']));
    else if (event === 'error') this.#note({ event, shard: report.shardId }, describeError(report['error']));
    else if (event === 'debug') this.#note({ event, shard: report.shardId }, textOf(report['message']) ?? '');
  }

  #onClosed(shard: Shard, code: number): void {
    shard.onClosed(code);
    const fatal = fatalClose(code);
    if (fatal) return this.#options.onFatal(fatal);
    if (wrongShards.has(code)) {
      this.#refusedCount = this.shards.size;
      this.#end.reject(new Error(`Discord does not take ${this.shards.size} as the number of shards (closed with ${code})`));
    }
    return this.#options.onProgress();
  }

  #note(fields: Readonly<Record<string, unknown>>, message: string): void {
    const { context, token } = this.#options;
    context.log.debug('discord.js says something.', { ...fields, message: redact(message, [token]) });
  }

  async #reconnect(id: number): Promise<void> {
    const { log } = this.#options.context;
    log.warn('Discord events cannot be saved: the connection is closed and they will be asked for again.', { shard: id });
    await this.#strategy?.reconnect(id).catch((error: unknown) => {
      log.error('The Discord connection could not be closed.', { shard: id, reason: describeError(error) });
    });
  }
}
