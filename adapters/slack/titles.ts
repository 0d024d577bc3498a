import type { InboundEvent } from '../../src/message.ts';
import { parseDestination } from './conversation.ts';

/** Slack takes 200 characters; what is longer than this is cut off in its lists. */
const maxLength = 80;
const kept = 500;

/** The questions that threads began with, until a title is made of them. */
export interface Titles {
  note(events: readonly InboundEvent[]): void;
  /** For the thread of this message; undefined where its beginning was not seen. */
  of(channel: string, threadTs: string): string | undefined;
}

export function createTitles(): Titles {
  const questions = new Map<string, string>();
  return {
    note: (events) => {
      for (const event of events) {
        if (event.type !== 'message' || event.replyTo !== undefined || !event.addressed) continue;
        const { channel, threadTs } = parseDestination(event.destination) ?? {};
        if (channel === undefined || threadTs === undefined) continue;
        questions.set(`${channel} ${threadTs}`, event.text);
        if (questions.size <= kept) continue;
        for (const oldest of questions.keys()) {
          questions.delete(oldest);
          break;
        }
      }
    },
    of: (channel, threadTs) => {
      const question = questions.get(`${channel} ${threadTs}`);
      return question === undefined ? undefined : toTitle(question);
    },
  };
}

/** A question as a title: plain text, one line, cut at a word. Undefined where nothing is left of it. */
export function toTitle(question: string): string | undefined {
  const line = question
    .slice(0, 1_000)
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[*_`~#>|<]+/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  if (line === '') return undefined;
  if (line.length <= maxLength) return line;
  const cut = line.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '');
  const word = cut.lastIndexOf(' ');
  return `${(word > maxLength / 2 ? cut.slice(0, word) : cut).trimEnd()}…`;
}
