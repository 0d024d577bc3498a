import { hash, randomBytes } from 'node:crypto';

/**
 * Deterministic ids: the same turn and the same part of its answer have the same id on every attempt, in every process.
 * That is what makes a repeated send recognisable. 24 characters of [0-9a-z] carry 124 bits and fit Discord's nonce (25).
 */
const idLength = 24;

export interface TurnKey {
  readonly adapter: string;
  readonly tenant: string;
  /** `eventId` of the first event of the turn. */
  readonly eventId: string;
  /** How often the turn has been replayed by hand: a replay is a new answer. */
  readonly generation: number;
}

export function toTurnId(key: TurnKey): string {
  return digest(JSON.stringify([key.adapter, key.tenant, key.eventId, key.generation]));
}

export function toChunkId(turnId: string, part: number): string {
  return digest(`${turnId}.${part}`);
}

/** Of the notice that a part could not be delivered. */
export function toNoticeId(chunkId: string): string {
  return digest(`${chunkId}.notice`);
}

/** Of the parts of a copy of an answer; the part that opens a thread, and what stands in its stead, are none of its parts. */
export function toCopyId({
  turnId,
  queue,
  part,
}: {
  turnId: string;
  queue: string;
  part: number | 'opener' | 'question';
}): string {
  return digest(JSON.stringify([turnId, queue, part]));
}

/** Of the work that takes the message of a part away. */
export function toRemovalId(chunkId: string): string {
  return digest(`${chunkId}.removal`);
}

/** Of what is written over the message that has asked for this approval, once nobody is asked any more. */
export function toClosingId(approvalId: string): string {
  return digest(`${approvalId}.closed`);
}

/** Of a call of a tool in a turn: the same for the same call, whatever attempt makes it. `nth` counts equal calls from 0. */
export function toToolCallId(call: { turnId: string; tool: string; arguments: string; nth: number }): string {
  return digest(JSON.stringify([call.turnId, call.tool, call.arguments, call.nth]));
}

/** An id to find an error by, in the chat and in the log: 8 characters without the ones that are easily confused. */
export function createErrorId(bytes: Uint8Array = randomBytes(8)): string {
  const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';
  return Array.from(bytes.subarray(0, 8), (byte) => alphabet[byte % alphabet.length]).join('');
}

function digest(text: string): string {
  return BigInt(`0x${hash('sha256', text, 'hex').slice(0, 32)}`)
    .toString(36)
    .padStart(idLength + 1, '0')
    .slice(-idLength);
}
