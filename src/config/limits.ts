import { z } from 'zod';
import { count, setting, text } from './setting.ts';

const scopes = { person: 'one person', channel: 'one channel', tenant: 'one workspace, server or source' } as const;
const everybody = { overall: 'everybody together', ...scopes } as const;

const messageWindows = { minute: '5', hour: '60', day: '300' } as const;

function messagesOf(whose: string) {
  const fields = Object.entries(messageWindows).map(([per, example]) => {
    const description = `How many questions of ${whose} are answered within any ${per}.`;
    return [per, setting(count.max(1_000_000).optional(), { description, example })] as const;
  });
  return z.strictObject(toShape(fields)).prefault({});
}

const tokenPeriods = { day: '200000', month: '2000000' } as const;

function tokensOf(whose: string) {
  const fields = Object.entries(tokenPeriods).map(([per, example]) => {
    const description = `How many tokens, read and written, answers to ${whose} take in a ${toUtc(per)}.`;
    return [per, setting(count.max(1e12).optional(), { description, example })] as const;
  });
  return z.strictObject(toShape(fields)).prefault({});
}

const moneyPeriods = { day: '5', month: '80' } as const;

function moneyOf(whose: string) {
  const fields = Object.entries(moneyPeriods).map(([per, example]) => {
    const description = `What answers to ${whose} cost in a ${toUtc(per)}, by limits.prices.`;
    return [per, setting(z.number().min(0.000_001).max(1e9).optional(), { description, example })] as const;
  });
  return z.strictObject(toShape(fields)).prefault({});
}

function toUtc(per: string): string {
  return per === 'day' ? 'day (UTC)' : 'calendar month (UTC)';
}

function toShape<Key extends string, Field>(fields: readonly (readonly [Key, Field])[]): { [K in Key]: Field } {
  return Object.fromEntries(fields) as { [K in Key]: Field }; // of just these pairs
}

/** A section for each scope; `make` describes whose limit it is. */
function perScope<Scope extends string, Section>(of: Readonly<Record<Scope, string>>, make: (whose: string) => Section) {
  return toShape(Object.entries<string>(of).map(([scope, whose]) => [scope as Scope, make(whose)] as const));
}

const perMillion = z.number().min(0).max(1e6);

const price = z.strictObject({
  input: setting(perMillion, { description: 'What a million tokens cost that the model reads.', example: '0.25' }),
  cachedInput: setting(perMillion.optional(), {
    description: 'What they cost where the provider had kept them from before.',
    example: '0.025',
    defaultNote: 'that of `input`',
  }),
  output: setting(perMillion, { description: 'What a million tokens cost that the model writes.', example: '2' }),
});

export const limits = z
  .strictObject({
    messages: z.strictObject(perScope(scopes, messagesOf)).prefault({}),
    tokens: z.strictObject(perScope(everybody, tokensOf)).prefault({}),
    money: z.strictObject(perScope(everybody, moneyOf)).prefault({}),
    currency: setting(text.regex(/^\S{1,8}$/u, 'must be a word of 8 characters at most').default('USD'), {
      description: 'What money is counted in: a label, nothing is converted.',
      example: 'EUR',
    }),
    prices: z
      .record(z.string().regex(/^[A-Za-z0-9][^\r\n]{0,199}$/, 'must be the name of a model, as its endpoint knows it'), price)
      .default({}),
  })
  .prefault({});

export type LimitSettings = z.output<typeof limits>;
