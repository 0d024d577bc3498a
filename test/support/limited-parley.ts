import type { TestContext } from 'node:test';
import type { BudgetLimit } from '../../src/limits.ts';
import { createToolbox, type Toolbox } from '../../src/tools/toolbox.ts';
import { createTestModel, done, type Answer } from './test-model.ts';
import { createTestParley, type TestParley, type TestParleyOptions } from './test-parley.ts';

type Limits = Partial<NonNullable<TestParleyOptions['limits']>>;

/** The model answers with 20 tokens that it read and 10 that it wrote, by its own word, and may write 100. */
export async function startLimited(
  t: TestContext,
  limits: Limits,
  { answer = answers, ...options }: TestParleyOptions & { answer?: Answer } = {},
) {
  const model = { ...createTestModel(answer), answerTokens: 100 };
  const parley = createTestParley(t, { model, ...options, limits: { messages: [], budgets: [], prices: {}, ...limits } });
  await parley.start();
  return parley;
}

export async function* answers() {
  yield { type: 'text' as const, text: 'An answer.' };
  yield done('stop', { inputTokens: 20, outputTokens: 10, estimated: false });
}

export function tokensOf(most: number, scope: BudgetLimit['scope'] = 'overall'): BudgetLimit {
  return { name: `limits.tokens.${scope}.day`, scope, unit: 'tokens', per: 'day', most };
}

export async function useOf({ store }: TestParley, limit: BudgetLimit) {
  const [line] = await store.limitUse({ messages: [], budgets: [limit], limit: 1 });
  return line && { used: line.used, reserved: line.reserved };
}

/** No tool, but a server of tools that is away: so the model is asked again and again. */
export function createEmptyToolbox(): Toolbox {
  const limits = { steps: 8, callsPerStep: 4, callTimeoutMs: 5_000, totalMs: 20_000, resultLength: 500 };
  return createToolbox({
    tools: [],
    rules: [{ tools: ['*'] }],
    limits,
    servers: [{ name: 'away', isUp: false, tools: () => [], whenUp: () => new Promise(() => undefined) }],
  });
}
