/** Makes vectors of texts: the closer two texts are in what they say, the closer are their vectors. */
export interface Embedder {
  /** Of the model and all else that its vectors depend on: vectors under two names cannot be compared. */
  readonly name: string;
  /** The cosine below which a passage is no answer to a question: of this model, for each has a scale of its own. */
  readonly minSimilarity: number;
  /** How many texts it takes at once. */
  readonly batchSize: number;
  /** Whether it computes them here, at once and without a failure; another one is asked behind everybody's back. */
  readonly isLocal: boolean;
  /** A vector of length 1 for each text, in their order. Rejects with a ModelError, and then has none for any of them. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
}

/** Scales the vector to length 1, in place: the cosine of two such is their product. False where it has no direction, or holds what is no number. */
export function normalise(vector: Float32Array): boolean {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  if (!(length > 0) || !Number.isFinite(length)) return false;
  for (let at = 0; at < vector.length; at += 1) vector[at] = (vector[at] ?? 0) / length;
  return true;
}
