import type { Clock } from '../../../src/clock.ts';
import { checkComponents, checkModal } from './components.ts';
import type { AllowedMentions } from './mentions.ts';
import { pingsOf } from './mentions.ts';
import { toMessage } from './payloads.ts';
import { invalidField, noContent, ok, refusal } from './reply.ts';
import type { Reply } from './reply.ts';
import { attach } from './uploads.ts';
import type { Content } from './uploads.ts';
import type { EmulatedAttachment, EmulatedMessage, EmulatedUser, World } from './world.ts';

type Fields = Readonly<Record<string, unknown>>;
type Posted = Fields & { readonly attachments?: readonly EmulatedAttachment[] };

/** Something that a person has done with a command, a button or a form, and what came of it. */
export interface EmulatedInteraction {
  readonly id: string;
  readonly token: string;
  readonly user: EmulatedUser;
  readonly channelId: string;
  readonly createdAt: number;
  /** Whether the app is here only because the person has added it to their account. */
  readonly byUserInstall: boolean;
  /** The message that a pressed button stands on. */
  readonly pressed?: EmulatedMessage | undefined;
  /** What the app receives: `d` of INTERACTION_CREATE, or the body of the request. */
  readonly payload: Fields;
  /** The type of the response, once there is one. */
  responseType?: number;
  /** The form that was opened. */
  modal?: Fields;
  /** What the app was answered or has answered over HTTP. */
  httpStatus?: number;
  originalId?: string | undefined;
  followUps: number;
}

export interface InteractionsOptions {
  readonly world: World;
  readonly clock: Pick<Clock, 'now'>;
}

const respondWithinMs = 3000;
const tokenLifeMs = 15 * 60_000;
const followUpsOfUserInstalls = 5;
const ephemeralFlag = 1 << 6;
const loadingFlag = 1 << 7;
const keptFlags = (1 << 2) | ephemeralFlag;

/**
 * Interactions: one response each within three seconds; then, for fifteen minutes, the original response can be read, changed and deleted,
 * and others can follow it. Private messages are not in their channel: only the person sees them, and only the token reaches them.
 */
export class Interactions {
  readonly all = new Map<string, EmulatedInteraction>();
  /** What only one person sees, by message id. */
  readonly privateMessages = new Map<string, EmulatedMessage>();
  readonly listeners = new Set<() => void>();
  readonly #options: InteractionsOptions;

  constructor(options: InteractionsOptions) {
    this.#options = options;
  }

  /** POST /interactions/:id/:token/callback, or the body of the answer to a request. */
  respond(id: string, token: string, body: Fields): Reply {
    const interaction = this.all.get(id);
    if (interaction?.token !== token) return refusal(10062);
    if (interaction.responseType !== undefined) return refusal(40060);
    if (this.#options.clock.now() - interaction.createdAt > respondWithinMs) return refusal(10062);
    const { type } = body;
    const data = isRecord(body['data']) ? body['data'] : {};
    const wrong = this.#checkResponse(interaction, type, data);
    if (wrong) return wrong;
    interaction.responseType = Number(type);
    if (type === 4 || type === 5) {
      const flags = Number(data['flags'] ?? 0) & keptFlags;
      const message = this.#post(interaction, type === 5 ? { flags: flags | loadingFlag } : { ...data, flags, attachments: [] });
      interaction.originalId = message.id;
    }
    if (type === 6) interaction.originalId = interaction.pressed?.id;
    if (type === 9) interaction.modal = data;
    return noContent;
  }

  /** POST /webhooks/:id/:token */
  followUp(token: string, content: Content): Reply {
    const { body } = content;
    const interaction = this.#usable(token);
    if (!isInteraction(interaction)) return interaction;
    const attachments = attach(content, { channelId: interaction.channelId, nextId: this.#options.world.nextId });
    if (!Array.isArray(attachments)) return attachments;
    const wrong = checkBody(body, attachments);
    if (wrong) return wrong;
    interaction.followUps += 1;
    if (interaction.byUserInstall && interaction.followUps > followUpsOfUserInstalls) return refusal(40094);
    const replyTo = interaction.originalId;
    const message = this.#post(interaction, { ...body, flags: Number(body['flags'] ?? 0) & keptFlags, replyTo, attachments });
    return ok(this.#view(message));
  }

  read(token: string, messageId: string): Reply {
    const message = this.#find(token, messageId);
    return 'status' in message ? message : ok(this.#view(message));
  }

  edit(token: string, messageId: string, content: Content): Reply {
    const { body } = content;
    const message = this.#find(token, messageId);
    if ('status' in message) return message;
    const { channelId } = message;
    const attachments = attach(content, { kept: message.attachments, channelId, nextId: this.#options.world.nextId });
    if (!Array.isArray(attachments)) return attachments;
    const wrong = checkBody({ content: message.content || '…', ...body }, attachments);
    if (wrong) return wrong;
    const flags = (message.flags & ephemeralFlag) | (Number(body['flags'] ?? message.flags) & keptFlags);
    const change = {
      content: typeof body['content'] === 'string' ? body['content'] : message.content,
      flags,
      attachments,
      allowedMentions: body['allowed_mentions'] as AllowedMentions | undefined, // nobody checks its shape
      ...(Array.isArray(body['components']) ? { components: body['components'] as readonly object[] } : {}),
    };
    if (!this.privateMessages.has(message.id)) return ok(this.#view(this.#options.world.edit(message, change)));
    const edited: EmulatedMessage = {
      ...message,
      ...change,
      pings: [],
      edits: message.edits + 1,
      editedAt: this.#options.clock.now(),
    };
    this.privateMessages.set(message.id, edited);
    return ok(this.#view(edited));
  }

  remove(token: string, messageId: string): Reply {
    const message = this.#find(token, messageId);
    if ('status' in message) return message;
    if (!this.privateMessages.delete(message.id)) this.#options.world.remove(message);
    return noContent;
  }

  #checkResponse({ pressed, modal, payload }: EmulatedInteraction, type: unknown, data: Fields): Reply | undefined {
    if (modal) return refusal(40060);
    if (type === 5) return undefined;
    if (type === 4) return checkBody(data);
    if (type === 6 && pressed) return undefined;
    if (type === 9 && payload['type'] !== 5) return checkModal(data);
    return invalidField('type', 'BASE_TYPE_CHOICES', 'Value must be one of the response types that fit the interaction.');
  }

  #usable(token: string): EmulatedInteraction | Reply {
    const interaction = [...this.all.values()].find((each) => each.token === token);
    if (!interaction) return refusal(50027);
    if (this.#options.clock.now() - interaction.createdAt > tokenLifeMs) return refusal(50027);
    return interaction.responseType === undefined ? refusal(10015) : interaction;
  }

  #find(token: string, messageId: string): EmulatedMessage | Reply {
    const interaction = this.#usable(token);
    if (!isInteraction(interaction)) return interaction;
    const id = messageId === '@original' ? (interaction.originalId ?? '') : messageId;
    const message = this.privateMessages.get(id) ?? this.#options.world.channels.get(interaction.channelId)?.messages.get(id);
    const isOwn = id === interaction.originalId || message?.interaction?.id === interaction.id;
    return message && isOwn ? message : refusal(10008);
  }

  #post(interaction: EmulatedInteraction, { attachments = [], ...body }: Posted): EmulatedMessage {
    const { world } = this.#options;
    const { id, user, channelId } = interaction;
    const flags = Number(body['flags'] ?? 0);
    const draft = {
      channelId,
      author: world.bot,
      content: typeof body['content'] === 'string' ? body['content'] : '',
      flags,
      replyTo: typeof body['replyTo'] === 'string' ? body['replyTo'] : undefined,
      allowedMentions: body['allowed_mentions'] as AllowedMentions | undefined, // nobody checks its shape
      components: Array.isArray(body['components']) ? (body['components'] as readonly object[]) : [],
      interaction: { id, userId: user.id },
      attachments,
    };
    if ((flags & ephemeralFlag) === 0) return world.post(draft);
    const message: EmulatedMessage = {
      ...draft,
      id: world.nextId(),
      guildId: world.channels.get(channelId)?.guildId,
      createdAt: this.#options.clock.now(),
      edits: 0,
      pings: pingsOf(draft.content, draft.allowedMentions, undefined),
    };
    this.privateMessages.set(message.id, message);
    return message;
  }

  #view(message: EmulatedMessage): object {
    return toMessage(this.#options.world, message, { contentAllowed: true });
  }
}

function isInteraction(value: EmulatedInteraction | Reply): value is EmulatedInteraction {
  return 'token' in value;
}

function checkBody({ content = '', components }: Fields, attachments: readonly EmulatedAttachment[] = []): Reply | undefined {
  if (typeof content !== 'string')
    return invalidField('content', 'STRING_TYPE_CONVERT', 'Could not interpret the value as string.');
  if (content.trim() === '' && attachments.length === 0) return refusal(50006);
  if (content.length > 2000) return invalidField('content', 'BASE_TYPE_MAX_LENGTH', 'Must be 2000 or fewer in length.');
  return checkComponents(components);
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
