import { checkComponents } from './components.ts';
import type { AllowedMentions } from './mentions.ts';
import { toMessage } from './payloads.ts';
import { invalidField, ok, refusal } from './reply.ts';
import type { Reply } from './reply.ts';
import { attach } from './uploads.ts';
import type { Content } from './uploads.ts';
import type { EmulatedChannel, EmulatedMessage, World } from './world.ts';

export interface MessageCallOptions {
  readonly world: World;
  readonly now: () => number;
  readonly messageContent: boolean;
  /** How long an enforced nonce is remembered. */
  readonly nonceMs: number;
  /** Whether reading a channel shows nonces; Discord promises them in the gateway's event only. */
  readonly nonceInHistory: boolean;
}

type Body = Readonly<Record<string, unknown>>;

const maxContent = 2000;
const maxNonce = 25;
const suppressEmbeds = 1 << 2;

/** Creating, changing and reading messages, with the platform's limits. */
export function createMessages({ world, now, messageContent, nonceMs, nonceInHistory }: MessageCallOptions) {
  const nonces = new Map<string, { readonly message: EmulatedMessage; readonly at: number }>();
  const plain = (message: EmulatedMessage): object => toMessage(world, message, { contentAllowed: messageContent });
  const withNonce = (message: EmulatedMessage): object => ({
    ...plain(message),
    ...(message.nonce === undefined ? {} : { nonce: message.nonce }),
  });

  const { nextId } = world;

  function create(channel: EmulatedChannel, call: Content): Reply {
    const { body } = call;
    const { content = '', nonce } = body;
    if (typeof content !== 'string') return notText('content');
    if (nonce !== undefined && typeof nonce !== 'string') return notText('nonce');
    const wrong =
      checkContent(content, call.files.size > 0) ??
      checkNonce(nonce) ??
      checkReference(channel, body) ??
      checkComponents(body['components']);
    if (wrong) return wrong;
    const known = nonce !== undefined && body['enforce_nonce'] === true ? nonces.get(nonce) : undefined;
    if (known && now() - known.at < nonceMs) {
      return ok(withNonce(world.channels.get(known.message.channelId)?.messages.get(known.message.id) ?? known.message));
    }
    const attachments = attach(call, { channelId: channel.id, nextId });
    if (!Array.isArray(attachments)) return attachments;
    const message = world.post({
      attachments,
      channelId: channel.id,
      author: world.bot,
      content,
      replyTo: repliedTo(channel, body),
      flags: Number(body['flags'] ?? 0) & suppressEmbeds,
      nonce,
      components: componentsOf(body),
      allowedMentions: allowedMentionsOf(body),
    });
    if (nonce !== undefined) nonces.set(nonce, { message, at: now() });
    return ok(withNonce(message));
  }

  function edit(message: EmulatedMessage, call: Content): Reply {
    const { body } = call;
    if (message.author !== world.bot) return refusal(50005);
    const { content = message.content } = body;
    if (typeof content !== 'string') return notText('content');
    const attachments = attach(call, { kept: message.attachments, channelId: message.channelId, nextId });
    if (!Array.isArray(attachments)) return attachments;
    const wrong = checkContent(content, attachments.length > 0) ?? checkComponents(body['components']);
    if (wrong) return wrong;
    const kept = message.flags & ~suppressEmbeds;
    const flags = body['flags'] === undefined ? message.flags : kept | (Number(body['flags']) & suppressEmbeds);
    const components = componentsOf(body);
    return ok(plain(world.edit(message, { content, attachments, flags, components, allowedMentions: allowedMentionsOf(body) })));
  }

  return { create, edit, view: nonceInHistory ? withNonce : plain };
}

/** Newest first, as the platform does; `after` takes the oldest that follow it. */
export function listMessages(
  channel: EmulatedChannel,
  query: URLSearchParams,
  view: (message: EmulatedMessage) => object,
): Reply {
  const limit = Number(query.get('limit') ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    return invalidField('limit', 'NUMBER_TYPE_MAX', 'int value should be between 1 and 100.');
  const all = [...channel.messages.values()];
  const [after, before, around] = ['after', 'before', 'around'].map((name) => toId(query.get(name)));
  let some = all.slice(-limit);
  if (after !== undefined) some = all.filter(({ id }) => BigInt(id) > after).slice(0, limit);
  else if (before !== undefined) some = all.filter(({ id }) => BigInt(id) < before).slice(-limit);
  else if (around !== undefined) {
    const middle = all.findIndex(({ id }) => BigInt(id) >= around);
    some = all.slice(Math.max(0, middle - Math.floor(limit / 2)), middle + Math.ceil(limit / 2));
  }
  return ok(some.toReversed().map(view));
}

function toId(text: string | null): bigint | undefined {
  return text !== null && /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

function componentsOf({ components }: Body): readonly object[] | undefined {
  return Array.isArray(components) ? (components as readonly object[]) : undefined; // checked before
}

function allowedMentionsOf(body: Body): AllowedMentions | undefined {
  // Nobody checks its shape, as on the platform: what is missing means the default.
  return body['allowed_mentions'] as AllowedMentions | undefined;
}

function notText(field: string): Reply {
  return invalidField(field, 'STRING_TYPE_CONVERT', 'Could not interpret the value as string.');
}

function checkContent(content: string, hasFiles: boolean): Reply | undefined {
  if (content.trim() === '' && !hasFiles) return refusal(50006);
  if (content.length <= maxContent) return undefined;
  return invalidField('content', 'BASE_TYPE_MAX_LENGTH', `Must be ${maxContent} or fewer in length.`);
}

function checkNonce(nonce: string | undefined): Reply | undefined {
  if (nonce === undefined || nonce.length <= maxNonce) return undefined;
  return invalidField('nonce', 'NONCE_TYPE_TOO_LONG', `Must be ${maxNonce} or fewer in length.`);
}

function checkReference(channel: EmulatedChannel, body: Body): Reply | undefined {
  const { id, mustExist } = referenceOf(body);
  if (id === undefined || channel.messages.has(id) || !mustExist) return undefined;
  return invalidField('message_reference', 'REPLIES_UNKNOWN_MESSAGE', 'Unknown message');
}

/** The message that is replied to, if there is one: a reply to a deleted message becomes a plain one where that is allowed. */
function repliedTo(channel: EmulatedChannel, body: Body): string | undefined {
  const { id } = referenceOf(body);
  return id !== undefined && channel.messages.has(id) ? id : undefined;
}

function referenceOf(body: Body): { id: string | undefined; mustExist: boolean } {
  const reference = body['message_reference'];
  if (typeof reference !== 'object' || reference === null) return { id: undefined, mustExist: false };
  const id = 'message_id' in reference ? String(reference.message_id) : undefined;
  return { id, mustExist: !('fail_if_not_exists' in reference && reference.fail_if_not_exists === false) };
}
