import { normalise } from '../../embedding.ts';
import { ModelError } from '../../errors.ts';
import type { Endpoint } from './failure.ts';

export interface VectorsWanted {
  readonly count: number;
  /** Undefined: as many as the endpoint gives, the same for all. */
  readonly dimensions: number | undefined;
}

/**
 * The vectors in a response body, in the order of the texts, each scaled to length 1. They come as arrays of numbers or as base64 of
 * little-endian 32-bit floats: some endpoints ignore `encoding_format` and send the other.
 * https://platform.openai.com/docs/api-reference/embeddings/object
 */
export function toVectors(body: unknown, wanted: VectorsWanted, endpoint: Endpoint): readonly Float32Array[] {
  const unusable = (what: string, { ofRequest = false } = {}): ModelError =>
    new ModelError({
      message: `${endpoint.host} gave no usable vectors with the model ${endpoint.model}: ${what}. Check that it is a model for embeddings (${endpoint.settings.model}).`,
      retryable: false,
      ofRequest,
    });
  const data = field(body, 'data');
  if (!Array.isArray(data)) throw unusable('the response has no list of them');
  if (data.length !== wanted.count) throw unusable(`${data.length} for ${wanted.count} texts`);
  const vectors: Float32Array[] = [];
  for (const [place, entry] of data.entries()) {
    const index = field(entry, 'index') ?? place;
    const vector = toFloats(field(entry, 'embedding'));
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= wanted.count || vectors[index])
      throw unusable('they do not say which text each belongs to');
    if (!vector) throw unusable('one is neither a list of numbers nor base64');
    // What some models make of some texts; the others are not to blame.
    if (!normalise(vector)) throw unusable('one has no direction, or holds what is no number', { ofRequest: true });
    vectors[index] = vector;
  }
  const length = wanted.dimensions ?? vectors[0]?.length;
  const other = vectors.find((vector) => vector.length !== length);
  if (other) throw unusable(`one has ${other.length} dimensions, and ${length} are expected (knowledge.embeddings.dimensions)`);
  return vectors;
}

/** More than any model has: what comes from outside is bounded. */
const maxDimensions = 16_384;

function toFloats(value: unknown): Float32Array | undefined {
  if (Array.isArray(value)) {
    if (value.length === 0 || value.length > maxDimensions) return undefined;
    return Float32Array.from(value, (each: unknown) => (typeof each === 'number' ? each : Number.NaN));
  }
  if (typeof value !== 'string') return undefined;
  const bytes = Uint8Array.from(Buffer.from(value, 'base64'));
  if (bytes.length === 0 || bytes.length % 4 > 0 || bytes.length > maxDimensions * 4) return undefined;
  return new Float32Array(bytes.buffer);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
