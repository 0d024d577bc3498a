import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { providerPresets, toBaseUrl, type ProviderPlace } from '../provider-presets.ts';
import { limitConcurrency } from './concurrency.ts';
import { createFallbackModel } from './fallback.ts';
import type { Model } from './model.ts';
import { createOpenAiModel, type OpenAiModelOptions } from './openai.ts';
import { createTokenCommand } from './openai/token-command.ts';

/** How one provider is asked, by whoever configures it. */
export interface EndpointOptions extends Pick<
  OpenAiModelOptions,
  'model' | 'temperature' | 'maxOutputTokens' | 'maxTokensParam' | 'tools'
> {
  readonly apiKey?: string | undefined;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  readonly idleTimeoutSeconds: number;
  readonly timeoutSeconds: number;
}

export interface ProviderOptions extends EndpointOptions, ProviderPlace {
  readonly tokenCommand?: readonly string[] | undefined;
  readonly tokenMinutes: number;
  /** As in `Name: value`. */
  readonly headers: readonly string[];
  readonly concurrency?: number | undefined;
}

/** Who answers, and who does where that one does not. */
export interface AiModelOptions {
  /** `openai` or one of `providers`. */
  readonly provider: string;
  readonly fallback: readonly string[];
  readonly openai: EndpointOptions & { readonly baseUrl: string };
  readonly providers: Readonly<Record<string, ProviderOptions>>;
}

export interface ModelParts {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly log: Log;
  /** Stands around the model of each provider, by its name. */
  readonly around?: ((provider: string, model: Model) => Model) | undefined;
}

/** The AI model that the configuration names. What one provider is given never reaches another: each has a client of its own. */
export async function createAiModel(options: AiModelOptions, parts: ModelParts): Promise<Model> {
  const names = [options.provider, ...options.fallback];
  const patience = names.length > 1 ? { patienceMs: shortPatienceMs } : {};
  const { around = (_, model) => model } = parts;
  const create = async (name: string): Promise<Model> => around(name, await createMember(name, options, { ...parts, patience }));
  const models = await Promise.all(names.map(create));
  const [only] = models;
  return only && models.length === 1 ? only : createFallbackModel(models, parts);
}

/** Where another one can answer, nobody waits long until this one may. */
const shortPatienceMs = 2_000;

interface MemberParts extends ModelParts {
  readonly patience: { readonly patienceMs?: number };
}

async function createMember(name: string, options: AiModelOptions, parts: MemberParts): Promise<Model> {
  const created = await createOpenAiModel(toOpenAiOptions(name, options, parts));
  const concurrency = options.providers[name]?.concurrency;
  return name === 'openai' || concurrency === undefined ? created : limitConcurrency(created, concurrency);
}

/** What a client for the endpoint of `openai` or of one of `providers` is made of. */
export function toOpenAiOptions(
  name: string,
  { openai, providers }: Pick<AiModelOptions, 'openai' | 'providers'>,
  { patience, ...parts }: MemberParts,
): OpenAiModelOptions {
  if (name === 'openai') {
    const { idleTimeoutSeconds, timeoutSeconds, requestsPerMinute, tokensPerMinute, apiKey, ...rest } = openai;
    const rate = { requestsPerMinute, tokensPerMinute, ...patience };
    return { ...parts, ...rest, apiKey, rate, ...toMs({ idleTimeoutSeconds, timeoutSeconds }) };
  }
  const provider = providers[name];
  if (!provider) throw new RangeError(`There is no model provider ${name}.`);
  return toProviderOptions(name, provider, { ...parts, patience });
}

function toProviderOptions(name: string, provider: ProviderOptions, { patience, ...parts }: MemberParts): OpenAiModelOptions {
  const { preset, apiKey, model, headers, temperature, maxOutputTokens, tokenCommand: command } = provider;
  const { requestsPerMinute, tokensPerMinute } = provider;
  const section = `model.providers.${name}`;
  const { clock } = parts;
  const lifetimeMs = provider.tokenMinutes * 60_000;
  return {
    ...parts,
    ...{ apiKey, model, headers: toHeaders(headers), temperature, maxOutputTokens, name: `${name} ${model}`.trim() },
    ...toMs(provider),
    rate: { requestsPerMinute, tokensPerMinute, ...patience },
    baseUrl: toBaseUrl(provider),
    maxTokensParam: provider.maxTokensParam ?? providerPresets[preset].maxTokensParam,
    tools: provider.tools ?? providerPresets[preset].takesTools,
    tokens: command && createTokenCommand({ command, lifetimeMs, clock, setting: `${section}.tokenCommand` }),
    settings: {
      section,
      apiKey: `${section}.${command ? 'tokenCommand' : 'apiKey'}`,
      baseUrl: `${section}.${provider.baseUrl === undefined ? 'preset' : 'baseUrl'}`,
      model: `${section}.model`,
    },
  };
}

function toHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
}

function toMs({ idleTimeoutSeconds, timeoutSeconds }: Pick<EndpointOptions, 'idleTimeoutSeconds' | 'timeoutSeconds'>) {
  return { idleTimeoutMs: idleTimeoutSeconds * 1_000, timeoutMs: timeoutSeconds * 1_000 };
}
