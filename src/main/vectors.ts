import type { Config } from '../config.ts';
import { toRedactOptions } from '../config/redact-options.ts';
import type { Embedder } from '../embedding.ts';
import type { Vectors } from '../knowledge/vectors.ts';
import type { ModelParts } from '../model/endpoints.ts';
import type { Store } from '../store/store.ts';

type VectorConfig = Pick<Config, 'knowledge' | 'model' | 'safety'>;

/** What finds documents by vectors, those of an endpoint or our own. Nothing is loaded or made before documents are read. */
export async function openVectors(
  config: VectorConfig,
  { store, ...parts }: ModelParts & { readonly store: Store },
): Promise<Vectors> {
  const { createVectors } = await import('../knowledge/vectors.ts');
  return createVectors({ ...parts, store, embedder: await createEmbedder(config, parts) });
}

/** What makes the vectors of documents and questions. */
export async function createEmbedder({ knowledge, model, safety }: VectorConfig, parts: ModelParts): Promise<Embedder> {
  const { provider, ...embeddings } = knowledge.embeddings;
  if (provider !== undefined) {
    const remote = await import('../model/embeddings.ts');
    const embedder = await remote.createEmbedder({ ...embeddings, provider }, { ...parts, model });
    return safety.redact.exceptProviders.includes(provider) ? embedder : withoutData(embedder, safety.redact);
  }
  const own = await import('../knowledge/ngrams.ts');
  return own.createNgramEmbedder();
}

/** What providers of models do not get, those of embeddings do not get either. Its name is another one then: vectors of one kind only are compared. */
async function withoutData(embedder: Embedder, redact: Config['safety']['redact']): Promise<Embedder> {
  const options = toRedactOptions(redact);
  if (!options.isOn) return embedder;
  const { createTextRedactor } = await import('../model/redact/redact-model.ts');
  const redacted = createTextRedactor(options);
  return {
    ...embedder,
    name: `${embedder.name} redacted`,
    // Each by itself: its placeholders must not depend on what else is asked for with it.
    embed: (texts, signal) =>
      embedder.embed(
        texts.flatMap((text) => redacted([text])),
        signal,
      ),
  };
}
