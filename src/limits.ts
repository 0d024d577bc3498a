/** What may be asked, and what answers may take. Days and months are those of UTC; money is in millionths of the currency. */
export type LimitScope = 'overall' | 'tenant' | 'channel' | 'person';

/** So many messages within any time of this length. */
export interface MessageLimit {
  /** Its key in the configuration, as in `limits.messages.person.minute`. */
  readonly name: string;
  readonly scope: LimitScope;
  readonly per: 'minute' | 'hour' | 'day';
  readonly most: number;
}

/** So many tokens, or so much money, in each day or calendar month. */
export interface BudgetLimit {
  readonly name: string;
  readonly scope: LimitScope;
  readonly unit: 'tokens' | 'money';
  readonly per: 'day' | 'month';
  readonly most: number;
}

/** Whom a turn counts for: who asked last in it, and where. */
export interface LimitParty {
  readonly adapter: string;
  readonly tenant: string;
  readonly channel: string;
  readonly person: string;
}

/** What model calls take, input and output together. */
export interface Amount {
  readonly tokens: number;
  readonly micros: number;
}

export const nothing: Amount = { tokens: 0, micros: 0 };

export function sumOf(one: Amount, other: Amount): Amount {
  return { tokens: one.tokens + other.tokens, micros: one.micros + other.micros };
}

/** Per million tokens, in the currency of the configuration: so a token costs as many millionths. */
export interface Price {
  readonly input: number;
  /** Of input that the provider had kept from before. That of input where it is left out. */
  readonly cachedInput?: number | undefined;
  readonly output: number;
}

export interface PricedTokens {
  readonly inputTokens: number;
  /** Of the input tokens. */
  readonly cachedTokens?: number | undefined;
  readonly outputTokens: number;
}

/** What one call can count for at most, whatever an endpoint reports: sums of it stay far from where SQLite's integers end. */
const highest: Amount = { tokens: 1e9, micros: 1e12 };

/** Rounded up to a millionth. What has no price costs nothing. */
export function toAmount({ inputTokens, cachedTokens = 0, outputTokens }: PricedTokens, price: Price | undefined): Amount {
  const tokens = Math.min(inputTokens + outputTokens, highest.tokens);
  if (!price) return { tokens, micros: 0 };
  const cached = Math.min(cachedTokens, inputTokens);
  const cost = (inputTokens - cached) * price.input + cached * (price.cachedInput ?? price.input) + outputTokens * price.output;
  // Without the first rounding, 0.07 times 100 would be a millionth more than 7.
  return { tokens, micros: Math.min(Math.ceil(Number(cost.toFixed(6))), highest.micros) };
}

/** A model's price by its name as the ledger has it (`openai gpt-5.4-mini`), or by its own name alone. */
export function priceOf(prices: Readonly<Record<string, Price>>, name: string): Price | undefined {
  const own = name.slice(name.indexOf(' ') + 1);
  for (const key of [name, own]) if (Object.hasOwn(prices, key)) return prices[key];
  return undefined;
}

export const windowMs: { readonly [Per in MessageLimit['per']]: number } = {
  minute: 60_000,
  hour: 60 * 60_000,
  day: 24 * 60 * 60_000,
};

export interface Period {
  /** Days since 1970, UTC. */
  readonly firstDay: number;
  /** ms since 1970: when the next one begins. */
  readonly end: number;
}

/** The day or the calendar month in which this moment is. */
export function periodAt(now: number, per: BudgetLimit['per']): Period {
  const date = new Date(now);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const [first, end] =
    per === 'day'
      ? [Date.UTC(year, month, day), Date.UTC(year, month, day + 1)]
      : [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)];
  return { firstDay: first / windowMs.day, end };
}

/** What a scope counts by: texts that are empty where they tell nothing apart. */
export interface LimitSubject {
  readonly scope: LimitScope;
  readonly adapter: string;
  readonly tenant: string;
  /** The channel or the person, by the platform's id. */
  readonly subject: string;
}

export function subjectOf(scope: LimitScope, { adapter, tenant, channel, person }: LimitParty): LimitSubject {
  if (scope === 'overall') return { scope, adapter: '', tenant: '', subject: '' };
  if (scope === 'tenant') return { scope, adapter, tenant, subject: '' };
  return { scope, adapter, tenant, subject: scope === 'channel' ? channel : person };
}
