import { scopesOf } from '../../adapters/slack/manifest.ts';
import { createDiscordEmulator, type DiscordEmulator } from '../../adapters/discord/emulator.ts';
import { createSlackEmulator, type SlackEmulator } from '../../adapters/slack/emulator.ts';
import { createDeskEmulator, type DeskEmulator } from '../../adapters/webhook/emulator.ts';
import type { Clock } from '../../src/clock.ts';
import type { PlatformDriver } from '../kill/driver.ts';
import { createDiscordDriver } from '../kill/platforms/discord.ts';
import { createSlackDriver } from '../kill/platforms/slack.ts';
import { createWebhookDriver } from '../kill/platforms/webhook.ts';
import type { PlatformName } from '../kill/points.ts';
import type { OpenAiEmulator } from '../support/openai-emulator.ts';

export interface Emulators {
  readonly slack: SlackEmulator;
  readonly discord: DiscordEmulator;
  readonly desk: DeskEmulator;
  readonly drivers: Readonly<Record<PlatformName, PlatformDriver>>;
  /** The calls that show an answer go wrong in this way, so many times in a row. */
  failSends(failure: SendFailure, times: number): void;
}

export interface SendFailure {
  readonly kind: 'rate_limit' | 'server_error' | 'lost_response' | 'refuse' | 'hang';
  /** Whether the call is carried out all the same. */
  readonly takesEffect?: boolean;
}

const slackSends = ['chat.postMessage', 'chat.stopStream', 'chat.update', 'chat.startStream', 'chat.appendStream'];
const discordSends = ['POST /channels/:id/messages', 'PATCH /channels/:id/messages/:id'];

export interface EmulatorsOptions {
  /** Before Slack repeats a delivery. */
  readonly slackRetryMs?: number | undefined;
  /** Whether the published rate limits of Slack and Discord hold. */
  readonly rateTiers?: boolean | undefined;
}

const discordLimits = { messageLimit: { count: 5, perMs: 5_000 }, globalLimit: { count: 50, perMs: 1_000 } };

/** None of them listens yet. Their deadlines are long: they are in a time that passes fast. */
export function createEmulators(
  clock: Clock,
  model: OpenAiEmulator,
  { slackRetryMs = 600, rateTiers = false }: EmulatorsOptions = {},
): Emulators {
  const retryDelaysMs = Array.from({ length: 1_000 }, () => slackRetryMs);
  const slack = createSlackEmulator({
    clock,
    scopes: scopesOf({ followThreads: true, groups: true, sendsFiles: true }),
    ackTimeoutMs: 60_000,
    retryDelaysMs,
    rateTiers,
  });
  const discord = createDiscordEmulator({ clock, heartbeatMs: 10_000_000, ...(rateTiers ? discordLimits : {}) });
  const desk = createDeskEmulator({ clock, targetUrl: 'http://127.0.0.1:1/', retryDelaysMs: [250], timeoutMs: 300_000 });
  const isTalking = (): boolean => model.calls.slice(-8).some(({ state }) => state === 'open');
  return {
    ...{ slack, discord, desk },
    drivers: {
      slack: createSlackDriver(slack),
      discord: createDiscordDriver(discord, { isTalking, usesCommands: false }),
      webhook: createWebhookDriver(desk),
    },
    failSends: (failure, times) => {
      for (const method of slackSends) slack.faults.add({ method, ...failure, times });
      for (const route of discordSends) discord.faults.add({ route, ...failure, times });
      desk.faults.add({ ...failure, times });
    },
  };
}
