import { createHash } from 'node:crypto';
import { describeError, ModelError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Moderator } from '../model/moderate.ts';
import { createRuleCheck, type ModerationRules } from './moderation-rules.ts';

export type ModerationSource = 'endpoint' | 'rules';

export interface ModerationOptions {
  /** By what each is checked; by nothing: not at all. */
  readonly input: readonly ModerationSource[];
  readonly output: readonly ModerationSource[];
  readonly rules: ModerationRules;
  /** What becomes of a text that the endpoint gives no verdict on. */
  readonly onFailure: 'refuse' | 'allow';
  readonly endpoint: Moderator;
  readonly log: Log;
}

/**
 * What each text is flagged for, in their order; undefined where it may pass. Rejects with a ModelError where there is no verdict, and nothing may pass
 * without one.
 */
export type Check = (texts: readonly string[], signal: AbortSignal) => Promise<readonly (string | undefined)[]>;

export interface Moderation {
  /** Undefined where what people write is not checked. */
  readonly input: Check | undefined;
  /** Undefined where answers are not checked. */
  readonly output: Check | undefined;
}

/** Texts that were checked and may pass: what stands in a conversation is not asked about again at each turn. */
const mostKnown = 20_000;

export function createModeration(options: ModerationOptions): Moderation {
  const byRules = createRuleCheck(options.rules);
  const endpoint = rememberPassed(options.endpoint);

  async function askEndpoint(texts: readonly string[], signal: AbortSignal): Promise<readonly (string | undefined)[]> {
    try {
      return await endpoint(texts, signal);
    } catch (error) {
      if (!(error instanceof ModelError) || options.onFailure === 'refuse') throw error;
      options.log.warn('a text passes unchecked: the moderation endpoint failed', { error: describeError(error) });
      return texts.map(() => undefined);
    }
  }

  function checkBy(sources: readonly ModerationSource[]): Check | undefined {
    if (sources.length === 0) return undefined;
    return async (texts, signal) => {
      const flags = texts.map((text) => (sources.includes('rules') ? byRules(text) : undefined));
      const left = sources.includes('endpoint') ? texts.filter((_, index) => flags[index] === undefined) : [];
      if (left.length === 0) return flags;
      const verdicts = (await askEndpoint(left, signal)).values();
      return flags.map((flag) => flag ?? verdicts.next().value);
    };
  }

  return { input: checkBy(options.input), output: checkBy(options.output) };
}

function rememberPassed(ask: Moderator): Moderator {
  const passed = new Set<string>();
  return async (texts, signal) => {
    const digests = texts.map((text) => createHash('sha256').update(text).digest('base64'));
    const isKnown = digests.map((digest) => passed.has(digest));
    const unknown = texts.filter((_, index) => !isKnown[index]);
    const verdicts = unknown.length > 0 ? (await ask(unknown, signal)).values() : [].values();
    return digests.map((digest, index) => {
      if (isKnown[index]) return undefined;
      const verdict = verdicts.next().value;
      if (verdict === undefined) remember(passed, digest);
      return verdict;
    });
  };
}

/** The oldest go first. */
function remember(passed: Set<string>, digest: string): void {
  passed.add(digest);
  if (passed.size <= mostKnown) return;
  const [oldest] = passed;
  if (oldest !== undefined) passed.delete(oldest);
}
