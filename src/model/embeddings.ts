import type { Embedder } from '../embedding.ts';
import { ModelError } from '../errors.ts';
import { type AiModelOptions, type ModelParts, toOpenAiOptions } from './endpoints.ts';
import { createSend, type OpenAiModelOptions } from './openai.ts';
import { createCall } from './openai/call.ts';
import type { Send } from './openai/check.ts';
import { type Endpoint, openAiSettings, toConnectionError, toFailure, toModelError } from './openai/failure.ts';
import { toVectors } from './openai/vectors-of.ts';
import { estimateTokens } from './tokens.ts';

export interface EmbeddingOptions {
  /** `openai` or one of the providers. */
  readonly provider: string;
  readonly model: string;
  readonly dimensions?: number | undefined;
  readonly batchSize: number;
  /** Longer texts are cut. */
  readonly maxInputTokens: number;
  readonly minSimilarity: number;
}

/**
 * Any endpoint that speaks the Embeddings API, by the official SDK, with the address, key and times of a provider of models.
 * https://platform.openai.com/docs/api-reference/embeddings/create
 */
export async function createEmbedder(
  embeddings: EmbeddingOptions,
  { model, ...parts }: ModelParts & { readonly model: Pick<AiModelOptions, 'openai' | 'providers'> },
): Promise<Embedder> {
  const { provider, dimensions, batchSize, maxInputTokens, minSimilarity } = embeddings;
  const options = { ...toOpenAiOptions(provider, model, { ...parts, patience: {} }), model: embeddings.model };
  const { clock, idleTimeoutMs = 30_000, timeoutMs = 120_000 } = options;
  const endpoint = toEndpoint(options);
  const { host, settings } = endpoint;
  const post = createRequest(embeddings, await createSend(options, timeoutMs));

  return {
    name: [provider, embeddings.model, ...(dimensions === undefined ? [] : [dimensions])].join(' '),
    ...{ minSimilarity, batchSize },
    isLocal: false,
    async embed(texts, signal) {
      signal.throwIfAborted();
      const call = createCall({ clock, host, section: settings.section, idleTimeoutMs, timeoutMs }, signal);
      try {
        const response = await post(
          texts.map((text) => cut(text, maxInputTokens)),
          call,
        );
        call.touch();
        const body: unknown = JSON.parse(await call.wait(response.text()));
        return toVectors(body, { count: texts.length, dimensions }, endpoint);
      } catch (error) {
        signal.throwIfAborted();
        throw toError(error, endpoint, options);
      } finally {
        call.close();
      }
    },
  };
}

function toEndpoint({ baseUrl, model, apiKey, tokens, settings = openAiSettings }: OpenAiModelOptions): Endpoint {
  return {
    host: new URL(baseUrl).host,
    model,
    settings: { ...settings, model: 'knowledge.embeddings.model' },
    get apiKey() {
      return tokens ? tokens.newest : apiKey;
    },
  };
}

/** In base64, which is a quarter of the size to read, until the endpoint says that it knows nothing of that. */
function createRequest({ model, dimensions }: EmbeddingOptions, send: Send) {
  let format: 'base64' | 'float' = 'base64';
  return async function post(input: readonly string[], call: Parameters<Send>[1]): Promise<Response> {
    const asked = format;
    const body = JSON.stringify({ model, input, encoding_format: asked, ...(dimensions !== undefined && { dimensions }) });
    try {
      return await send({ path: '/embeddings', body }, call);
    } catch (error) {
      if (asked === 'float' || !refusesFormat(error)) throw error;
      format = 'float';
      return post(input, call);
    }
  };
}

function refusesFormat(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { status = 0, detail = '' } = toFailure(error);
  return [400, 422, 500, 501].includes(status) && /encoding_format|base64/i.test(detail);
}

function toError(error: unknown, endpoint: Endpoint, { clock }: OpenAiModelOptions): ModelError {
  if (error instanceof ModelError) return error;
  if (error instanceof SyntaxError)
    return new ModelError({ message: `${endpoint.host} sent something other than JSON.`, retryable: true });
  const failure = toFailure(error, clock);
  return failure.status === undefined ? toConnectionError(error, endpoint) : toModelError(failure, endpoint);
}

/** By the estimate, which is on the safe side: every model counts its tokens in another way. */
function cut(text: string, maxTokens: number): string {
  let end = text.length;
  while (end > 1 && estimateTokens(text.slice(0, end)) > maxTokens) end = Math.floor(end * 0.9);
  return text.slice(0, end).toWellFormed();
}
