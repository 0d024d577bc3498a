import type { Clock } from '../clock.ts';
import type { Embedder } from '../embedding.ts';
import { describeError, ModelError } from '../errors.ts';
import type { Log } from '../log.ts';
import { nextDelay, type RetryPolicy } from '../retry.ts';
import type { KnowledgeStore, PassageVector, Unembedded } from '../store/knowledge-store.ts';

export interface BacklogOptions {
  readonly store: Pick<KnowledgeStore, 'listUnembedded' | 'saveVectors'>;
  readonly embedder: Embedder;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each batch that was kept. */
  readonly onSaved: () => Promise<void>;
}

/** Until the endpoint works again: nobody waits for it, and search by words goes on. */
const policy: RetryPolicy = { baseMs: 2_000, maxMs: 300_000, expiryMs: Infinity, maxAttempts: Infinity };
/** A text that the endpoint stumbles over each time looks like an outage at first. */
const suspiciousAttempt = 4;
/** What has to be mended by a person is not tried every second. */
const hopelessMs = 60_000;

/**
 * Makes the vectors of all passages that have none, batch by batch. Each batch is in the ledger before the next one is asked for: whatever
 * ends it, the next start goes on with what is missing. Rejects when it is aborted and when the ledger fails; an endpoint that fails is asked
 * again later, and a text that it refuses is left out until the next start.
 */
export async function embedBacklog(options: BacklogOptions, signal: AbortSignal): Promise<void> {
  const { store, embedder, log, onSaved } = options;
  const { name: model, batchSize } = embedder;
  const embed = createPatience(options, signal);
  let made = 0;
  for (let after = 0; ;) {
    signal.throwIfAborted();
    const passages = await store.listUnembedded({ model, after, limit: batchSize });
    const last = passages.at(-1);
    if (!last) break;
    const vectors = await embed(passages);
    made += await store.saveVectors({ model, vectors });
    await onSaved();
    after = last.at;
  }
  if (made > 0) log.info('passages embedded', { model, passages: made });
}

/** With its heading: a passage often does not repeat what it is about. */
function toEmbeddedText({ heading, text }: Pick<Unembedded, 'heading' | 'text'>): string {
  return heading === '' ? text : `${heading}\n${text}`;
}

function createPatience({ embedder, clock, log }: BacklogOptions, signal: AbortSignal) {
  let hasWorked = embedder.isLocal;

  /** Without those that are refused by themselves. */
  async function embed(passages: readonly Unembedded[], attempt: number): Promise<readonly PassageVector[]> {
    try {
      const vectors = await embedder.embed(passages.map(toEmbeddedText), signal);
      hasWorked = true;
      return passages.flatMap((passage, index) => toPassageVector(passage, vectors[index]));
    } catch (error) {
      if (!(error instanceof ModelError) || !mayBeTheText(error, attempt)) throw error;
      if (!hasWorked || !error.ofRequest) await embedder.embed(['hello'], signal); // Rejects where no text is to blame.
      if (passages.length > 1) {
        const middle = Math.ceil(passages.length / 2);
        return [...(await embed(passages.slice(0, middle), attempt)), ...(await embed(passages.slice(middle), attempt))];
      }
      const { source, position } = passages[0] ?? {};
      log.warn('a passage is not embedded: the endpoint refuses it', { source, position, error: describeError(error) });
      return [];
    }
  }

  return async function embedPatiently(passages: readonly Unembedded[]): Promise<readonly PassageVector[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await embed(passages, attempt);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ModelError)) throw error;
        const { retryable, retryAfterMs } = error;
        const delay = nextDelay(policy, { attempt, firstDueAt: clock.now(), retryAfterMs }, clock) ?? policy.maxMs;
        const waitMs = retryable ? delay : Math.max(delay, hopelessMs);
        const fields = { model: embedder.name, retryInMs: waitMs, error: describeError(error) };
        if (attempt === 1) log.warn('passages cannot be embedded now: they are found by their words only', fields);
        else log.debug('passages cannot be embedded yet', fields);
        await clock.sleep(waitMs, signal);
      }
    }
  };
}

function mayBeTheText({ ofRequest, retryable, retryAfterMs }: ModelError, attempt: number): boolean {
  return ofRequest || (retryable && retryAfterMs === undefined && attempt >= suspiciousAttempt);
}

function toPassageVector({ at, hash, position }: Unembedded, vector: Float32Array | undefined): readonly PassageVector[] {
  return vector ? [{ at, hash, position, vector }] : [];
}
