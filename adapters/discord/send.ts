import type { FoundMessage } from '../../src/adapter.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { Destination, OutboundMessage, Receipt } from '../../src/message.ts';
import { carries, fileOf, headOf, isFile, toReceipts } from './answer-file.ts';
import type { Attached, Piece } from './answer-file.ts';
import { buttonsOf, hasButtons } from './buttons.ts';
import type { ChannelMessage } from './channel-messages.ts';
import { parseDestination, questionOf } from './conversation.ts';
import { archivedThread, refusalCode, toDeliveryError, tooManyOldEdits, unknownMessage } from './delivery-error.ts';
import { openDirectChannel } from './direct.ts';
import { findMessage, sameText } from './find.ts';
import { isGone } from './interaction-send.ts';
import type { InteractionSender, Shown } from './interaction-send.ts';
import { parseInteractionDestination } from './interaction-token.ts';
import type { InteractionAddress } from './interaction-token.ts';
import type { Rest } from './rest.ts';
import { findFile, leftOver, sendFile } from './send-file.ts';
import { Threads } from './threads.ts';
import { editMessage, postMessage } from './write.ts';

/** A turn that comes to nothing never sends what its stream was unsure of. */
const maxDoubtful = 1000;

export interface SenderOptions {
  readonly rest: Rest;
  /** The bot's own user id: known once it has ever been connected. */
  readonly userId: () => string | undefined;
  readonly interactions: InteractionSender;
  /** Whether answers carry buttons. */
  readonly buttons: boolean;
}

export class Sender {
  readonly #rest: Rest;
  readonly #userId: () => string | undefined;
  readonly #interactions: InteractionSender;
  readonly #buttons: boolean;
  readonly #threads: Threads;
  readonly #doubtful = new Set<string>();

  constructor({ rest, userId, interactions, buttons }: SenderOptions) {
    this.#rest = rest;
    this.#threads = new Threads(rest);
    this.#userId = userId;
    this.#interactions = interactions;
    this.#buttons = buttons;
  }

  /** A stream cannot tell whether its first post arrived: the next send of this message looks before it posts. */
  doubt(messageId: string): void {
    this.#doubtful.add(messageId);
    const [oldest] = this.#doubtful;
    if (oldest !== undefined && this.#doubtful.size > maxDoubtful) this.#doubtful.delete(oldest);
  }

  async send(message: OutboundMessage, signal: AbortSignal): Promise<Receipt> {
    try {
      const located = await this.#located(message, signal);
      const deliver = (piece: Piece): Promise<Receipt> =>
        this.#deliver(piece, signal).catch((error: unknown) => this.#deliverReopened(error, piece, signal));
      const receipt = await (isFile(located) ? sendFile(located, deliver) : deliver(located));
      for (const left of leftOver(located, receipt)) await this.#removeOne(located, left, signal);
      return receipt;
    } catch (error) {
      throw toDeliveryError(error);
    }
  }

  async find(message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined> {
    try {
      const find = (piece: Piece): Promise<FoundMessage | undefined> => this.#find(piece, signal);
      const found = await (isFile(message) ? findFile(message, find) : find(message));
      if (found?.complete) for (const left of leftOver(message, found.receipt)) await this.#removeOne(message, left, signal);
      return found;
    } catch (error) {
      throw toDeliveryError(error);
    }
  }

  async #find(message: Piece, signal: AbortSignal): Promise<FoundMessage | undefined> {
    const address = parseInteractionDestination(message.destination);
    if (address) return this.#findAnswer(message, address, signal);
    const located = await this.#located(message, signal);
    return this.#findIn(placeOf(located.destination).channelId, located, signal);
  }

  async remove(message: OutboundMessage, receipt: Receipt, signal: AbortSignal): Promise<void> {
    for (const each of toReceipts(receipt)) await this.#removeOne(message, each, signal);
  }

  async #removeOne(message: OutboundMessage, receipt: Receipt, signal: AbortSignal): Promise<void> {
    const channelId = receipt['channelId'] ?? placeOf(message.destination).channelId;
    const address = parseInteractionDestination(message.destination);
    try {
      if (address?.isPrivate) return await this.#interactions.remove(address, receipt, signal);
      await this.#rest.call({ method: 'DELETE', route: `/channels/${channelId}/messages/${receipt.id}`, signal });
    } catch (error) {
      if (refusalCode(error) !== unknownMessage) throw toDeliveryError(error);
    }
  }

  /** Fails quietly: the sign is worth no retry and no line in the log. */
  async typing(destination: Destination, signal: AbortSignal): Promise<void> {
    const place = parseDestination(destination);
    // A command has its own sign that an answer is on its way.
    if (!place || parseInteractionDestination(destination)) return;
    await this.#rest
      .call({ method: 'POST', route: `/channels/${this.#threads.channelFor(destination)}/typing`, signal })
      .catch(() => undefined);
  }

  /** The destination with its channel, which may have to be opened: that of a person, or a thread. Rejects with the SDK's error. */
  async locate(destination: Destination, signal: AbortSignal): Promise<Destination> {
    const { directTo: userId, ...rest } = destination;
    if (userId === undefined) return this.#threads.open(destination, signal);
    return { ...rest, channelId: await openDirectChannel(this.#rest, userId, signal) };
  }

  async #located(message: OutboundMessage, signal: AbortSignal): Promise<OutboundMessage> {
    return { ...message, destination: await this.locate(message.destination, signal) };
  }

  async #deliver(message: OutboundMessage, signal: AbortSignal): Promise<Receipt> {
    const { channelId } = placeOf(message.destination);
    const address = parseInteractionDestination(message.destination);
    if (address) return this.#answer(message, address, signal);
    const opened = message.opened ?? (await this.#lookIfDoubtful(message, signal));
    const id = opened
      ? await this.#complete(message, opened, signal)
      : await this.#post(message, { channelId, nonce: message.id }, signal);
    this.#doubtful.delete(message.id);
    return toReceipt(channelId, id);
  }

  /** A post opens an archived thread by itself; the edit that completes a stream does not. */
  async #deliverReopened(error: unknown, message: OutboundMessage, signal: AbortSignal): Promise<Receipt> {
    if (refusalCode(error) !== archivedThread) throw error;
    const { channelId } = placeOf(message.destination);
    try {
      await this.#rest.call({ method: 'PATCH', route: `/channels/${channelId}`, body: { archived: false }, signal });
    } catch {
      throw error;
    }
    return this.#deliver(message, signal);
  }

  async #answer(message: OutboundMessage, address: InteractionAddress, signal: AbortSignal): Promise<Receipt> {
    const { channelId } = placeOf(message.destination);
    try {
      const receipt = await this.#interactions.send(message, address, { shown: this.#shown(message), signal });
      return { channelId, ...receipt };
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    const elsewhere = await this.#elsewhere(channelId, address, signal);
    const opened = elsewhere === channelId && message.opened;
    const id = opened
      ? await this.#complete(message, opened, signal)
      : await this.#post(message, { channelId: elsewhere, nonce: message.id }, signal);
    return toReceipt(elsewhere, id);
  }

  /** The channel where the answer to an interaction goes that can be answered no more: never a public one where it was private. */
  async #elsewhere(channelId: string, { isPrivate, canPost, userId }: InteractionAddress, signal: AbortSignal): Promise<string> {
    if (canPost && !isPrivate) return channelId;
    return openDirectChannel(this.#rest, userId, signal);
  }

  async #findAnswer(
    message: OutboundMessage,
    address: InteractionAddress,
    signal: AbortSignal,
  ): Promise<FoundMessage | undefined> {
    const { channelId } = placeOf(message.destination);
    try {
      const found = await this.#interactions.find(message, address, { shown: this.#shown(message), signal });
      return found && { ...found, receipt: { channelId, ...found.receipt } };
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    return this.#findIn(await this.#elsewhere(channelId, address, signal), message, signal);
  }

  async #findIn(channelId: string, message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined> {
    const destination = { ...message.destination, channelId };
    const found = await findMessage({ rest: this.#rest, message: { ...message, destination }, userId: this.#userId(), signal });
    return found && { receipt: toReceipt(channelId, found.id), complete: this.#isComplete(found, message) };
  }

  /** Its text stands there, and its buttons do: a stream may have left its own. */
  #isComplete({ content, fields }: ChannelMessage, message: OutboundMessage): boolean {
    const { text, components, attached } = this.#shown(message);
    return sameText(content, text) && carries(fields, attached) && (components === undefined || hasButtons(fields, components));
  }

  #shown(message: Piece): Shown {
    const { answerId: id = message.id } = message;
    // Under a copy nobody has asked anything.
    const hasButtons = (this.#buttons && message.thread === undefined) || message.approval !== undefined;
    const components = hasButtons ? buttonsOf({ ...message, id }) : undefined;
    return isFile(message)
      ? { text: headOf(message.text), components, attached: fileOf(message) }
      : { text: message.text, components, attached: carried(message) };
  }

  async #lookIfDoubtful(message: OutboundMessage, signal: AbortSignal): Promise<Receipt | undefined> {
    if (!this.#doubtful.has(message.id)) return undefined;
    return (await this.find(message, signal))?.receipt;
  }

  /** Gives the message that stands there its whole text. If somebody deleted it, another takes its place. */
  async #complete(message: OutboundMessage, opened: Receipt, signal: AbortSignal): Promise<string> {
    const { channelId } = placeOf(message.destination);
    try {
      await editMessage(this.#rest, { channelId, messageId: opened.id, ...this.#shown(message), signal });
      return opened.id;
    } catch (error) {
      const code = refusalCode(error);
      if (code === tooManyOldEdits && message.replaces) return this.#replace(message, opened, signal);
      if (code !== unknownMessage) throw error;
      // Under the old nonce Discord might return the deleted message.
      return this.#post(message, { channelId, nonce: `${message.id}r` }, signal);
    }
  }

  /** An earlier answer that takes no edits for now goes, once the new one stands there. */
  async #replace(message: OutboundMessage, old: Receipt, signal: AbortSignal): Promise<string> {
    const { channelId } = placeOf(message.destination);
    const id = await this.#post(message, { channelId, nonce: `${message.id}r` }, signal);
    await this.remove(message, old, signal).catch(() => undefined);
    return id;
  }

  async #post(message: OutboundMessage, where: { channelId: string; nonce: string }, signal: AbortSignal): Promise<string> {
    const shown = this.#shown(message);
    const posted = await postMessage(this.#rest, {
      ...where,
      ...shown,
      replyTo: message.part === 0 ? questionOf(message) : undefined,
      signal,
    });
    // An earlier post of a stream, known by its nonce, shows only the beginning.
    if (!this.#isComplete(posted, message)) {
      await editMessage(this.#rest, { channelId: where.channelId, messageId: posted.id, ...shown, signal });
    }
    return posted.id;
  }
}

/** An earlier answer, and an attempt to send this one, may have left a file. */
function carried({ replaces, answerId }: Piece): Attached | undefined {
  return replaces || answerId !== undefined ? 'nothing' : undefined;
}

function toReceipt(channelId: string, id: string): Receipt {
  return { id, channelId };
}

function placeOf(destination: Destination): NonNullable<ReturnType<typeof parseDestination>> {
  const place = parseDestination(destination);
  if (place) return place;
  throw new DeliveryError({ message: 'The destination names no Discord channel.', retryable: false, uncertain: false });
}
