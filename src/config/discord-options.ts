import type { Config } from '../config.ts';
import { toModelChoices } from './place-voice.ts';

/** What the Discord adapter is told, besides its token. */
export function toDiscordOptions({
  enabled: _,
  token: __,
  applicationId,
  backfillMinutes,
  fileAfter,
  settings,
  models,
  ...discord
}: Config['discord']) {
  return {
    ...discord,
    settings: settings === 'admins' ? { models: toModelChoices({ models }) } : undefined,
    ...(applicationId ? { applicationId } : {}),
    fileAfter: fileAfter === 'off' ? undefined : fileAfter,
    backfillMs: backfillMinutes * 60_000,
  };
}
