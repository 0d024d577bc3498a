import type { AcceptResult, AdapterState, EventStatus, RecentConversation } from '../adapter.ts';
import type { InboundEvent, Json, OutboundMessage, Receipt, Undeliverable } from '../message.ts';
import type { Asking } from './approval-store.ts';
import type { Copied } from './copy.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import type { FeedbackStore } from './feedback-store.ts';
import type { InstallationStore } from './installation-store.ts';
import type { KnowledgeStore } from './knowledge-store.ts';
import type { LimitStore, Spending } from './limit-store.ts';
import type { MemoryStore, Remembered, Remembering } from './memory-store.ts';
import type { Kept, Removing, RevisableBatch, Revising } from './revision.ts';
import type { SettingStore } from './setting-store.ts';
import type { Summarised, SummaryStore } from './summary-store.ts';
import type { ToolCallStore } from './tool-call-store.ts';
import type { UsageStore } from './usage-store.ts';
import type { WebhookStore } from './webhook-store.ts';

/**
 * The ledger. Every method is one atomic use case: either all of it is on disk when the promise resolves, or nothing is and it rejects.
 *
 * An event waits, is taken up by a turn, and is settled with a verdict:
 *
 *     accept ──> waiting ──claimTurns──> (leased) ──commitTurn──> settled: answered | ignored | refused | failed
 *                   ^                        │
 *                   └──postponeTurn, lease expired or process gone
 *
 * The lease lies on the conversation, so that one turn runs at a time and takes all events that wait. It carries a fencing token:
 * a holder whose token is no longer the newest changes nothing. Events that arrive while the lease is held wait for the next turn.
 *
 * Sometimes a process dies of a message. A conversation counts the deaths that its turn was under way at, until that ends: takeOver, and
 * leases that ran out and were claimed again. After two it is a suspect: at most eight such are under way at once, and of those with three
 * or more a single one, over all holders, fewest deaths first. The innocent ones are answered then, and the guilty one collects deaths
 * until its turn gives up. Suspects that have to wait hold up nobody else; they become ready when one that is under way ends.
 *
 * A part of an answer is written by commitTurn and goes out in the order of its conversation:
 *
 *     queued ──claimDeliveries──> sending ──settleSent──> sent
 *        ^                           ├──settleFailed──> queued (later) | dead
 *        └──replayDeadLetter         └──lease expired──> claimable again, as uncertain
 *
 * `uncertain` means that an earlier attempt may have reached the platform: look before sending again.
 */
export interface Store
  extends
    KnowledgeStore,
    InstallationStore,
    FeedbackStore,
    LimitStore,
    MemoryStore,
    DeadLetterStore,
    UsageStore,
    SettingStore,
    SummaryStore,
    ToolCallStore,
    WebhookStore {
  /**
   * Saves events in the order given, each at most once per (adapter, tenant, eventId), and with them the adapter's state.
   * A message or command that is to be answered makes its conversation ready; edits and deletes change the transcript at once,
   * and the removal of the bot from a tenant ends what waits there (see InstallationStore).
   * A copy that is addressed to the bot takes the place of one that was ignored because it was not.
   *
   * A stop is `ignored`, with one of `stopVerdicts` as its reason. One with a target marks the events of that turn which have been claimed, if
   * its author asked one of them or is a moderator; what came since belongs to the next turn.
   *
   * A message that does not speak to the bot, in a conversation that is not there, is ignored. If it is a reply, its text is kept until
   * `forgetOverheard`: where the platform brings what it follows up on only then, because the first delivery failed, it waits behind that,
   * as it reads by then. What was said before stays ignored.
   */
  accept(batch: AcceptBatch): Promise<readonly AcceptResult[]>;
  /**
   * `accept`, and in the same commit `claimTurns` of the conversations of these events: saves a way to the disk and back.
   * What has waited longer elsewhere goes first: claim only where there is room for all.
   */
  acceptAndClaim(batch: AcceptBatch, claim: TurnClaim): Promise<AcceptedTurns>;
  /** Leases conversations in which events wait, longest waiting first, and suspects sparingly. None is ever held by two unexpired leases. */
  claimTurns(claim: TurnClaim): Promise<TurnClaims>;
  /** Prolongs leases; returns the conversations whose lease has been lost. */
  renewTurns(renewal: TurnRenewal): Promise<readonly string[]>;
  /** Remembers the message that a stream has opened for the running turn. Changes nothing when the lease has been lost. */
  noteStream(note: TurnHold & { readonly receipt: Receipt }): Promise<void>;
  /** Ends a turn: transcript, verdicts and outbound parts at once. `stale` when the lease has been lost: then nothing has changed. */
  commitTurn(outcome: TurnOutcome): Promise<CommitResult>;
  /** Gives a turn back, to be claimed again at `retryAt`. False when the lease has been lost. */
  postponeTurn(postponement: TurnPostponement): Promise<boolean>;
  /** Leases parts that are due; of each conversation only the oldest unsettled one. */
  claimDeliveries(claim: DeliveryClaim): Promise<DeliveryClaims>;
  /** Records that the platform shows the part, and leases the next part of that conversation if it is due. */
  settleSent(sent: DeliveryHold & { readonly receipt: Receipt; readonly leaseMs: number }): Promise<SettleResult>;
  /** Records a failed attempt: again at `retryAt`, or never (then it and the later parts of its answer are dead letters). False when the lease has been lost. */
  settleFailed(failure: DeliveryFailure): Promise<boolean>;
  /** Frees what `owner` holds, so that it can be claimed at once: at a graceful stop. */
  handBack(owner: string): Promise<void>;
  /**
   * Frees what anybody held that has died, and makes due what was put off for half a minute or less: this process may have the adapter that the one before
   * had not. A longer wait is one that a platform has asked for. Only for a store that no other process can be using.
   */
  takeOver(): Promise<TakeOver>;
  loadState(key: { readonly adapter: string; readonly key: string }): Promise<Json | undefined>;
  recentConversations(query: { readonly adapter: string; readonly since: number }): Promise<readonly RecentConversation[]>;
  status(key: EventKey): Promise<EventStatus | undefined>;
  /** The newest messages of a conversation, oldest first. */
  transcript(query: TranscriptQuery): Promise<readonly TranscriptMessage[]>;
  /** What waits and is undelivered for these adapters, or for all of them. */
  stats(query?: { readonly adapters: readonly string[] }): Promise<StoreStats>;
  /** Removes settled events, turns and parts from before `before`, a bounded number at a time; returns how many. The transcript stays. */
  prune(query: { readonly before: number; readonly limit: number }): Promise<number>;
  /** Clears what is kept of ignored replies that came before `before`, a bounded number at a time; returns how many. That they came stays recorded. */
  forgetOverheard(query: { readonly before: number; readonly limit: number }): Promise<number>;
  close(): Promise<void>;
}

export interface AcceptBatch extends RevisableBatch {
  readonly adapter: string;
  readonly events: readonly InboundEvent[];
  readonly state?: AdapterState | undefined;
}

export interface AcceptedTurns {
  readonly results: readonly AcceptResult[];
  readonly turns: readonly ClaimedTurn[];
}

export interface EventKey {
  readonly adapter: string;
  readonly tenant: string;
  readonly eventId: string;
}

export interface TurnClaim {
  readonly owner: string;
  readonly limit: number;
  readonly leaseMs: number;
  /** How many of the newest transcript messages to bring along. */
  readonly historyLimit: number;
}

export interface TurnClaims {
  readonly turns: readonly ClaimedTurn[];
  /** When the next conversation becomes ready or a lease runs out, in ms since 1970. Suspects that have to wait are not counted. */
  readonly nextAt: number | undefined;
}

/** Proof of a lease. */
export interface TurnHold {
  readonly owner: string;
  readonly conversationId: string;
  readonly token: number;
}

export interface ClaimedTurn extends TurnHold, Revising, Summarised, Remembered {
  readonly turnId: string;
  /** How often this turn has been claimed, from 1. */
  readonly attempt: number;
  /** How many of the earlier attempts ended with their process, or with a lease that ran out. */
  readonly crashes: number;
  /** Earlier attempts took the events up to this one; what came later is taken up for the first time. */
  readonly triedSeq: number;
  /** Everything that waits, in order of acceptance; never empty. */
  readonly events: readonly WaitingEvent[];
  /** The transcript since the last reset, oldest first. */
  readonly history: readonly TranscriptMessage[];
  /** What earlier attempts may have left on the platform: the message that a stream opened, or that it is not known whether one did. */
  readonly stream: Receipt | 'unknown' | undefined;
  /** Whether earlier answers of this conversation are still on their way. */
  readonly outboxBusy: boolean;
}

export interface WaitingEvent {
  readonly seq: number;
  readonly event: InboundEvent;
  readonly acceptedAt: number;
  /** Somebody has stopped this turn, or all that waited, since the event came. Where some events of a turn are, they are its first. */
  readonly stopped: boolean;
}

export interface TurnRenewal {
  readonly owner: string;
  readonly leaseMs: number;
  readonly turns: readonly { readonly conversationId: string; readonly token: number }[];
}

export type Verdict = 'answered' | 'ignored' | 'refused' | 'failed';

export interface TurnOutcome extends TurnHold, Revising, Spending, Copied, Asking, Remembering {
  readonly turnId: string;
  readonly attempt: number;
  readonly startedAt: number;
  readonly events: readonly SettledEvent[];
  /** The answer as the transcript keeps it; undefined when nothing was said that later turns should know. */
  readonly answer?: { readonly text: string; readonly tokens: number } | undefined;
  /** The parts that go out, in order. */
  readonly parts: readonly { readonly id: string; readonly text: string }[];
  readonly deliver: {
    readonly adapter: string;
    readonly tenant: string;
    readonly inReplyTo: string;
    readonly destination: OutboundMessage['destination'];
    /** The message that a stream of this turn opened for the first part. */
    readonly opened?: Receipt | undefined;
    /** Whether a stream may have opened one that is not known. */
    readonly uncertain: boolean;
    /** No attempt to deliver starts after this. */
    readonly expiresAt: number;
    readonly leaseMs: number;
  };
  /** The transcript up to here no longer counts as context. */
  readonly reset?: boolean | undefined;
  readonly model?: string | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  /** Why the turn failed; makes it a dead letter. */
  readonly failure?: { readonly errorId: string; readonly message: string } | undefined;
}

export interface SettledEvent extends Kept {
  readonly seq: number;
  readonly verdict: Verdict;
  readonly reason?: string | undefined;
  /** Tokens of its text in the transcript; undefined keeps it out of the transcript. */
  readonly tokens?: number | undefined;
  readonly files?: { readonly text: string; readonly tokens: number } | undefined; // A message of their own before it, which goes with it.
}

/** The first part comes back leased to the caller, unless earlier answers must go out first. `changed`: events of the turn read otherwise now, so nothing is written. */
export type CommitResult =
  | { readonly status: 'committed'; readonly delivery: ClaimedDelivery | undefined; readonly moreWaiting: boolean }
  | { readonly status: 'stale' | 'changed' };

export interface TurnPostponement extends TurnHold, Spending {
  readonly retryAt: number;
  readonly error: string;
  /** Whether the attempt counts towards the limit; a hand-back at a stop does not. */
  readonly counts: boolean;
  /** What this attempt left on the platform. */
  readonly stream: Receipt | 'unknown' | undefined;
}

export interface DeliveryClaim {
  readonly owner: string;
  readonly limit: number;
  readonly leaseMs: number;
}

export interface DeliveryClaims extends Pick<TurnClaims, 'nextAt'> {
  readonly deliveries: readonly ClaimedDelivery[];
}

export interface DeliveryHold {
  readonly id: string;
  readonly owner: string;
  readonly token: number;
}

export interface ClaimedDelivery extends DeliveryHold, Removing {
  readonly adapter: string;
  readonly message: OutboundMessage;
  readonly uncertain: boolean;
  readonly leaseUntil: number;
  readonly expiresAt: number;
}

/** `stale` when the lease was lost; `receipt` then is what another holder recorded, if it did. */
export type SettleResult =
  | { readonly status: 'settled'; readonly next: ClaimedDelivery | undefined }
  | { readonly status: 'stale'; readonly receipt: Receipt | undefined };

export interface DeliveryFailure extends DeliveryHold {
  readonly error: string;
  readonly uncertain: boolean;
  /** Undefined: never again. */
  readonly retryAt: number | undefined;
  readonly undeliverable?: Undeliverable | undefined;
}

export type TakeOver = Readonly<Record<'turns' | 'deliveries', number>>;
export interface TranscriptQuery {
  readonly conversationId: string;
  readonly limit: number;
  /** Whether what was said before the last reset stays out. */
  readonly sinceReset?: boolean;
}

export interface TranscriptMessage {
  readonly role: 'user' | 'assistant';
  readonly authorId: string;
  readonly authorName: string;
  readonly text: string;
  readonly tokens: number;
  readonly at: number;
}

export interface StoreStats {
  readonly waiting: number;
  readonly oldestWaitingAt: number | undefined;
  readonly undelivered: number;
  /** Events and parts of other adapters: they wait for theirs, until they are stale or expire. */
  readonly parked: number;
  readonly deadLetters: number;
  readonly conversations: number;
}
