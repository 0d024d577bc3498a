import type { ModelMessage } from '../model/model.ts';
import type { CitablePassage } from '../tools/tool.ts';

/** A passage that the model was shown, under the number by which it may refer to it. */
export interface Citation extends CitablePassage {
  readonly number: number;
}

export interface Citations {
  /** The number of a passage: the same for all of what stands under one heading of a document, however often it is found. */
  cite(passage: CitablePassage): number;
  all(): readonly Citation[];
}

/** Numbers what is found for one answer, from `first` on. */
export function createCitations(first = 1): Citations {
  const byPlace = new Map<string, Citation>();
  return {
    cite: ({ collection, source, heading, url }) => {
      const key = JSON.stringify([collection, source, heading]);
      const citation = byPlace.get(key) ?? { collection, source, heading, url, number: first + byPlace.size };
      byPlace.set(key, citation);
      return citation.number;
    },
    all: () => [...byPlace.values()],
  };
}

/** What was found for an earlier answer has its numbers there: those of this one are others, so that the model cannot mean the one by the other. */
export function firstFreeNumber(messages: readonly ModelMessage[]): number {
  let highest = 0;
  for (const { role, text } of messages) {
    if (role !== 'assistant') continue;
    for (const [, number] of text.matchAll(/\[(\d{1,2})\]/g)) highest = Math.max(highest, Number(number));
  }
  return highest + 1;
}
