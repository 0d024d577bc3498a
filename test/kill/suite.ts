import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { runCampaign, type CampaignFigures } from './campaign.ts';
import type { PlatformName } from './points.ts';

export interface SuiteOptions {
  /** Over all platforms. */
  readonly kills: number;
  readonly platforms: readonly PlatformName[];
  readonly seed: number;
}

export interface SuiteFigures {
  readonly seed: number;
  readonly campaigns: readonly CampaignFigures[];
  readonly seconds: number;
}

/** All platforms side by side, each with processes and a data folder of its own. Rejects with the first failure; then what it left is kept. */
export async function runKillSuite({ kills, platforms, seed }: SuiteOptions): Promise<SuiteFigures> {
  const clock = systemClock;
  const from = clock.monotonic();
  const folder = mkdtempSync(join(tmpdir(), 'parley-kill-'));
  const failed = new AbortController();
  const share = Math.ceil(kills / platforms.length);
  const campaigns = await Promise.allSettled(
    platforms.map((platform) => {
      const places = { folder: join(folder, platform), cacheFolder: join(folder, 'compiled') };
      return runCampaign({ platform, kills: share, seed, clock, ...places, signal: failed.signal }).catch((error: unknown) => {
        failed.abort();
        throw error;
      });
    }),
  );
  const failure = campaigns.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  rmSync(folder, { recursive: true, force: true });
  const figures = campaigns.flatMap((campaign) => (campaign.status === 'fulfilled' ? [campaign.value] : []));
  return { seed, campaigns: figures, seconds: (clock.monotonic() - from) / 1_000 };
}
