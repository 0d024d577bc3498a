import type { FoundMessage } from '../../src/adapter.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { carries, toUpload } from './answer-file.ts';
import type { Attached, RawFile } from './answer-file.ts';
import { hasButtons } from './buttons.ts';
import { parseChannelMessage, readMessagesAfter } from './channel-messages.ts';
import type { ChannelMessage } from './channel-messages.ts';
import { refusalCode, toDeliveryError } from './delivery-error.ts';
import { sameText } from './find.ts';
import { isExpired } from './interaction-token.ts';
import type { InteractionAddress, TokenBox } from './interaction-token.ts';
import { isRecord } from './record.ts';
import type { Rest } from './rest.ts';
import { isSnowflake, snowflakeTime } from './snowflake.ts';

export interface InteractionSenderOptions {
  readonly rest: Rest;
  readonly tokens: TokenBox;
  readonly now: () => number;
  /** Resolves when an acknowledgement is no longer on its way: what comes before it is refused. */
  readonly acknowledged: (interactionId: string) => Promise<void>;
}

/** A message that answers an interaction. */
export interface Shown {
  readonly text: string;
  readonly components?: readonly object[] | undefined;
  readonly attached?: Attached | undefined;
}

const suppressEmbeds = 1 << 2;
const ephemeral = 1 << 6;
const nobody = { parse: [] } as const;
const maxPages = 5;
/** Unknown webhook, message or interaction, and a token that is not valid (any more). */
const goneCodes: ReadonlySet<number | undefined> = new Set([10008, 10015, 10062, 50027]);
const tooManyFollowUps = 40094;
/** An acknowledgement that went out with the answer to a request may reach Discord after what follows it. */
const settlingMs = 5000;

const goneMessage = 'The interaction can be answered no more.';

/** Whether the interaction cannot be answered (any more), so that another place has to be found. */
export function isGone(error: unknown): boolean {
  return error instanceof DeliveryError && error.message === goneMessage;
}

function createGone(): DeliveryError {
  return new DeliveryError({ message: goneMessage, retryable: false, uncertain: false });
}

/**
 * The original response to a command is its answer, and not what comes later of that. The original response to a press is the message that was pressed
 * on: only its own new wording goes there, and no word about the press.
 */
function isOriginal({ part, opened, inReplyTo }: OutboundMessage, { pressedId, interactionId }: InteractionAddress): boolean {
  return pressedId === undefined ? part === 0 && inReplyTo === interactionId : opened?.id === pressedId;
}

interface InteractionCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly files?: readonly RawFile[] | undefined;
  readonly signal: AbortSignal;
}

/** Answers to interactions: the first part takes the place of the deferred response, the others follow it. */
export class InteractionSender {
  readonly #options: InteractionSenderOptions;

  constructor(options: InteractionSenderOptions) {
    this.#options = options;
  }

  /** Rejects with a DeliveryError. */
  async send(message: OutboundMessage, address: InteractionAddress, by: { shown: Shown; signal: AbortSignal }): Promise<Receipt> {
    const id = message.opened?.id;
    if (isOriginal(message, address)) return this.showOriginal(address, by);
    if (id !== undefined) return this.#put(address, { ...by, method: 'PATCH', path: `/messages/${id}` });
    return this.#put(address, { ...by, method: 'POST', path: '' });
  }

  /** Safe to repeat. Rejects with a DeliveryError. */
  showOriginal(address: InteractionAddress, by: { shown: Shown; signal: AbortSignal }): Promise<Receipt> {
    return this.#put(address, { ...by, method: 'PATCH', path: '/messages/@original' });
  }

  /**
   * What takes the place of the deferred response is asked for by the token. Another one is looked for among the bot's messages, where it bears the mark of its interaction; where
   * only one person sees it nobody can look, and it is sent again: a part that stands there twice is better than one that is missing.
   */
  async find(
    message: OutboundMessage,
    address: InteractionAddress,
    by: { shown: Shown; signal: AbortSignal },
  ): Promise<FoundMessage | undefined> {
    if (!isOriginal(message, address)) return this.#findFollowUp(message, address, by);
    const found = parseChannelMessage(
      await this.#call(address, { method: 'GET', path: '/messages/@original', signal: by.signal }),
    );
    if (!found || found.content === '') return undefined;
    return toFound(found, by.shown);
  }

  async remove(address: InteractionAddress, receipt: Receipt, signal: AbortSignal): Promise<void> {
    await this.#call(address, { method: 'DELETE', path: `/messages/${receipt.id}`, signal });
  }

  async #findFollowUp(message: OutboundMessage, address: InteractionAddress, by: { shown: Shown; signal: AbortSignal }) {
    const { channelId = '' } = message.destination;
    const after = message.after?.id ?? address.interactionId;
    if (address.isPrivate || !address.canPost) return undefined;
    const { messages } = await readMessagesAfter(this.#options.rest, { channelId, after, maxPages, signal: by.signal });
    const found = messages.find(
      ({ content, fields }) => interactionOf(fields) === address.interactionId && sameText(content, by.shown.text),
    );
    return found && toFound(found, by.shown);
  }

  async #put(
    address: InteractionAddress,
    { shown, signal, method, path }: { shown: Shown; signal: AbortSignal; method: 'POST' | 'PATCH'; path: string },
  ): Promise<Receipt> {
    const flags = suppressEmbeds | (method === 'POST' && address.isPrivate ? ephemeral : 0);
    const { text, components } = shown;
    const { body: attachments, files } = toUpload(shown.attached);
    const buttons = components === undefined ? {} : { components };
    const body = { content: text, flags, allowed_mentions: nobody, ...buttons, ...attachments };
    const made = parseChannelMessage(await this.#call(address, { method, path, body, files, signal }));
    const channelId = made?.fields['channel_id'];
    if (made) return { id: made.id, ...(isSnowflake(channelId) ? { channelId } : {}) };
    const message = 'Discord answered a response with something that is no message.';
    throw new DeliveryError({ message, retryable: true, uncertain: true });
  }

  async #call(address: InteractionAddress, { path, ...call }: InteractionCall): Promise<unknown> {
    const { rest, tokens, now, acknowledged } = this.#options;
    const token = isExpired(address, now()) ? undefined : tokens.open(address);
    if (token === undefined) throw createGone();
    await acknowledged(address.interactionId);
    try {
      return await rest.call({ ...call, route: `/webhooks/${address.applicationId}/${token}${path}`, auth: false });
    } catch (error) {
      throw this.#explain(error, address);
    }
  }

  #explain(error: unknown, { interactionId }: InteractionAddress): Error {
    const code = refusalCode(error);
    if (code === tooManyFollowUps) {
      const message =
        'Discord takes five more messages only where the bot is no member: the rest of the answer cannot be shown there.';
      return new DeliveryError({ message, retryable: false, uncertain: false });
    }
    if (!goneCodes.has(code)) return toDeliveryError(error);
    if (this.#options.now() - snowflakeTime(interactionId) > settlingMs) return createGone();
    const message = 'Discord does not know yet that the interaction is acknowledged.';
    return new DeliveryError({ message, retryable: true, uncertain: false, retryAfterMs: 500 });
  }
}

function toFound({ id, content, fields }: ChannelMessage, { text, components = [], attached }: Shown): FoundMessage {
  const complete = sameText(content, text) && carries(fields, attached) && hasButtons(fields, components);
  return { receipt: { id }, complete };
}

function interactionOf({ interaction_metadata: metadata }: ChannelMessage['fields']): unknown {
  return isRecord(metadata) ? metadata['id'] : undefined;
}
