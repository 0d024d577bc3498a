import type { AdapterContext } from '../../src/adapter.ts';
import { withTimeout } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import { conversationOf } from './conversation.ts';
import { toDeliveryError } from './delivery-error.ts';
import { speaksTo, toEvents, toPlace } from './receive.ts';
import type { Receiver } from './receive.ts';
import { isRecord } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';
import { isSnowflake, snowflakeTime } from './snowflake.ts';

export interface ReplyChainsOptions {
  readonly rest: Rest;
  readonly context: Pick<AdapterContext, 'clock' | 'log' | 'status'>;
  readonly signal: AbortSignal;
}

/** Links that are followed, the first included, which Discord brings along. */
const maxLinks = 5;
/** Of all links of one message together: other messages wait behind it. */
const timeoutMs = 2_000;
const pauseAfterFailureMs = 30_000;
/** What was said to the bot longer before may have left its context, and is quoted. */
const inContextMs = 60 * 60_000;
const isMessage: ReadonlySet<unknown> = new Set(['MESSAGE_CREATE', 'MESSAGE_UPDATE']);

/**
 * What a message replies to, what that replies to, and so on: only in the same channel, which who replies can read. It ends where the transcript of
 * the conversation begins: what was said to the bot there a short while before it knows already.
 */
export class ReplyChains {
  readonly #options: ReplyChainsOptions;
  readonly #chains = new WeakMap<Fields, readonly Fields[]>();
  #pausedUntil = 0;

  constructor(options: ReplyChainsOptions) {
    this.#options = options;
  }

  /** What is to be quoted, oldest first; undefined for a message that was not looked at. */
  of(message: Fields): readonly Fields[] | undefined {
    return this.#chains.get(message);
  }

  /** Looks at dispatches `{ t, d }` before they become events. Never rejects: what cannot be read is not quoted. */
  async prepare(dispatches: readonly Fields[], receiver: Receiver): Promise<void> {
    const replies = dispatches.filter((dispatch) => isReply(dispatch) && toEvents(dispatch, receiver).length > 0);
    if (replies.length === 0) return;
    const together = new Set(dispatches.flatMap((dispatch) => idOfQuestion(dispatch, receiver)));
    const follow = async ({ d: data }: Fields): Promise<void> => {
      if (isRecord(data)) this.#chains.set(data, await this.#follow(data, { receiver, together }));
    };
    await Promise.all(replies.map(follow));
  }

  async #follow(
    data: Fields,
    { receiver, together }: { readonly receiver: Receiver; readonly together: ReadonlySet<unknown> },
  ): Promise<readonly Fields[]> {
    const { clock } = this.#options.context;
    const isKnown = (id: string): Promise<boolean> => this.#isKnown(data, { id, together });
    const most = speaksTo(data, receiver) ? maxLinks : 1;
    const chain: Fields[] = [];
    const { signal, clear } = withTimeout(clock, timeoutMs, this.#options.signal);
    try {
      let next: Fields | undefined = data;
      for (let link = 1; next && link <= most; link += 1) {
        const id = repliedTo(next, data);
        if (id === undefined || (await isKnown(id))) break;
        next = link === 1 ? given(data) : await this.#read(data['channel_id'], id, signal);
        if (next) chain.unshift(next);
      }
    } catch (error) {
      this.#note(error);
    } finally {
      clear();
    }
    return chain;
  }

  async #read(channelId: unknown, id: string, signal: AbortSignal): Promise<Fields | undefined> {
    const { rest, context } = this.#options;
    if (!isSnowflake(channelId) || context.clock.now() < this.#pausedUntil) return undefined;
    const message = await rest.call({ method: 'GET', route: `/channels/${channelId}/messages/${id}`, signal });
    return isRecord(message) && message['channel_id'] === channelId ? message : undefined;
  }

  async #isKnown(data: Fields, { id, together }: { id: string; together: ReadonlySet<unknown> }): Promise<boolean> {
    const place = toPlace(data);
    const ownId = data['id'];
    if (!place || !isSnowflake(ownId) || snowflakeTime(ownId) - snowflakeTime(id) > inContextMs) return false;
    if (together.has(id)) return true;
    const { tenant, conversationId } = conversationOf(place);
    const status = await this.#options.context.status(tenant, id).catch(() => undefined);
    return status?.conversationId === conversationId && inTranscript.has(status.state);
  }

  /** A message that is gone is no trouble; where Discord is in trouble nobody is to wait for it again and again. */
  #note(error: unknown): void {
    const { clock, log } = this.#options.context;
    if (toDeliveryError(error).retryable) this.#pausedUntil = clock.now() + pauseAfterFailureMs;
    log.debug('What a Discord message replies to could not be read.', { reason: describeError(error) });
  }
}

function isReply({ t: type, d: data }: Fields): boolean {
  return isMessage.has(type) && isRecord(data) && isRecord(data['referenced_message']);
}

const inTranscript: ReadonlySet<string> = new Set(['waiting', 'running', 'delivering', 'answered']);

/** The id of the message that it replies to in the same channel: a forwarded one is none. */
function repliedTo({ message_reference: reference }: Fields, { channel_id: channelId }: Fields): string | undefined {
  if (!isRecord(reference) || (reference['type'] ?? 0) !== 0) return undefined;
  const { message_id: id, channel_id: where = channelId } = reference;
  return where === channelId && isSnowflake(id) ? id : undefined;
}

function given({ referenced_message: message }: Fields): Fields | undefined {
  return isRecord(message) ? message : undefined;
}

function idOfQuestion({ t: type, d: data }: Fields, receiver: Receiver): readonly unknown[] {
  return type === 'MESSAGE_CREATE' && isRecord(data) && speaksTo(data, receiver) ? [data['id']] : [];
}
