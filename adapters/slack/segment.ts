import { cutMarkdownAt, endsInFence } from '../../src/split.ts';
import type { MarkdownCut } from '../../src/split.ts';
import { neutralise, stableLength } from './format.ts';
import type { People } from './format.ts';
import { cutForSlack, messageLimit } from './limits.ts';

/**
 * `none`: Slack shows nothing. `open`: it shows `shown`, and more can follow. `ended`: Slack has closed the stream, because it was too old or
 * somebody pressed stop. `stopped`: it was closed here, and the answer goes on in the next message. `broken`: a request got lost, so it is not
 * known what stands there. `unknown`: not even whether anything does.
 */
export type StreamStanding = 'none' | 'open' | 'ended' | 'stopped' | 'broken' | 'unknown';

/**
 * Slack ends a stream after some five minutes, however much is appended: https://github.com/slackapi/node-slack-sdk/issues/2702. From the first
 * of these on the next end of a paragraph is waited for; at the second the answer goes on elsewhere in any case.
 */
export const softLifeMs = 210_000;
export const hardLifeMs = 255_000;
/** From here on whole paragraphs are shown, so that the place where the message is cut in the end has not been passed. */
const nearLimit = messageLimit * 0.8;

/** One message of an answer that grows. */
export class Segment {
  ts: string | undefined;
  standing: StreamStanding = 'none';
  /** What Slack has confirmed, as it was sent: the neutralised beginning of `text`. */
  shown = '';
  /** The Markdown that belongs here, and perhaps into the messages after it. */
  text: string;
  /** ms on the monotonic clock. */
  startedAt = 0;
  /** How much of `text` only opens a code block again. */
  readonly #reopened: number;
  /** How much of `text` has been shown. */
  #shownLength = 0;
  readonly #people: People;

  constructor(people: People, { rest = '', reopened = 0 }: Partial<MarkdownCut> = {}) {
    this.#people = people;
    this.text = rest;
    this.#reopened = reopened;
  }

  /** Whether nothing of the answer is in it. */
  isBlank(): boolean {
    return this.text.slice(this.#reopened).trim() === '';
  }

  /** What can be shown next, and how far that goes. */
  next(): { readonly piece: string; readonly length: number } {
    if (this.shown === '' && this.isBlank()) return nothing;
    const isFirst = this.shown === '';
    let length = stableLength(this.text, isFirst, this.#people);
    if (length > nearLimit) {
      const words = stableLength(this.text.slice(0, nearLimit), isFirst, this.#people);
      length = Math.max(this.#shownLength, lastParagraph(this.text, length), words);
    }
    const piece = neutralise(this.text.slice(0, length), this.#people).slice(this.shown.length);
    // A single word, or what is made harmless in many places, may be too long: then it is cut, and shown after that.
    return this.shown.length + piece.length > messageLimit ? nothing : { piece, length };
  }

  confirm({ piece, length }: { readonly piece: string; readonly length: number }): void {
    this.shown += piece;
    this.#shownLength = length;
  }

  /** Where the answer has to go on in another message; undefined where it need not yet. */
  cut(ageMs: number): MarkdownCut | undefined {
    if (this.ts === undefined || this.isBlank()) return undefined;
    const tooLong = cutForSlack(this.text);
    if (tooLong) return neutralise(tooLong.head, this.#people).startsWith(this.shown.trimEnd()) ? tooLong : this.cutHere();
    if (ageMs >= hardLifeMs) return this.cutHere();
    if (ageMs < softLifeMs) return undefined;
    const at = lastParagraph(this.text, this.text.length);
    return at > 0 && at >= this.#shownLength && !endsInFence(this.text.slice(0, at)) ? cutMarkdownAt(this.text, at) : undefined;
  }

  /** After what is shown. */
  cutHere(): MarkdownCut {
    return cutMarkdownAt(this.text, this.#shownLength);
  }

  /** What is shown, as Markdown that can stand by itself. */
  head(): string {
    const text = this.text.slice(0, this.#shownLength);
    return endsInFence(text) ? this.cutHere().head : text;
  }

  /** What is missing of a message that shall read like this; nothing where that cannot be had by adding to it. */
  missing(head: string): string {
    const whole = neutralise(head, this.#people);
    return whole.startsWith(this.shown) ? whole.slice(this.shown.length) : '';
  }
}

const nothing = { piece: '', length: 0 } as const;

function lastParagraph(text: string, end: number): number {
  const at = text.lastIndexOf('\n\n', end - 2);
  return at < 0 ? 0 : at + 2;
}
