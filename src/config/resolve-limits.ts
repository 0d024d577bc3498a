import type { BudgetLimit, LimitScope, MessageLimit } from '../limits.ts';
import type { LimitSettings } from './limits.ts';

export interface ConfiguredLimits {
  readonly messages: readonly MessageLimit[];
  readonly budgets: readonly BudgetLimit[];
}

const micros = 1_000_000;

/** The limits that are set, by their keys. */
export function toLimits({ messages, tokens, money }: Pick<LimitSettings, 'messages' | 'tokens' | 'money'>): ConfiguredLimits {
  return {
    messages: entriesOf<MessageLimit['per']>(messages).map(({ scope, per, most }) => ({
      name: `limits.messages.${scope}.${per}`,
      scope,
      per,
      most,
    })),
    budgets: [
      ...entriesOf<BudgetLimit['per']>(tokens).map(({ scope, per, most }) => ({
        name: `limits.tokens.${scope}.${per}`,
        ...{ scope, per, most, unit: 'tokens' as const },
      })),
      ...entriesOf<BudgetLimit['per']>(money).map(({ scope, per, most }) => ({
        name: `limits.money.${scope}.${per}`,
        ...{ scope, per, most: Math.round(most * micros), unit: 'money' as const },
      })),
    ],
  };
}

type Section<Per extends string> = { readonly [Scope in LimitScope]?: { readonly [Key in Per]?: number | undefined } };

function entriesOf<Per extends string>(section: Section<Per>) {
  return Object.entries(section).flatMap(([scope, of]) =>
    Object.entries<number | undefined>(of).flatMap(
      ([per, most]) => (most === undefined ? [] : [{ scope: scope as LimitScope, per: per as Per, most }]), // keys of Section
    ),
  );
}
