import { LimitError, ModelError } from '../errors.ts';
import { nothing, priceOf, sumOf, toAmount, type Amount, type LimitParty } from '../limits.ts';
import type { Model, ModelEvent, ModelRequest } from '../model/model.ts';
import { countRequest } from '../model/tokens.ts';
import type { Spending } from '../store/limit-store.ts';
import type { ClaimedTurn } from '../store/store.ts';
import { partyOf } from './admission.ts';
import type { TurnLimits } from './limits.ts';

/** What the model calls of one turn take. */
export interface Meter {
  /** The model, which is not asked before what it may take is reserved. `generate` rejects with a LimitError where there is no room. */
  around(model: Model): Model;
  /** What is to be settled with the end of the attempt. Asked for once, when the last call is over. */
  spent(): Spending['spent'];
}

/** Where a model is told no limit: the built-in one, whose answers are short. */
const assumedAnswerTokens = 1_000;

export function createMeter(
  limits: TurnLimits | undefined,
  turn: ClaimedTurn,
  countTokens: (text: string) => number,
): Meter | undefined {
  if (!limits) return undefined;
  const { store, budgets, prices } = limits;
  if (budgets.length === 0 && Object.keys(prices).length === 0) return undefined;
  const party = partyOf(turn);
  return party && createTurnMeter({ store, budgets, prices, party, turn, countTokens });
}

interface MeterParts extends Pick<TurnLimits, 'store' | 'budgets' | 'prices'> {
  readonly party: LimitParty;
  readonly turn: ClaimedTurn;
  readonly countTokens: (text: string) => number;
}

function createTurnMeter({ store, budgets, prices, party, turn, countTokens }: MeterParts): Meter {
  let unsettled = nothing;
  let calls = 0;

  async function reserve(model: Model, inputTokens: number): Promise<void> {
    const spent = unsettled;
    const amount = toReserved(model, inputTokens, prices);
    const { owner, conversationId, token, turnId } = turn;
    const common = { owner, conversationId, token, turnId, party, limits: budgets };
    const result = await store.reserve({ ...common, amount, spent });
    if (result.status === 'stale') throw leaseLost();
    unsettled = nothing;
    if (result.status === 'refused') throw new LimitError({ ...result, told: result.told && calls === 1 });
  }

  async function* generate(model: Model, request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const inputTokens = countRequest(request, countTokens);
    calls += 1;
    if (budgets.length > 0) await reserve(model, inputTokens);
    const onSpent = (amount: Amount): void => void (unsettled = sumOf(unsettled, amount));
    yield* generateCounted(model, request, { prices, countTokens, onSpent, signal });
  }

  return {
    around: (model) => ({ ...model, generate: (request, signal) => generate(model, request, signal) }),
    spent: () => ({ ...unsettled, party }),
  };
}

interface Counting extends Pick<TurnLimits, 'prices'> {
  readonly countTokens: (text: string) => number;
  /** Called once for a call that has cost something, whatever became of it. */
  readonly onSpent: (amount: Amount) => void;
  readonly signal: AbortSignal;
}

/** One call of the model. */
export async function* generateCounted(
  model: Model,
  request: ModelRequest,
  { prices, countTokens, onSpent, signal }: Counting,
): AsyncGenerator<ModelEvent> {
  let written = '';
  let answered = false;
  let begun = false;
  try {
    for await (const event of model.generate(request, signal)) {
      begun = true;
      if (event.type === 'text') written += event.text;
      if (event.type === 'done') {
        answered = true;
        onSpent(toAmount(event.usage, priceOf(prices, event.model ?? model.name)));
      }
      yield event;
    }
  } finally {
    // What a provider was asked and did not finish is paid for as far as it came. A call that it refused is not.
    if (!answered && (begun || signal.aborted)) {
      const usage = { inputTokens: countRequest(request, countTokens), outputTokens: countTokens(written) };
      onSpent(toAmount(usage, priceOf(prices, (model.members?.[0] ?? model).name)));
    }
  }
}

/** Whoever has it now carries on: this attempt comes to nothing. */
function leaseLost(): ModelError {
  return new ModelError({ message: 'The lease was lost before the model was asked.', retryable: true });
}

/** The longest answer, by the dearest of those who may give it. */
function toReserved(model: Model, inputTokens: number, prices: TurnLimits['prices']): Amount {
  const amounts = (model.members ?? [model]).map(({ name, answerTokens: outputTokens = assumedAnswerTokens }) =>
    toAmount({ inputTokens, outputTokens }, priceOf(prices, name)),
  );
  return {
    tokens: Math.max(...amounts.map(({ tokens }) => tokens)),
    micros: Math.max(...amounts.map(({ micros }) => micros)),
  };
}
