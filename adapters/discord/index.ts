import { GatewayIntentBits } from 'discord.js';
import type { Adapter, AdapterContext } from '../../src/adapter.ts';
import { systemClock } from '../../src/clock.ts';
import { download } from '../../src/download.ts';
import { AdapterError, FileError } from '../../src/errors.ts';
import { checkDiscord } from './check.ts';
import { toMessageTexts } from './format.ts';
import { Gateway } from './gateway.ts';
import { createRest } from './rest.ts';
import { Sender } from './send.ts';
import { DiscordStream } from './stream.ts';

export interface DiscordOptions {
  /** The bot token from the Developer Portal. */
  readonly token: string;
  readonly applicationId?: string;
  /** Another host that speaks Discord's API, without a version: `http://127.0.0.1:4003/api`. */
  readonly apiUrl?: string;
  /**
   * Whether the portal's switch for the Message Content intent is on. Without it Discord shows the bot only what mentions it, what
   * replies to it and direct messages: follow-ups in a thread need a mention then.
   */
  readonly messageContentIntent: boolean;
  /** Whether answers are shown while they grow. */
  readonly streaming: boolean;
  /** How far back missed messages are fetched when a session could not be resumed, in ms. */
  readonly backfillMs: number;
  /** For files; the platform's own where it is left out. */
  readonly fetch?: typeof fetch;
}

/** Discord's own hosts for files. They ask for no credential; their addresses are signed, and expire after a day. */
const fileOrigins = ['https://cdn.discordapp.com', 'https://media.discordapp.net'];

/**
 * Discord through discord.js: events by the gateway, answers by REST. The gateway knows no acknowledgement; what replaces it is the
 * session's sequence number, which is saved in the transaction of the event it belongs to (see intake.ts).
 */
export function createDiscordAdapter(options: DiscordOptions): Adapter {
  const { token, apiUrl, backfillMs } = options;
  let running: { readonly gateway: Gateway; readonly context: AdapterContext } | undefined;
  const rest = createRest({ token, apiUrl, clock: () => running?.context.clock ?? systemClock });
  let stopped: Promise<void> | undefined;
  const sender = new Sender({ rest, userId: () => running?.gateway.userId });

  async function stop(): Promise<void> {
    await running?.gateway.stop();
    await rest.close();
  }

  return {
    name: 'discord',
    start: async (context) => {
      if (running) throw new AdapterError('The Discord adapter has been started already.');
      const protocol = apiUrl?.startsWith('http:') ? 'ws:' : 'wss:';
      const gateway = new Gateway({ token, protocol, rest, backfillMs, context, intents: toIntents(options) });
      running = { gateway, context };
      await gateway.start();
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    send: (message, signal) => sender.send(message, signal),
    find: (message, signal) => sender.find(message, signal),
    remove: (message, receipt, signal) => sender.remove(message, receipt, signal),
    split: toMessageTexts,
    download: async ({ attachment: { url }, maxBytes }, signal) => {
      if (url === undefined) throw new FileError({ message: 'Discord does not say where it is' });
      const { fetch = globalThis.fetch } = options;
      const origins = apiUrl === undefined || isDiscord(apiUrl) ? fileOrigins : [...fileOrigins, new URL(apiUrl).origin];
      return (await download({ url, origins, maxBytes, fetch }, signal)).bytes;
    },
    typing: (destination, signal) => sender.typing(destination, signal),
    check: (signal) => checkDiscord({ rest, messageContentIntent: options.messageContentIntent }, signal),
    health: () => running?.gateway.health() ?? { connected: false, detail: 'not started' },
    ...(options.streaming
      ? {
          stream: (opening, signal) => {
            if (!running) throw new AdapterError('The Discord adapter has not been started.');
            const { clock, log } = running.context;
            return new DiscordStream({ rest, clock, log, opening, signal, doubt: (id) => sender.doubt(id) });
          },
        }
      : {}),
  };
}

function isDiscord(apiUrl: string): boolean {
  return /(?:^|\.)discord(?:app)?\.com$/.test(new URL(apiUrl).hostname);
}

function toIntents({ messageContentIntent }: DiscordOptions): number {
  const { Guilds, GuildMessages, DirectMessages, MessageContent } = GatewayIntentBits;
  return Guilds | GuildMessages | DirectMessages | (messageContentIntent ? MessageContent : 0);
}
