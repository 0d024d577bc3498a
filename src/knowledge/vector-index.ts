import type { KnowledgeStore, StoredVector } from '../store/knowledge-store.ts';
import type { Scorer } from './scorer.ts';
import type { VectorBlock } from './scores.ts';

export interface NearestOptions {
  readonly limit: number;
  readonly minSimilarity: number;
  /** Whether the document that a vector belongs to may be looked into. Asked before the limit counts. */
  readonly allows?: ((owner: VectorOwner) => boolean) | undefined;
}

/** What is known of a row beside its numbers. */
export type VectorOwner = Omit<StoredVector, 'vector'>;

export interface Near {
  readonly id: number;
  /** The cosine: 1 for the same direction. */
  readonly similarity: number;
}

export interface VectorIndexOptions {
  readonly store: Pick<KnowledgeStore, 'listVectorIds' | 'loadVectors'>;
  readonly model: string;
  readonly scorer: Pick<Scorer, 'score'>;
}

interface Block extends VectorBlock {
  /** Of each row; undefined where the vector is gone. */
  readonly owners: readonly (VectorOwner | undefined)[];
}

/** A megabyte of what most models make: the thread of the ledger is done with it in a few milliseconds. */
const vectorsAtOnce = 200;

/**
 * All vectors of a model, in memory: a search looks at each. What is new in the ledger becomes a further block; a row whose vector is gone is
 * passed over, and when these become many everything is loaded anew.
 */
export function createVectorIndex({ store, model, scorer }: VectorIndexOptions) {
  let blocks: readonly Block[] = [];
  let length: number | undefined;
  let newest = 0;
  let updating: Promise<void> = Promise.resolve();

  async function load(): Promise<void> {
    const living = new Set(await store.listVectorIds(model));
    const kept = blocks.map((block) => withoutGone(block, living));
    const gone = kept.reduce((sum, { owners }) => sum + owners.filter((owner) => !owner).length, 0);
    const isWorn = gone * 4 > living.size;
    blocks = isWorn ? [] : kept;
    if (isWorn) [newest, length] = [0, undefined];
    await append();
  }

  async function append(): Promise<void> {
    for (;;) {
      const page = await store.loadVectors({ model, after: newest, limit: vectorsAtOnce });
      newest = page.at(-1)?.id ?? newest;
      length ??= page[0]?.vector.length;
      const rows = page.filter(({ vector }) => vector.length === length);
      if (rows.length > 0) blocks = [...blocks, toBlock(rows)];
      if (page.length < vectorsAtOnce) return;
    }
  }

  /** One waits for the other. */
  const inTurn = (task: () => Promise<void>): Promise<void> => (updating = updating.catch(() => undefined).then(task));

  return {
    /** Brings it up to date with the ledger. */
    update: (): Promise<void> => inTurn(load),

    /** Takes what the ledger has got since, and leaves what may be gone: a search does not find it. */
    append: (): Promise<void> => inTurn(append),

    isEmpty: (): boolean => blocks.length === 0,

    /** The nearest ones, nearest first. */
    async nearest(query: Float32Array, options: NearestOptions): Promise<readonly Near[]> {
      if (blocks.length === 0) return [];
      if (query.length !== length) throw new RangeError(`The vector has ${query.length} numbers, those of the ledger ${length}.`);
      const searched = blocks;
      const scores = await scorer.score(searched, query);
      return pick(searched, scores, options);
    },
  };
}

function toBlock(vectors: readonly StoredVector[]): Block {
  const length = vectors[0]?.vector.length ?? 0;
  const values = new Float32Array(new SharedArrayBuffer(vectors.length * length * Float32Array.BYTES_PER_ELEMENT));
  for (const [row, { vector }] of vectors.entries()) values.set(vector, row * length);
  return { values, rows: vectors.length, owners: vectors.map(({ vector: _, ...owner }) => owner) };
}

function withoutGone(block: Block, living: ReadonlySet<number>): Block {
  return { ...block, owners: block.owners.map((owner) => (owner && living.has(owner.id) ? owner : undefined)) };
}

function pick(blocks: readonly Block[], scores: readonly Float32Array[], options: NearestOptions): readonly Near[] {
  const { limit, minSimilarity, allows = () => true } = options;
  const best: Near[] = [];
  for (const [index, { owners }] of blocks.entries()) {
    for (const [row, owner] of owners.entries()) {
      const similarity = scores[index]?.[row] ?? 0;
      if (!owner || similarity < minSimilarity || similarity <= leastOf(best, limit) || !allows(owner)) continue;
      const place = best.findIndex((other) => other.similarity < similarity);
      best.splice(place < 0 ? best.length : place, 0, { id: owner.id, similarity });
      if (best.length > limit) best.pop();
    }
  }
  return best;
}

/** What has to be exceeded. */
function leastOf(best: readonly Near[], limit: number): number {
  return best.length < limit ? -2 : (best.at(-1)?.similarity ?? -2);
}
