import { type Embedder, normalise } from '../embedding.ts';
import { isStopWord } from './language.ts';
import { toWords } from './words.ts';

const dimensions = 512;
const gramLengths = [3, 4];

/**
 * Vectors that know nothing of meaning: a text is the sum of the pieces of three and four letters that its words are made of, each in a
 * place by its hash. So words that are misspelt or inflected lie near to what they come from, in whatever language. Another way of
 * making them needs another name.
 */
export function createNgramEmbedder(): Embedder {
  return {
    name: 'ngrams-1',
    // Measured (docs/decisions/0018): below it questions that nothing answers begin to find something.
    minSimilarity: 0.32,
    batchSize: 32,
    isLocal: true,
    embed: async (texts) => texts.map(toNgramVector),
  };
}

function toNgramVector(text: string): Float32Array {
  const counts = new Map<string, number>();
  for (const word of toWords(text)) {
    if (isStopWord(word, 'en')) continue;
    for (const gram of gramsOf(`^${word}$`)) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  const vector = new Float32Array(dimensions);
  for (const [gram, count] of counts) {
    const hash = hashOf(gram);
    const place = hash % dimensions;
    // Half of them are subtracted: what falls into one place by chance cancels out over many.
    const sign = hash & 0x80000000 ? -1 : 1;
    vector[place] = (vector[place] ?? 0) + sign * (1 + Math.log(count));
  }
  normalise(vector);
  return vector;
}

function* gramsOf(word: string): Generator<string> {
  for (const length of gramLengths) {
    for (let at = 0; at + length <= word.length; at += 1) yield word.slice(at, at + length);
  }
}

/** FNV-1a, and a mixing of its bits: the lowest of them choose the place. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) >>> 0;
}
