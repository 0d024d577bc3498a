import { type Embedder, normalise } from '../../../src/embedding.ts';

export interface FakeEmbedder extends Embedder {
  /** Every text that it was given, refused ones included. */
  readonly asked: readonly (readonly string[])[];
  /** Called before each answer; what it throws is the answer. */
  before: (texts: readonly string[]) => void | Promise<void>;
}

/** A model that knows two subjects: the more a text speaks of money, the nearer it is to everything else about money; and of water. */
export function createFakeEmbedder(options: Partial<Embedder> = {}): FakeEmbedder {
  const asked: (readonly string[])[] = [];
  const embedder: FakeEmbedder = {
    ...{ name: 'fake', minSimilarity: 0.8, batchSize: 2, isLocal: false, ...options },
    asked,
    before: () => undefined,
    embed: async (texts) => {
      asked.push(texts);
      await embedder.before(texts);
      return texts.map(toVector);
    },
  };
  return embedder;
}

const money = /money|cash|price|refund|pay|bank/gi;
const water = /water|river|rain|sea|swim/gi;

function toVector(text: string): Float32Array {
  const count = (words: RegExp): number => text.match(words)?.length ?? 0;
  const vector = Float32Array.from([count(money), count(water), 0.1]);
  normalise(vector);
  return vector;
}
