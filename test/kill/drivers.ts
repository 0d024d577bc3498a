import { scopesOf } from '../../adapters/slack/manifest.ts';
import { createDiscordEmulator } from '../../adapters/discord/emulator.ts';
import { createSlackEmulator } from '../../adapters/slack/emulator.ts';
import { createDeskEmulator } from '../../adapters/webhook/emulator.ts';
import type { Clock } from '../../src/clock.ts';
import type { PlatformDriver } from './driver.ts';
import { createDiscordDriver } from './platforms/discord.ts';
import { createSlackDriver } from './platforms/slack.ts';
import { createWebhookDriver } from './platforms/webhook.ts';
import type { PlatformName } from './points.ts';

/** Platforms that repeat what was not taken much sooner than real ones do. `isTalking`: whether the model is giving an answer. */
export function createDriver(platform: PlatformName, clock: Clock, isTalking: () => boolean): PlatformDriver {
  if (platform === 'slack')
    return createSlackDriver(
      createSlackEmulator({
        clock,
        scopes: scopesOf({ followThreads: true, groups: true, sendsFiles: true }),
        retryDelaysMs: Array.from({ length: 1_000 }, () => 60),
      }),
    );
  if (platform === 'discord') return createDiscordDriver(createDiscordEmulator({ clock }), { isTalking, usesCommands: true });
  return createWebhookDriver(createDeskEmulator({ clock, targetUrl: 'http://127.0.0.1:1/', retryDelaysMs: [25] }));
}
