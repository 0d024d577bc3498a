import type { Config } from '../config.ts';
import type { RetryPolicy } from '../retry.ts';

export function toDeliveryPolicy({ delivery }: Config): RetryPolicy {
  const { baseDelayMs: baseMs, maxDelaySeconds, expiryMinutes, maxAttempts } = delivery;
  return { baseMs, maxMs: maxDelaySeconds * 1_000, expiryMs: expiryMinutes * 60_000, maxAttempts };
}
