import type { Config } from '../config.ts';

/** What the Discord adapter is told, besides its token. */
export function toDiscordOptions({
  enabled: _,
  token: __,
  applicationId,
  backfillMinutes,
  fileAfter,
  ...discord
}: Config['discord']) {
  return {
    ...discord,
    ...(applicationId ? { applicationId } : {}),
    fileAfter: fileAfter === 'off' ? undefined : fileAfter,
    backfillMs: backfillMinutes * 60_000,
  };
}
