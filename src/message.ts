/**
 * The one message type of Parley: what every adapter turns its platform's events into.
 *
 * The union is closed on purpose. A platform's peculiarity that no other platform shares stays inside its adapter; what
 * the core must act on becomes a member here.
 */
import type { OwnSigns } from './own-message.ts';

/** Values that survive a trip through JSON unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Where an answer goes, in the adapter's own terms (a Slack channel and thread, a Discord channel, a callback).
 * The core stores it and hands it back; it never looks inside.
 */
export type Destination = Readonly<Record<string, string>>;

export interface Author {
  /** The platform's id, unique within the tenant. */
  readonly id: string;
  /** A name for people and prompts; untrusted text. */
  readonly name: string;
  readonly isBot: boolean;
  /** Ids of the roles that the platform says the author has in this tenant. Left out where it says nothing. */
  readonly roles?: readonly string[];
}

export interface Attachment {
  /** The platform's id of the file, where it has one. */
  readonly id?: string;
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes?: number;
  readonly url?: string;
}

/** What every event has. `(adapter, tenant, eventId)` is the key under which a redelivery is recognised. */
interface EventBase {
  /** Name of the adapter that received it: `slack`, `discord`, `webhook`, `terminal`. */
  readonly adapter: string;
  /** Slack workspace, Discord guild (`@me` for direct messages), webhook source. */
  readonly tenant: string;
  /** The dedupe key: equal for every delivery of one thing, whatever envelope it came in. */
  readonly eventId: string;
  /** Made by `toConversationId`. */
  readonly conversationId: string;
  /** When the platform says that it happened, in ms since 1970. */
  readonly sentAt: number;
}

/** Names what the operator has set for the place where something was said (persona, model, language), as in `slack/general`. */
export type ProfileName = string;

/** Why this is not to be answered: a rule of the operator, by its setting. It is recorded as refused. */
export type Refusal = string;

/** What answers itself never stops: the most that a rule of the operator lets the bot answer in one conversation within an hour. */
export interface TurnLimit {
  readonly perHour: number;
  /** Where it is counted: the event's own, or the one that it would be in if it were not given one of its own. */
  readonly conversationId: string;
  /** Why one more is not answered: what is recorded of it. */
  readonly refusal: Refusal;
}

/** Why this is no question: a rule of the operator, by its setting. It is recorded as ignored, without its text. */
export type Ignored = string;

/**
 * Who can read what is said somewhere, where the platform says so: `public`, everybody of the tenant; `outside`, people from elsewhere, too; `author`,
 * its author alone. Left out: those who are there, and nobody knows who else.
 */
export type Audience = 'public' | 'outside' | 'author';

/** Somebody said something. */
export interface InboundMessage extends EventBase {
  readonly type: 'message';
  /** The platform's id of the message, to find it again when it is edited or deleted. */
  readonly messageId: string;
  readonly author: Author;
  /** Markdown; mentions of the bot itself are removed. Untrusted. */
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** Whether it speaks to the bot: a mention, a direct message, a webhook. Otherwise only a conversation that the bot is part of answers it. */
  readonly addressed: boolean;
  /** Whether only one person and the bot take part. */
  readonly isDirect: boolean;
  readonly audience?: Audience;
  /** The platform's id of the message that this one replies to, or that its thread hangs under. */
  readonly replyTo?: string;
  readonly destination: Destination;
  readonly profile?: ProfileName;
  readonly refusal?: Refusal;
  /** Counted by the ledger as it is accepted, so that neither a restart nor another process begins anew. */
  readonly limit?: TurnLimit;
  /** By what it would be known if it were one of the bot's own that has come back. Such a one is ignored. */
  readonly own?: OwnSigns;
  /** Where the answer is shown, too. */
  readonly copyTo?: CopyTo;
  readonly ignored?: Ignored;
}

/** A thread on another platform, one for each conversation, in which answers are shown, too. */
export interface CopyTo {
  readonly adapter: string;
  /** Empty: the adapter's only one. */
  readonly tenant: string;
  /** In the terms of that adapter. */
  readonly destination: Destination;
  /** What the thread is about. Untrusted. */
  readonly title: string;
  /** Where people find it. Untrusted. */
  readonly link?: string | undefined;
}

/** An earlier message now reads differently. */
export interface MessageEdit extends EventBase {
  readonly type: 'edit';
  readonly messageId: string;
  readonly text: string;
}

/** An earlier message is gone. */
export interface MessageDelete extends EventBase {
  readonly type: 'delete';
  readonly messageId: string;
}

/**
 * A command by the platform's own means (slash command, shortcut); `/help` typed as text arrives as a message. Its answer goes to `destination`;
 * where only its author is to see that, the conversation is one of its own, whose context no public answer is made of.
 */
export interface Command extends EventBase {
  readonly type: 'command';
  /** `ask` (the text is the question), `summarise` (the thread that it was given in), `reset` (its conversation), `help`; others get the help text. */
  readonly name: string;
  readonly text: string;
  readonly author: Author;
  readonly destination: Destination;
  readonly audience?: Audience;
  readonly profile?: ProfileName;
  readonly refusal?: Refusal;
  readonly limit?: TurnLimit;
}

/** A button was pressed or a form submitted. */
export interface Action extends EventBase {
  readonly type: 'action';
  /**
   * `regenerate`: another answer in place of the one on which it was pressed. `approve` and `decline`: whether a call of a tool may be made;
   * `expire`: nobody has said so in time.
   */
  readonly name: string;
  /** Of `regenerate`: `id` of the OutboundMessage on which it was pressed, where the platform gives it back. Of the others: id of the approval. */
  readonly value: string;
  /** The bot's message on which it was pressed. */
  readonly messageId?: string;
  readonly author: Author;
  /** Where what there is to say about the press itself goes. */
  readonly destination: Destination;
  /** Of which approvals its author may decide, by the settings: of all, or of those that they have asked for. The inbox says so, and no adapter. */
  readonly authority?: Authority;
  /** Why, in the words of who decided. Untrusted. */
  readonly reason?: string;
}

export type Authority = 'any' | 'asker';

/** Somebody judged a message of the bot. */
export interface Feedback extends EventBase {
  readonly type: 'feedback';
  readonly messageId: string;
  /** `id` of the OutboundMessage that it is, where the platform gives it back. */
  readonly outboundId?: string;
  readonly author: Author;
  readonly rating: 'good' | 'bad';
  /** Why, in the words of who judged. Untrusted. */
  readonly reason?: string;
}

/** Somebody wants the running answer to stop. */
export interface Stop extends EventBase {
  readonly type: 'stop';
  readonly author: Author;
  /** The answer that is meant, and no other, by who asked for it. Without it all that waits in the conversation is meant, whoever presses. */
  readonly target?: StopTarget;
}

export interface StopTarget {
  /** `id` of the OutboundMessage under which it was shown, where the platform gives it back. */
  readonly outboundId?: string;
  /** The bot's message under which it was shown: names the answer where there is no `outboundId`. */
  readonly messageId: string;
  /** Whether the author may stop what others have asked. */
  readonly isModerator: boolean;
}

/** A thread was opened in which the bot may be wanted. */
export interface ThreadOpened extends EventBase {
  readonly type: 'thread';
  readonly title: string;
}

/** The bot was added to a tenant, or removed from it: that ends what waits there. */
export interface Installation extends EventBase {
  readonly type: 'install' | 'uninstall';
}

export type InboundEvent =
  | InboundMessage
  | MessageEdit
  | MessageDelete
  | Command
  | Action
  | Feedback
  | Stop
  | ThreadOpened
  | Installation;

/** Proof that a platform shows a message: what is needed to find or change it later. `id` is the platform's message id. */
export type Receipt = Readonly<Record<string, string>> & { readonly id: string };

/** One part of an answer, on its way out. */
export interface OutboundMessage {
  /** Deterministic and opaque, 24 characters of [0-9a-z]: the same part of the same answer has it on every attempt. Goes to the platform as nonce, metadata or `webhook-id`. */
  readonly id: string;
  readonly conversationId: string;
  readonly tenant: string;
  /** `eventId` of the newest event that this answers. */
  readonly inReplyTo: string;
  readonly destination: Destination;
  /** Markdown, already within the adapter's limit for one message. Untrusted: a model wrote it. */
  readonly text: string;
  /** 0-based position among the parts of the answer. */
  readonly part: number;
  readonly parts: number;
  /** Set when a stream has opened this message on the platform already: it is to be completed in place. */
  readonly opened?: Receipt;
  /** The message of an earlier answer that this one takes the place of, in place; it is `opened` then. If it is gone, another is posted. */
  readonly replaces?: Receipt;
  /** Where an earlier send of a later part may have arrived: the part before it on the platform. The message that is looked for came after that. */
  readonly after?: Receipt;
  /** Of a copy of an answer: that it opens a thread, where the message stands that has opened its thread, or that nobody knows. */
  readonly thread?: Receipt | 'opens' | 'lost';
  /** It asks whether a call of a tool may be made, with this id: it bears the buttons for that while it is open, and no buttons at all then. */
  readonly approval?: { readonly id: string; readonly isOpen: boolean };
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** When the answer was committed, in ms since 1970: an earlier send cannot be older. */
  readonly createdAt: number;
}

/** What comes of a part that is given up; recorded together with that, once. */
export interface Undeliverable {
  /** Queued for the person in its stead. */
  readonly notice?: NoticeMessage | undefined;
  /** What later turns of the conversation are to know. */
  readonly note: string;
}

export interface NoticeMessage extends Pick<OutboundMessage, 'id' | 'text' | 'destination'> {
  /** No attempt to deliver starts after this, in ms since 1970. */
  readonly expiresAt: number;
}
