import { adapterRegistry } from '../../adapters/index.ts';
import type { Adapter } from '../adapter.ts';
import type { Config } from '../config.ts';
import { toDiscordOptions } from '../config/discord-options.ts';
import { toWebhookOptions } from '../config/resolve-webhook.ts';
import { toSlackOptions } from '../config/slack-options.ts';
import { createAddressGuard } from '../http/address-guard.ts';
import { createFetch } from '../http/fetch.ts';

/** The adapters that are switched on. */
export async function createAdapters(config: Config, fetch: typeof globalThis.fetch): Promise<Adapter[]> {
  const { slack, discord, webhooks } = config;
  const outbound = { guard: createAddressGuard(config.outbound), maxResponseBytes: 8 * 1024 * 1024 };
  const adapters = await Promise.all([
    slack.enabled && adapterRegistry.slack({ ...toSlackOptions(config), fetch }),
    discord.enabled &&
      discord.token !== undefined &&
      adapterRegistry.discord({ ...toDiscordOptions(discord), token: discord.token, fetch }),
    Object.keys(webhooks).length > 0 &&
      adapterRegistry.webhook({ ...toWebhookOptions(config), openFetch: (tls) => createFetch({ ...outbound, tls }) }),
  ]);
  return adapters.filter((adapter) => adapter !== false);
}
