import { HTTPError } from 'discord.js';
import type { FoundMessage } from '../../src/adapter.ts';
import { DeliveryError, withUncertainty } from '../../src/errors.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { toPieceId, toPiecesReceipt, toReceipts } from './answer-file.ts';
import type { Piece } from './answer-file.ts';
import { deliveryCode, invalidForm, refusalCode, toDeliveryError } from './delivery-error.ts';
import { toMessageTexts } from './format.ts';

const missingPermission = 50013;
const tooLarge = 40005;
/** A file is refused for these, and a text may not be. */
const fileRefusals: ReadonlySet<number | undefined> = new Set([missingPermission, tooLarge, invalidForm]);

/**
 * A part that carries a file. Where Discord does not take the file (the permission Attach Files is missing in the channel) its text goes out in
 * messages. An earlier attempt may have sent some of them: these are in `opened`.
 */
export async function sendFile(message: OutboundMessage, deliver: (piece: Piece) => Promise<Receipt>): Promise<Receipt> {
  try {
    return await deliver(message);
  } catch (error) {
    if (!refusesFile(error)) throw error;
  }
  const known = message.opened ? toReceipts(message.opened) : [];
  const receipts: Receipt[] = [];
  for (const piece of toPieces(message)) {
    const { part } = piece;
    const place = pick(message, known[part]);
    // What fails later leaves these behind: the next attempt has to look for them.
    receipts.push(await deliver({ ...piece, ...place, ...after(receipts) }).catch((error: unknown) => failAfter(part, error)));
  }
  const [first, ...others] = receipts;
  if (first) return toPiecesReceipt([first, ...others]);
  throw new DeliveryError({ message: 'There is nothing to show of the answer.', retryable: false, uncertain: false });
}

/** What an earlier attempt has left of a part with a file: the message that carries it, or of those that hold its text the ones that are there. */
export async function findFile(
  message: OutboundMessage,
  find: (piece: Piece) => Promise<FoundMessage | undefined>,
): Promise<FoundMessage | undefined> {
  const found = await find(message);
  if (!found || found.complete) return found;
  const receipts: Receipt[] = [];
  const pieces = toPieces(message);
  for (const piece of pieces) {
    const shown = await find({ ...piece, ...after(receipts) });
    if (!shown?.complete) break;
    receipts.push(shown.receipt);
  }
  const [first, ...others] = receipts;
  return first ? { receipt: toPiecesReceipt([first, ...others]), complete: receipts.length === pieces.length } : found;
}

/** The messages of an earlier answer, or of an earlier attempt, that have no place in what is shown now. */
export function leftOver({ opened, replaces }: OutboundMessage, receipt: Receipt): Receipt[] {
  if (opened?.['kind'] === undefined && replaces?.['kind'] === undefined) return [];
  const kept = toReceipts(receipt).map(({ id }) => id);
  const earlier = [opened, replaces].flatMap((each) => (each ? toReceipts(each) : []));
  // Where the answer had to go elsewhere the old one stays as it is.
  const left = earlier.filter(({ id, channelId }) => channelId === receipt['channelId'] && !kept.includes(id));
  return [...new Map(left.map((each) => [each.id, each])).values()];
}

function toPieces(message: OutboundMessage): Piece[] {
  const { opened: _, replaces: __, ...bare } = message;
  const texts = toMessageTexts(message.text);
  return texts.map((text, part) => ({
    ...{ ...bare, text, part, parts: texts.length },
    ...{ id: toPieceId(message, part), answerId: message.id },
  }));
}

function pick({ replaces }: OutboundMessage, known: Receipt | undefined): Pick<OutboundMessage, 'opened' | 'replaces'> {
  if (!known) return {};
  return replaces ? { opened: known, replaces: known } : { opened: known };
}

function after(receipts: readonly Receipt[]): Pick<OutboundMessage, 'after'> {
  const last = receipts.at(-1);
  return last ? { after: last } : {};
}

function refusesFile(error: unknown): boolean {
  if (error instanceof HTTPError) return error.status === 413;
  return fileRefusals.has(error instanceof DeliveryError ? deliveryCode(error) : refusalCode(error));
}

function failAfter(pieces: number, error: unknown): never {
  if (pieces === 0) throw error;
  throw withUncertainty(toDeliveryError(error), true);
}
