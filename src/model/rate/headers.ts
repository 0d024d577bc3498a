/** What an endpoint says is left of a rate. */
export interface RateReport {
  readonly of: 'requests' | 'tokens';
  readonly remaining: number;
  /** Of how many. Undefined where it is not said. */
  readonly limit: number | undefined;
  /** Until all of it is there again. */
  readonly resetMs: number;
}

type ReadableHeaders = Pick<Headers, 'get'>;

/**
 * As OpenAI has them (`x-ratelimit-remaining-tokens: 149984`, `x-ratelimit-reset-tokens: 6m0s`), and with it Azure, Groq, Mistral and others; and as Anthropic
 * has them (`anthropic-ratelimit-tokens-remaining`, `-reset` with a date). What is no sensible number is left out: a header is no reason to wait for ever.
 * Sources: https://platform.openai.com/docs/guides/rate-limits, https://docs.anthropic.com/en/api/rate-limits.
 */
export function parseRateHeaders(headers: ReadableHeaders, now: number): readonly RateReport[] {
  return names.flatMap(({ of, limit, remaining, reset }) => {
    const left = toCount(headers.get(remaining));
    if (left === undefined) return [];
    const resetMs = toDelay(headers.get(reset), now);
    const most = toCount(headers.get(limit));
    if (resetMs === undefined || (most !== undefined && most < left)) return [];
    return [{ of, remaining: left, limit: most === 0 ? undefined : most, resetMs }];
  });
}

function openAi(of: 'requests' | 'tokens') {
  const name = (what: string): string => `x-ratelimit-${what}-${of}`;
  return { of, limit: name('limit'), remaining: name('remaining'), reset: name('reset') };
}

function anthropic(of: 'requests' | 'tokens', kind: string = of) {
  const name = (what: string): string => `anthropic-ratelimit-${kind}-${what}`;
  return { of, limit: name('limit'), remaining: name('remaining'), reset: name('reset') };
}

const names = [openAi('requests'), openAi('tokens'), anthropic('requests'), anthropic('tokens')];

function toCount(value: string | null): number | undefined {
  if (value === null || !/^\s*\d{1,12}\s*$/.test(value)) return undefined;
  return Number(value);
}

/** Rates are those of a minute, mostly, and of a day at most. */
const longestMs = 86_400_000;

const unitsMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** `1s`, `6m0s`, `2m59.56s`, `120ms`, seconds without a unit, or a date. */
function toDelay(value: string | null, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (text === '' || text.length > 40) return undefined;
  const ms = toMs(text) ?? Date.parse(text) - now;
  if (Number.isNaN(ms) || ms > longestMs) return undefined;
  return Math.max(ms, 0);
}

function toMs(text: string): number | undefined {
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) return Number(text) * 1_000;
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|[dhms]))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, number, unit = ''] of text.matchAll(/([\d.]+)(ms|[dhms])/g)) ms += Number(number) * (unitsMs[unit] ?? 0);
  return ms;
}
