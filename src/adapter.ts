import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import type { DeliveryError } from './errors.ts';
import type { Log } from './log.ts';
import type { Attachment, Command, Destination, InboundEvent, Json, OutboundMessage, Receipt } from './message.ts';
import type { NewPlaceChange, PlaceChange, PlaceChangeResult } from './place-settings.ts';
import type { Overview } from './usage.ts';
import type { WebhookDelivery } from './webhook-delivery.ts';

/**
 * An adapter joins one platform to Parley. It knows nothing of the stages behind it: it turns the platform's events into
 * `InboundEvent`s, hands them to `context.accept`, and sends what it is given.
 *
 * Optional methods are capabilities: leave out what the platform cannot do.
 */
export interface Adapter {
  readonly name: string;
  /** Connects to the platform. Resolves when events can arrive; rejects with an AdapterError that says what to change when they never will. */
  start(context: AdapterContext): Promise<void>;
  /** Takes no more events and lets go of every socket and timer. Sending may still happen until then, not after. Safe to call twice. */
  stop(): Promise<void>;
  /**
   * Shows one message on the platform, or completes `message.opened`. Resolves once the platform has confirmed it.
   * Makes one attempt only: the outbox retries. Throws DeliveryError.
   */
  send(message: OutboundMessage, signal: AbortSignal): Promise<Receipt>;
  /**
   * Looks for an earlier send of this message (by its id) whose outcome is not known. `complete` tells whether all of its text
   * stands there, or a stream has been cut off. Without it the adapter promises that `send` may be repeated safely.
   */
  find?(message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined>;
  /** Takes away a message of the bot that another send has made superfluous. */
  remove?(message: OutboundMessage, receipt: Receipt, signal: AbortSignal): Promise<void>;
  /**
   * Cuts an answer into the texts of as many messages as the platform needs. Never loses a character of content. Without it one message holds
   * everything. `opened` is what a stream has opened of it: where that shows the answer in several messages, it is cut as they are. `to` is where it
   * goes: not every place takes everything.
   */
  split?(text: string, opened?: Receipt, to?: Destination): string[];
  /** Whether people can be asked by buttons there (`OutboundMessage.approval`). Left out where they never can. */
  asks?(to: Destination): boolean;
  /** Shows an answer while it grows. Decoration: whatever becomes of it, `send` completes the message. */
  stream?(opening: StreamOpening, signal: AbortSignal): MessageStream;
  /**
   * Where the person who asked can learn that this will never arrive, and what to say there; undefined where there is no such place, or the
   * message is such a notice itself. The outbox sends it as a message of its own. Pure; nothing of a private answer goes to a public place.
   */
  notice?(message: OutboundMessage, error: DeliveryError): Notice | undefined;
  /**
   * What was said in the thread that a `summarise` command speaks of, oldest first, as the platform has it: the one place where its history is
   * asked for. The newest where it is long. Throws DeliveryError.
   */
  readThread?(command: Command, signal: AbortSignal): Promise<readonly SaidInThread[]>;
  /** Shows that an answer is on its way, once. Called again every few seconds. May fail quietly. */
  typing?(destination: Destination, signal: AbortSignal): Promise<void>;
  /**
   * Fetches a file that came with a message, from the platform's own hosts only, whatever its address says; stops reading at `maxBytes`.
   * Makes one attempt. Rejects with a FileError whose message people may see.
   */
  download?(file: FileRequest, signal: AbortSignal): Promise<Uint8Array>;
  /** The adapter's HTTP endpoints: a request handler for the shared server that calls `next` for paths that are not its own. */
  router?(): RequestHandler;
  /** Whether the platform accepts the credentials, without taking any event, for `parley doctor`. Rejects with an AdapterError that says what to change. */
  check?(signal: AbortSignal): Promise<CheckReport>;
  /** How the connection stands, for /readyz and `parley doctor`. An adapter that has no connection to lose leaves it out. */
  health?(): AdapterHealth;
}

export interface FileRequest {
  readonly attachment: Attachment;
  /** Of the message that it came with. */
  readonly tenant: string;
  readonly destination: Destination;
  readonly maxBytes: number;
}

export interface Notice {
  readonly destination: Destination;
  /** Markdown. */
  readonly text: string;
}

export interface AdapterContext {
  /**
   * Hands events over. Resolves only after they are committed to disk; acknowledge to the platform after that, never before.
   * Rejects when they could not be saved: then do not acknowledge, so that the platform delivers again.
   * `state`, if given, is saved in the same transaction (a gateway session and its sequence, say).
   */
  accept(events: readonly InboundEvent[], state?: AdapterState): Promise<readonly AcceptResult[]>;
  /** The value last saved under this key by this adapter. */
  loadState(key: string): Promise<Json | undefined>;
  /** Newest `messageId` of each conversation of this adapter that was active since `since` (ms): where a back-fill starts. The `maxRecent` newest of them. */
  recentConversations(since: number): Promise<readonly RecentConversation[]>;
  /** Where the adapter's app has been installed. What is saved is sealed by the adapter: the ledger holds no secret that can be read. */
  readonly installations: AdapterInstallations;
  /** What became of an event. */
  status(tenant: string, eventId: string): Promise<EventStatus | undefined>;
  /** What people have set for places of this adapter. */
  readonly places: AdapterPlaces;
  /** How Parley does, and what this person has asked. A few queries: not for every message. */
  overview(tenant: string, personId: string): Promise<Overview>;
  /** Notes a webhook in the delivery log, some time soon and without anybody waiting for it. Missing where there is no log. */
  recordDelivery?(delivery: WebhookDelivery): void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface AdapterInstallations {
  list(): Promise<readonly StoredInstallation[]>;
  find(id: string): Promise<StoredInstallation | undefined>;
  /**
   * In place of the one with the same id; with `replaces` only where that is the data that stands there: false when it is not.
   * It goes with an `uninstall` event whose tenant is its id.
   */
  save(installation: { readonly id: string; readonly data: string; readonly replaces?: string | undefined }): Promise<boolean>;
}

export interface AdapterPlaces {
  /** The newest change of each. */
  list(): Promise<readonly PlaceChange[]>;
  /** Resolves when it is on disk, and holds for the next turn. Whether the author may do so is for the adapter to know. */
  change(change: NewPlaceChange): Promise<PlaceChangeResult>;
}

export interface StoredInstallation {
  readonly id: string;
  readonly data: string;
  /** ms since 1970. */
  readonly installedAt: number;
}

export interface AdapterState {
  readonly key: string;
  readonly value: Json;
}

/** `accepted`: new, and on disk. `duplicate`: seen before. `conflict`: same id, other content; the first one counts. `ignored`: recorded, but nothing will answer it. */
export interface AcceptResult {
  readonly status: 'accepted' | 'duplicate' | 'conflict' | 'ignored';
  readonly reason?: string;
}

/** More conversations than this are not known to a back-fill. */
export const maxRecent = 10_000;

export interface RecentConversation {
  readonly conversationId: string;
  readonly destination: Destination;
  readonly newestMessageId: string;
}

/** The recorded verdict on an event, or how far it has come. */
export interface EventStatus {
  readonly eventId: string;
  readonly conversationId: string;
  /** `waiting` for its turn, `running`, `delivering` the answer; the rest are final verdicts. */
  readonly state: 'waiting' | 'running' | 'delivering' | 'answered' | 'ignored' | 'refused' | 'handed' | 'failed';
  /** Why, where the state alone does not say it. */
  readonly reason?: string | undefined;
  readonly acceptedAt: number;
  /** The parts of the answer, in order. */
  readonly answer: readonly { readonly id: string; readonly text: string; readonly receipt?: Receipt | undefined }[];
}

export interface StreamOpening {
  /** The id that the first part of the answer will be sent under. */
  readonly id: string;
  readonly conversationId: string;
  readonly tenant: string;
  readonly inReplyTo: string;
  readonly destination: Destination;
}

export interface MessageStream {
  /** Adds text. Never waits and never throws: the adapter batches as the platform's limits ask. */
  append(text: string): void;
  /** Shows what is done for the answer meanwhile; again, with the same id, when that changes. Never waits and never throws. What is left running ends with the message. */
  step?(step: Step): void;
  /** Resolves once the platform shows the message; undefined if it surely never did, `unknown` where a request may have arrived. Never rejects. */
  readonly opened: Promise<Receipt | 'unknown' | undefined>;
  /** No more text will come here. Resolves when no request of this stream is under way any more. The message stays as it is, for `send` to complete. */
  close(): Promise<void>;
}

export interface SaidInThread {
  /** A name for people and prompts; untrusted, like the text. */
  readonly author: string;
  /** Markdown. */
  readonly text: string;
}

/** Something that takes a while before there is an answer: a search, a call of a tool. */
export interface Step {
  /** Unique within the answer. */
  readonly id: string;
  /** What people read, as in `Searching the knowledge base`. */
  readonly title: string;
  readonly state: 'running' | 'done' | 'failed';
  /** What came of it, in a few words. */
  readonly outcome?: string | undefined;
}

export interface FoundMessage {
  readonly receipt: Receipt;
  readonly complete: boolean;
}

/** All is well enough to work. */
export interface CheckReport {
  readonly detail: string;
  /** What should be looked at all the same, and how to mend it; a sentence each. */
  readonly warnings?: readonly string[];
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

export interface AdapterHealth {
  readonly connected: boolean;
  readonly detail: string;
}
