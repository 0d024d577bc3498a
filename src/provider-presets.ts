/**
 * What is known of AI providers that speak the Chat Completions API: where they are, and how they differ.
 * A gap in an address, as `{region}`, is a setting of the provider by that name.
 */
export interface ProviderPreset {
  readonly baseUrl: string;
  /** Whether it answers nobody without a key or token. */
  readonly needsKey: boolean;
  /** The name under which it knows the output limit. */
  readonly maxTokensParam: 'max_completion_tokens' | 'max_tokens';
  /** Above this it refuses the request, or quietly takes this instead. */
  readonly maxTemperature: number;
  /** Whether it takes tools as it is set up unless somebody changes that. */
  readonly takesTools: boolean;
  /** What the setting `model` names there, where that is not obvious. */
  readonly modelHint?: string;
}

const hosted = { needsKey: true, maxTokensParam: 'max_tokens', maxTemperature: 2, takesTools: true } as const;
const local = { ...hosted, needsKey: false } as const;

/** Sources: the providers' pages on OpenAI compatibility. */
export const providerPresets = {
  openai: { ...hosted, baseUrl: 'https://api.openai.com/v1', maxTokensParam: 'max_completion_tokens' },
  azure: {
    ...hosted,
    baseUrl: 'https://{resource}.openai.azure.com/openai/v1',
    maxTokensParam: 'max_completion_tokens',
    modelHint: 'the name of the deployment',
  },
  anthropic: { ...hosted, baseUrl: 'https://api.anthropic.com/v1', maxTemperature: 1 },
  gemini: { ...hosted, baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai' },
  vertex: {
    ...hosted,
    baseUrl: 'https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}/endpoints/openapi',
    modelHint: 'publisher and model, as in google/gemini-3-flash',
  },
  bedrock: { ...hosted, baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com/openai/v1' },
  sagemaker: {
    ...hosted,
    baseUrl: 'https://runtime.sagemaker.{region}.amazonaws.com/endpoints/{endpoint}/openai/v1',
    takesTools: false,
    modelHint: 'what the container serves; vLLM wants it empty',
  },
  huggingface: {
    ...hosted,
    baseUrl: 'https://router.huggingface.co/v1',
    modelHint: 'organisation, model and provider, as in org/name:provider',
  },
  mistral: { ...hosted, baseUrl: 'https://api.mistral.ai/v1', maxTemperature: 1.5 },
  groq: { ...hosted, baseUrl: 'https://api.groq.com/openai/v1', maxTokensParam: 'max_completion_tokens' },
  openrouter: {
    ...hosted,
    baseUrl: 'https://openrouter.ai/api/v1',
    modelHint: 'provider and model, as in mistralai/mistral-small',
  },
  ollama: { ...local, baseUrl: 'http://localhost:11434/v1' },
  /** Refuses tools unless it is started with --enable-auto-tool-choice and a parser for the model. */
  vllm: { ...local, baseUrl: 'http://localhost:8000/v1', takesTools: false },
  lmstudio: { ...local, baseUrl: 'http://localhost:1234/v1' },
  /** Takes them only when it is started with --jinja. */
  llamacpp: { ...local, baseUrl: 'http://localhost:8080/v1', takesTools: false },
  /** Any other endpoint that speaks the API: its address is a setting. */
  custom: { ...local, baseUrl: '{baseUrl}' },
} as const satisfies Readonly<Record<string, ProviderPreset>>;

export type ProviderName = keyof typeof providerPresets;

export const providerNames = Object.keys(providerPresets) as readonly ProviderName[]; // its own keys, in order

export interface ProviderPlace {
  readonly preset: ProviderName;
  /** In place of the preset's. */
  readonly baseUrl?: string | undefined;
  readonly resource?: string | undefined;
  readonly region?: string | undefined;
  readonly project?: string | undefined;
  readonly endpoint?: string | undefined;
}

type Gap = Exclude<keyof ProviderPlace, 'preset'>;

/** The settings without which the address has gaps. */
export function missingInAddress(place: ProviderPlace): readonly Gap[] {
  if (place.baseUrl !== undefined) return [];
  return gapsOf(place.preset).filter((gap) => place[gap] === undefined);
}

/** The address of the endpoint. Throws a RangeError where `missingInAddress` names something. */
export function toBaseUrl(place: ProviderPlace): string {
  const [missing] = missingInAddress(place);
  if (missing !== undefined) throw new RangeError(`The address of ${place.preset} needs ${missing}.`);
  let address: string = place.baseUrl ?? providerPresets[place.preset].baseUrl;
  if (place.baseUrl === undefined) {
    for (const gap of gapsOf(place.preset)) address = address.replaceAll(`{${gap}}`, encodeURIComponent(place[gap] ?? ''));
  }
  return address;
}

function gapsOf(preset: ProviderName): readonly Gap[] {
  const { baseUrl } = providerPresets[preset];
  const names = [...baseUrl.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as Gap); // only settings of a place stand there
  return [...new Set(names)];
}
