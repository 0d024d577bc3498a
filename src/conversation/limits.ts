import type { BudgetLimit, MessageLimit, Price } from '../limits.ts';
import type { LimitStore } from '../store/limit-store.ts';

/** What people may ask, and what answers may take. Without it nothing is counted and nothing asked. */
export interface TurnLimits {
  readonly store: Pick<LimitStore, 'admitMessages' | 'reserve'>;
  readonly messages: readonly MessageLimit[];
  readonly budgets: readonly BudgetLimit[];
  /** By names of models: see priceOf. */
  readonly prices: Readonly<Record<string, Price>>;
}
