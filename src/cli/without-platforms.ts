import type { Config } from '../config.ts';

/** The platforms stay with the Parley that serves them: two would take each other's events. */
export function withoutPlatforms(config: Config): Config {
  return { ...config, slack: { ...config.slack, enabled: false }, discord: { ...config.discord, enabled: false }, webhooks: {} };
}
