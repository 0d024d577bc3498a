import { adapterRegistry } from '../../adapters/index.ts';
import type { Adapter } from '../adapter.ts';
import type { Config } from '../config.ts';
import { toDiscordOptions } from '../config/discord-options.ts';
import { toWebhookOptions } from '../config/resolve-webhook.ts';
import { toSlackOptions } from '../config/slack-options.ts';
import { createAddressGuard } from '../http/address-guard.ts';
import { createFetch } from '../http/fetch.ts';
import type { OpenFetch } from '../outbound.ts';

/** The adapters that are switched on. */
export async function createAdapters(config: Config, fetch: typeof globalThis.fetch): Promise<Adapter[]> {
  const { slack, discord, webhooks } = config;
  const adapters = await Promise.all([
    slack.enabled && adapterRegistry.slack({ ...toSlackOptions(config), fetch }),
    discord.enabled &&
      discord.token !== undefined &&
      adapterRegistry.discord({ ...toDiscordOptions(discord), token: discord.token, fetch }),
    Object.keys(webhooks).length > 0 && createWebhooks(config),
  ]);
  return adapters.filter((adapter) => adapter !== false);
}

async function createWebhooks(config: Config): Promise<Adapter> {
  const [{ createAction }, { createExpressions }] = await Promise.all([
    import('../action/action.ts'),
    import('../expressions/expressions.ts'),
  ]);
  return adapterRegistry.webhook({
    ...toWebhookOptions(config),
    openFetch: openOutward(config),
    createAction,
    createExpressions,
  });
}

const maxResponseBytes = 8 * 1024 * 1024;

/** The way to hosts that the configuration names: to the public internet, and to what `outbound.allow` adds. */
export function openOutward(config: Pick<Config, 'outbound'>): OpenFetch {
  const guard = createAddressGuard(config.outbound);
  return (tls) => createFetch({ guard, maxResponseBytes, tls });
}
