import type { Config } from '../config.ts';

/** What the Discord adapter is told, beside its token. */
export function toDiscordOptions({ enabled: _, token: __, applicationId, backfillMinutes, ...discord }: Config['discord']) {
  return { ...discord, ...(applicationId ? { applicationId } : {}), backfillMs: backfillMinutes * 60_000 };
}
