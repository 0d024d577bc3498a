import { toError } from './openai-emulator-protocol.ts';

export interface EmbeddingRequest {
  readonly model: string;
  readonly input: readonly string[];
  readonly encoding_format?: string;
  readonly dimensions?: number;
}

/** Can be changed at any time; counts from the next call. */
export interface EmbeddingBehaviour {
  /** By default each word adds to a place of its own, and no place is empty. */
  vectorOf: (text: string) => readonly number[];
  /** Texts that it answers with status 400, whatever stands beside them. */
  refuses: (text: string) => boolean;
  /** Looks like a server that knows no base64: it ignores the wish, as Ollama did, or refuses it. */
  base64: 'known' | 'ignored' | 'refused';
  /** The last thing that happens to the list before it goes out. */
  change: (data: object[]) => object[];
}

export interface EmulatedResponse {
  readonly status: number;
  readonly body: object;
}

export function createEmbeddingBehaviour(): EmbeddingBehaviour {
  return { vectorOf: toWordVector, refuses: () => false, base64: 'known', change: (data) => data };
}

/** https://platform.openai.com/docs/api-reference/embeddings/create: input is a text or a list of up to 2,048 texts, none of them empty. */
export function embed(request: EmbeddingRequest, behaviour: EmbeddingBehaviour): EmulatedResponse {
  const { model, input, encoding_format: format = 'float', dimensions } = request;
  if (
    !Array.isArray(input) ||
    input.length === 0 ||
    input.length > 2_048 ||
    input.some((text) => typeof text !== 'string' || !text)
  )
    return refused("'$.input' is invalid.");
  if (!['float', 'base64'].includes(format) || (format === 'base64' && behaviour.base64 === 'refused'))
    return refused(`Invalid value for encoding_format: ${format}`);
  if (input.some(behaviour.refuses)) return refused('the input is too long for the context length of this model');
  const data = input.map((text, index) => {
    const vector = Float32Array.from(behaviour.vectorOf(text).slice(0, dimensions));
    const isText = format === 'base64' && behaviour.base64 === 'known';
    return { object: 'embedding', index, embedding: isText ? Buffer.from(vector.buffer).toString('base64') : [...vector] };
  });
  const tokens = input.join(' ').split(/\s+/).length;
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return { status: 200, body: { object: 'list', data: behaviour.change(data), model, usage } };
}

function refused(message: string): EmulatedResponse {
  return { status: 400, body: toError(message) };
}

function toWordVector(text: string): readonly number[] {
  const vector = Array.from({ length: 32 }, () => 0.1);
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
    let place = 7;
    for (const letter of word) place = (place * 31 + letter.charCodeAt(0)) % 1_009;
    vector[place % 32] = (vector[place % 32] ?? 0) + 1;
  }
  return vector;
}
