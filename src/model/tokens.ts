import { tokensPerImage, type ModelRequest } from './model.ts';

type CountTokens = (text: string, options: { readonly disallowedSpecial: Set<string> }) => number;

/** Without this a text that contains `<|endoftext|>` is refused by an exception. */
const options = { disallowedSpecial: new Set<string>() };

/** Longer texts are counted at their head and extrapolated: 8,000 characters take 1 ms of English and 20 ms of Chinese. */
const exactLength = 8_000;

/** Byte-pair merging takes time by the square of a word's length: 100 kB of one letter would stop the process for minutes. */
const longWord = /\S{200}|\s{200}/;
const sliceLength = 100;

let exact: CountTokens | undefined;

/**
 * Loads the tables for exact counting. They block the process for about 0.2 s and take some 40 MB, so nothing loads them
 * by itself; until then `countTokens` estimates.
 */
export async function loadTokenizer(): Promise<void> {
  if (exact) return;
  const tokenizer = await import('gpt-tokenizer/encoding/o200k_base');
  // The keys of its cache are slices of the messages they come from, and keep these in memory: by default up to 100,000 of them.
  // Without any cache, words that a text repeats make it ten times slower.
  tokenizer.setMergeCacheSize(500);
  exact = tokenizer.countTokens;
}

/** How many tokens the text costs with a current OpenAI model; an approximation for every other model. Never throws, and is bounded in time. */
export function countTokens(text: string): number {
  if (!exact) return estimateTokens(text);
  if (text.length <= exactLength) return countExactly(exact, text);
  const head = text.slice(0, exactLength);
  // By the estimate of both, because the rest may be another script than the head.
  return Math.ceil(countExactly(exact, head) * (estimateTokens(text) / estimateTokens(head)));
}

/** What a request costs to read, with its tools and images; roles and separators are 4 tokens for each message. */
export function countRequest({ system, messages, tools }: ModelRequest, count: (text: string) => number = countTokens): number {
  let tokens = count(system) + (tools ? count(JSON.stringify(tools)) : 0);
  for (const { text, images = [], calls = [] } of messages) {
    tokens += count(text) + 4 + images.length * tokensPerImage;
    for (const call of calls) tokens += count(call.name + call.arguments);
  }
  return tokens;
}

/** On the safe side: English has more than 4 characters to a token, and other scripts seldom more than 1.2 tokens to a character. */
export function estimateTokens(text: string): number {
  let ascii = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) < 128) ascii += 1;
  return Math.ceil(ascii / 3.5 + (text.length - ascii) * 1.2);
}

function countExactly(count: CountTokens, text: string): number {
  if (text.length <= sliceLength || !longWord.test(text)) return count(text, options);
  let tokens = 0;
  for (let start = 0; start < text.length; start += sliceLength) tokens += count(text.slice(start, start + sliceLength), options);
  return tokens;
}
