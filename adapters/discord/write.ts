import { DeliveryError } from '../../src/errors.ts';
import { toUpload } from './answer-file.ts';
import type { Attached } from './answer-file.ts';
import { parseChannelMessage } from './channel-messages.ts';
import type { ChannelMessage } from './channel-messages.ts';
import type { Rest } from './rest.ts';

/** Keeps link previews away: a link that a model was talked into writing would be fetched without anybody clicking on it. */
const suppressEmbeds = 1 << 2;
/** Nobody is notified, whatever the text says. Also at every edit: without it Discord applies its defaults again. */
const nobody = { parse: [], replied_user: false } as const;

export interface Posting {
  readonly channelId: string;
  readonly text: string;
  /** At most 25 characters. */
  readonly nonce: string;
  readonly replyTo?: string | undefined;
  readonly components?: readonly object[] | undefined;
  readonly attached?: Attached | undefined;
  readonly signal: AbortSignal;
}

/**
 * Posts a message, once for ever under its nonce: where Discord knows the nonce it returns the earlier message, whatever text that
 * one has. Rejects with the SDK's error.
 */
export async function postMessage(
  rest: Rest,
  { channelId, text, nonce, replyTo, components, attached, signal }: Posting,
): Promise<ChannelMessage> {
  const reference = replyTo === undefined ? {} : { message_reference: { message_id: replyTo, fail_if_not_exists: false } };
  const buttons = components === undefined || components.length === 0 ? {} : { components };
  const upload = toUpload(attached);
  const body = {
    content: text,
    nonce,
    enforce_nonce: true,
    flags: suppressEmbeds,
    allowed_mentions: nobody,
    ...reference,
    ...buttons,
    ...upload.body,
  };
  const message = parseChannelMessage(
    await rest.call({ method: 'POST', route: `/channels/${channelId}/messages`, body, files: upload.files, signal }),
  );
  if (message) return message;
  throw new DeliveryError({
    message: 'Discord answered a post with something that is no message.',
    retryable: true,
    uncertain: true,
  });
}

export interface Editing {
  readonly channelId: string;
  readonly messageId: string;
  readonly text: string;
  /** Those that it has stay where it is left out. */
  readonly components?: readonly object[] | undefined;
  readonly attached?: Attached | undefined;
  readonly signal: AbortSignal;
}

/** Rejects with the SDK's error. */
export async function editMessage(
  rest: Rest,
  { channelId, messageId, text, components, attached, signal }: Editing,
): Promise<void> {
  const buttons = components === undefined ? {} : { components };
  const { body: attachments, files } = toUpload(attached);
  const body = { content: text, flags: suppressEmbeds, allowed_mentions: nobody, ...buttons, ...attachments };
  await rest.call({ method: 'PATCH', route: `/channels/${channelId}/messages/${messageId}`, body, files, signal });
}
