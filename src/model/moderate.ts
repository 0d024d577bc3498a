import { withTimeout, type Clock } from '../clock.ts';
import { ModelError } from '../errors.ts';
import { parseRetryAfter } from '../http-response.ts';
import { parseJson } from '../json.ts';

export interface ModeratorOptions {
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly model: string;
  /** Scores from 0 to 1 by category. Where there are any, these categories alone count, from these scores on. */
  readonly thresholds: Readonly<Record<string, number>>;
  readonly timeoutMs: number;
}

export interface ModeratorParts {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/** What each text is flagged for, in their order; undefined where it is not. Rejects with a ModelError where there is no verdict. */
export type Moderator = (texts: readonly string[], signal: AbortSignal) => Promise<readonly (string | undefined)[]>;

interface Piece {
  readonly text: string;
  /** Of which of the texts it is a part. */
  readonly of: number;
}

/** What is longer is checked in pieces, which overlap so that nothing hides where they meet. */
const longestPiece = 8_000;
const overlap = 200;
const piecesPerRequest = 32;
const publicMessage = 'The service that checks messages cannot be reached right now.';

/** Asks an endpoint as https://platform.openai.com/docs/api-reference/moderations/create describes it. */
export function createModerator(options: ModeratorOptions, { fetch, clock }: ModeratorParts): Moderator {
  const { apiKey, model, timeoutMs, thresholds } = options;
  const url = `${options.baseUrl.replace(/\/+$/, '')}/moderations`;
  const { host } = new URL(url);
  const headers = { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) };

  function failure(why: string, data: { readonly retryable: boolean; readonly retryAfterMs?: number | undefined }): ModelError {
    return new ModelError({
      message: `${host} did not check a text: ${why} (safety.moderation.endpoint).`,
      publicMessage,
      ...data,
    });
  }

  async function post(input: readonly string[], signal: AbortSignal): Promise<unknown> {
    const body = JSON.stringify({ model, input });
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    if (response.ok) return parseJson(await response.text());
    const { status } = response;
    await response.body?.cancel();
    const retryable = status === 408 || status === 425 || status === 429 || status >= 500;
    throw failure(`HTTP ${status}`, { retryable, retryAfterMs: parseRetryAfter(response, clock.now()) });
  }

  async function ask(input: readonly string[], signal: AbortSignal): Promise<readonly (string | undefined)[]> {
    const limit = withTimeout(clock, timeoutMs, signal);
    try {
      const verdicts = parseVerdicts(await post(input, limit.signal), thresholds);
      if (verdicts?.length === input.length) return verdicts;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ModelError) throw error;
      const why = limit.signal.aborted ? `no answer in ${timeoutMs} ms` : 'the connection failed';
      throw failure(why, { retryable: true });
    } finally {
      limit.clear();
    }
    throw failure('its answer is no verdict on every text', { retryable: true });
  }

  return async (texts, signal) => {
    const found: (string | undefined)[] = texts.map(() => undefined);
    const pieces = texts.flatMap(toPieces);
    for (let from = 0; from < pieces.length; from += piecesPerRequest) {
      const asked = pieces.slice(from, from + piecesPerRequest);
      const verdicts = await ask(
        asked.map(({ text }) => text),
        signal,
      );
      for (const [index, { of }] of asked.entries()) found[of] ??= verdicts[index];
    }
    return found;
  };
}

function toPieces(text: string, of: number): readonly Piece[] {
  if (text.trim() === '') return [];
  const pieces: Piece[] = [];
  for (let from = 0; from === 0 || from + overlap < text.length; from += longestPiece - overlap) {
    pieces.push({ text: text.slice(from, from + longestPiece).toWellFormed(), of });
  }
  return pieces;
}

/** Undefined where it is none. */
function parseVerdicts(answer: unknown, thresholds: ModeratorOptions['thresholds']): readonly (string | undefined)[] | undefined {
  const results = fieldOf(answer, 'results');
  if (!Array.isArray(results)) return undefined;
  const verdicts: (string | undefined)[] = [];
  for (const result of results) {
    const flagged = fieldOf(result, 'flagged');
    const scores = Object.entries(Object(fieldOf(result, 'category_scores'))).filter(isScore);
    if (typeof flagged !== 'boolean') return undefined;
    verdicts.push(
      Object.keys(thresholds).length > 0 ? overThreshold(scores, thresholds) : flaggedAs(result, { flagged, scores }),
    );
  }
  return verdicts;
}

type Score = readonly [category: string, score: number];

function isScore(entry: [string, unknown]): entry is [string, number] {
  return typeof entry[1] === 'number';
}

function overThreshold(scores: readonly Score[], thresholds: ModeratorOptions['thresholds']): string | undefined {
  return scores.find(([category, score]) => score >= (thresholds[category] ?? Number.POSITIVE_INFINITY))?.[0];
}

/** The category with the highest score of those that the endpoint names. */
function flaggedAs(result: unknown, { flagged, scores }: { readonly flagged: boolean; readonly scores: readonly Score[] }) {
  if (!flagged) return undefined;
  const categories = fieldOf(result, 'categories');
  const [highest] = scores
    .filter(([category]) => fieldOf(categories, category) === true)
    .toSorted(([, one], [, other]) => other - one);
  return toCategory(highest?.[0] ?? 'flagged');
}

/** It is recorded, counted and shown. */
function toCategory(name: string): string {
  return /^[\w/ -]{1,60}$/.test(name) ? name : 'flagged';
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}
