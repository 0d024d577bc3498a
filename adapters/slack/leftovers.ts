import type { OutboundMessage } from '../../src/message.ts';
import { isFile } from './answer-file.ts';
import type { Sighting } from './find.ts';
import type { Past } from './past.ts';
import type { Streams } from './streams.ts';

export interface LeftoversOptions {
  readonly streams: Streams;
  readonly look: (message: OutboundMessage, signal: AbortSignal) => Promise<Sighting>;
  readonly past: Past;
}

/** Messages of streams whose answer they did not become: a process died in the middle, or the answer was another one in the end. */
export interface Leftovers {
  /** Whether an earlier process may have shown this part already, so that it has to be looked for. */
  mayBe(message: OutboundMessage): boolean;
  /** `left`: the first one is this part's, if the message itself is not there. */
  look(message: OutboundMessage, signal: AbortSignal): Promise<Sighting & { readonly left: readonly string[] }>;
  /** What the last part leaves over. */
  surplus(message: OutboundMessage, signal: AbortSignal): Promise<readonly string[]>;
}

export function createLeftovers({ streams, look: see, past }: LeftoversOptions): Leftovers {
  /** The ledger keeps the first message of a stream; there may be more of an answer that was shown in several. */
  const mayBe = (message: OutboundMessage): boolean =>
    message.part > 0 && streams.of(message) === undefined && past.mayConcern(message);

  async function look(message: OutboundMessage, signal: AbortSignal) {
    const sighting = await see(message, signal);
    const held = streams.of(message)?.segments[message.part];
    // What grows right now belongs to an answer that is still to come.
    return { ...sighting, left: sighting.orphans.filter((ts) => ts === held?.ts || !streams.holds(ts)) };
  }

  return {
    mayBe,
    look,
    surplus: async (message, signal) => {
      const stream = streams.of(message);
      // A file takes no message of a stream.
      const beyond = stream?.segments.slice(isFile(message) ? message.part : message.parts) ?? [];
      const known = beyond.flatMap(({ ts }) => ts ?? []);
      const mustLook = stream
        ? beyond.some(({ standing }) => standing === 'unknown')
        : (message.opened !== undefined && message.replaces === undefined) || mayBe(message);
      return mustLook ? [...known, ...(await look(message, signal)).left] : known;
    },
  };
}
