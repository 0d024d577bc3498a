import type { Adapter } from '../src/adapter.ts';
import type { DiscordOptions } from './discord/index.ts';
import type { SlackOptions } from './slack/index.ts';
import type { WebhookOptions } from './webhook/index.ts';

/**
 * The adapters, each imported only when it is used: the platforms' SDKs take up to half a second to load.
 */
export const adapterRegistry = {
  slack: async (options: SlackOptions): Promise<Adapter> => (await import('./slack/index.ts')).createSlackAdapter(options),
  discord: async (options: DiscordOptions): Promise<Adapter> =>
    (await import('./discord/index.ts')).createDiscordAdapter(options),
  webhook: async (options: WebhookOptions): Promise<Adapter> =>
    (await import('./webhook/index.ts')).createWebhookAdapter(options),
} as const;
