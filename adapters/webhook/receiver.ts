import type { TurnLimit } from '../../src/message.ts';
import { createAddressList } from '../../src/addresses.ts';
import type { Contains } from '../../src/addresses.ts';
import { createCopyTo } from './copy-to.ts';
import { createJobIds } from './job-id.ts';
import type { JobIds } from './job-id.ts';
import { createKeep } from './keep.ts';
import type { Keep } from './keep.ts';
import { createMapping } from './mapping.ts';
import type { Mapping } from './mapping.ts';
import { createOwnReader } from './own.ts';
import { createRateLimiter } from './rate-limit.ts';
import type { TakeOne } from './rate-limit.ts';
import { createSourceVerifier } from './schemes/verifier.ts';
import type { SourceVerify } from './schemes/source-verify.ts';
import type { WebhookSource } from './source.ts';
import { sharedSecrets } from '../../src/verification.ts';

/** A source with all that can be made of its configuration once. */
export interface Receiver {
  readonly source: WebhookSource;
  readonly verify: SourceVerify;
  readonly map: Mapping;
  readonly keep: Keep;
  readonly copyTo: ReturnType<typeof createCopyTo>;
  readonly requireHttps: boolean;
  /** Undefined where every address is. */
  readonly isAllowed: Contains | undefined;
  /** Undefined where there is no limit. */
  readonly takeOne: TakeOne | undefined;
  /** Undefined where there is none. */
  readonly turnLimit: Omit<TurnLimit, 'conversationId'> | undefined;
  readonly readOwn: ReturnType<typeof createOwnReader>;
  readonly jobs: JobIds;
}

/**
 * `jobKey`: proves that the ids of jobs were made here, where the source has no secret of its own to do it with.
 * Throws a ConfigError or a TypeError where the configuration cannot be used.
 */
export function createReceiver(
  source: WebhookSource,
  { fetch, jobKey }: { fetch: typeof globalThis.fetch; jobKey: string },
): Receiver {
  const { name, allowFrom, rateLimit, turnsPerHour, requireHttps = true } = source;
  const secrets = sharedSecrets(source.verify);
  return {
    source,
    verify: createSourceVerifier(source.verify, fetch),
    map: createMapping(source),
    keep: createKeep(source),
    copyTo: createCopyTo(source),
    requireHttps,
    isAllowed: allowFrom && createAddressList(allowFrom),
    takeOne: rateLimit && createRateLimiter(rateLimit),
    turnLimit: turnsPerHour === undefined ? undefined : toTurnLimit(name, turnsPerHour),
    readOwn: createOwnReader(source),
    jobs: createJobIds(name, secrets.length > 0 ? secrets : [jobKey]),
  };
}

/** A desk whose automation answers each comment of ours with one of its own would go on for ever. */
function toTurnLimit(name: string, perHour: number): NonNullable<Receiver['turnLimit']> {
  return {
    perHour,
    refusal: `webhooks.${name}.turnsPerHour: ${perHour} events of this conversation were answered within an hour`,
  };
}
