import { priceOf } from '../limits.ts';
import type { Conflict } from './conflict.ts';
import { toOwnModel } from './own-model.ts';
import { placeVoices, toModelChoices } from './place-voice.ts';
import { toLimits } from './resolve-limits.ts';
import type { Settings } from './schema.ts';

interface UsedModel {
  /** `openai`, or one of model.providers. */
  readonly provider: string;
  readonly name: string;
  /** As the ledger has it. */
  readonly fullName: string;
  readonly maxOutputTokens: number | undefined;
}

/** Limits that could not be kept: nobody knows what an answer costs, or how long it gets. */
export function checkLimits({ limits, model, slack, discord }: Partial<Settings>): Conflict[] {
  if (!limits || !model) return [];
  const { budgets } = toLimits(limits);
  const [budget] = budgets;
  if (!budget) return [];
  const used = usedModels({ model, slack, discord });
  const money = budgets.find(({ unit }) => unit === 'money');
  return [
    ...unique(used.filter(({ maxOutputTokens }) => maxOutputTokens === undefined).map(({ provider }) => provider)).map(
      (provider) => ({
        path:
          provider === 'openai' ? ['model', 'openai', 'maxOutputTokens'] : ['model', 'providers', provider, 'maxOutputTokens'],
        what: `is missing: ${budget.name} is kept by reserving the longest answer before it is asked for`,
        example: `maxOutputTokens: 2000`,
      }),
    ),
    ...(money ? unpriced(used, limits.prices, money.name) : []),
  ];
}

function unpriced(used: readonly UsedModel[], prices: Settings['limits']['prices'], limit: string): Conflict[] {
  const names = used.filter(({ fullName }) => !priceOf(prices, fullName)).map(({ name }) => name);
  return unique(names).map((name) => ({
    path: ['limits', 'prices', name],
    what: `is missing: ${limit} needs to know what answers of this model cost`,
    example: `limits: { prices: { ${JSON.stringify(name)}: { input: 0.25, output: 2 } } }`,
  }));
}

/** Who may answer: everywhere, instead of that, and in single places. */
function usedModels({
  model,
  slack,
  discord,
}: Pick<Partial<Settings>, 'slack' | 'discord'> & Pick<Settings, 'model'>): UsedModel[] {
  const places = slack && discord ? [...placeVoices({ slack, discord }).values()].map((voice) => voice.model) : [];
  const choices = [slack, discord].flatMap((platform) => (platform ? toModelChoices(platform) : []));
  const own = unique([...places, ...choices].filter((name) => name !== undefined));
  return [model, ...own.map((name) => toOwnModel(model, name))].flatMap(membersOf);
}

function membersOf({ provider, fallback, openai, providers }: Settings['model']): UsedModel[] {
  return [provider, ...fallback].flatMap((name) => {
    const settings = name === 'openai' ? openai : providers[name];
    if (!settings) return [];
    const { model, maxOutputTokens } = settings;
    // As the model calls itself: see openai.ts and endpoints.ts.
    const { host } = new URL(openai.baseUrl);
    const where = name !== 'openai' || host === 'api.openai.com' ? name : host;
    return [{ provider: name, name: model === '' ? name : model, fullName: `${where} ${model}`.trim(), maxOutputTokens }];
  });
}

function unique<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}
