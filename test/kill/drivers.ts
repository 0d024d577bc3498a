import type { Clock } from '../../src/clock.ts';
import type { PlatformDriver } from './driver.ts';
import { createDiscordDriver } from './platforms/discord.ts';
import { createSlackDriver } from './platforms/slack.ts';
import { createWebhookDriver } from './platforms/webhook.ts';
import type { PlatformName } from './points.ts';

/** `isTalking`: whether the model is giving an answer. */
export function createDriver(platform: PlatformName, clock: Clock, isTalking: () => boolean): PlatformDriver {
  if (platform === 'slack') return createSlackDriver(clock);
  return platform === 'discord' ? createDiscordDriver({ clock, isTalking }) : createWebhookDriver(clock);
}
