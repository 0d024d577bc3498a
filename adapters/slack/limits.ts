import type { Receipt } from '../../src/message.ts';
import { cutMarkdown, splitMarkdown } from '../../src/split.ts';
import type { MarkdownCut } from '../../src/split.ts';
import { neutralise } from './format.ts';
import { prepare } from './prepare.ts';

/** Slack takes 12,000 characters of Markdown in a message, and refuses the blocks it makes of them from about 13,000: this leaves room. */
export const messageLimit = 11_000;

/** The texts of the messages that an answer needs, each within the limit also when its mentions are made harmless, which adds to them. */
export function splitForSlack(text: string): string[] {
  return split(prepare(text, messageLimit), messageLimit);
}

/** The rest of an answer whose beginning stands in messages of its own already; undefined where that would have to change. */
export function splitRest(text: string, beginning: { readonly length: number; readonly rest: string }): string[] | undefined {
  if (prepare(text, messageLimit) !== text) return undefined;
  const rest = beginning.rest + text.slice(beginning.length);
  return split(rest, messageLimit);
}

/** Cuts what is too long for one message, as `splitForSlack` does; undefined where it is not. */
export function cutForSlack(text: string): MarkdownCut | undefined {
  let limit = messageLimit;
  let cut = cutMarkdown(text, limit);
  while (cut && limit > 100 && neutralise(cut.head).length > messageLimit) {
    limit = Math.floor(limit / 2);
    cut = cutMarkdown(text, limit);
  }
  return cut;
}

function split(text: string, limit: number): string[] {
  return splitMarkdown(text, limit).flatMap((piece) => {
    const excess = neutralise(piece).length - messageLimit;
    // Pieces of half the length have half the excess: this ends.
    return excess > 0 && limit > 100 ? split(piece, Math.floor(Math.min(limit, piece.length) / 2)) : [piece];
  });
}

export function toReceipt(channel: string, ts: string): Receipt {
  return { id: ts, channel };
}
