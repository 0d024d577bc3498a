import type { Store } from '../../src/store/store.ts';

export const killPlatforms = ['slack', 'discord', 'webhook'] as const;

export type PlatformName = (typeof killPlatforms)[number];

/** What the platform sees of the process, from outside. */
export type Moment =
  /** It has acknowledged an event. */
  | 'acknowledged'
  /** A request that shows a message has arrived, and nothing has come of it. */
  | 'sending'
  /** That request is carried out and not answered. */
  | 'sent'
  /** People see the beginning of an answer that the model is still giving. */
  | 'streamed'
  /** It is being asked whether an earlier message stands there. */
  | 'looking';

/** A call of the store at which the process ends itself: before the call, while it is under way, or once it is on disk and nobody has heard of it. */
export interface Trap {
  readonly method: Exclude<keyof Store, 'close'>;
  readonly phase: 'before' | 'during' | 'after';
  /** At which call, from 1. */
  readonly count: number;
}

export type Place =
  | { readonly type: 'store'; readonly trap: Trap }
  | { readonly type: 'model'; readonly phase: 'request' | 'midStream' }
  /** `lost`: the request that is seen has no effect. */
  | { readonly type: 'platform'; readonly moment: Moment; readonly lost?: boolean }
  | { readonly type: 'time' };

/** Where a process is killed. */
export interface KillPoint {
  readonly name: string;
  readonly place: Place;
  /** What must go wrong for the process to get there. */
  readonly needs?: 'failed send' | 'failed model';
  readonly not?: readonly PlatformName[];
}

const store = (method: Trap['method'], phase: Trap['phase'], count = 1): Place => ({
  type: 'store',
  trap: { method, phase, count },
});

/** The way of a question through the ledger, step by step. */
export const killPoints: readonly KillPoint[] = [
  { name: 'before the event is saved', place: store('accept', 'before') },
  { name: 'while the event is being saved', place: store('accept', 'during') },
  { name: 'event saved, not acknowledged', place: store('accept', 'after') },
  // A gateway knows no acknowledgement: what stands for it is saved with the event.
  { name: 'event acknowledged', place: { type: 'platform', moment: 'acknowledged' }, not: ['discord'] },
  { name: 'second event saved, not acknowledged', place: store('accept', 'after', 2) },
  { name: 'while the turn is being claimed', place: store('claimTurns', 'during') },
  { name: 'turn claimed', place: store('claimTurns', 'after') },
  { name: 'during the model call', place: { type: 'model', phase: 'request' } },
  { name: 'mid-stream, nothing shown', place: { type: 'model', phase: 'midStream' } },
  { name: 'mid-stream, its beginning shown', place: { type: 'platform', moment: 'streamed' }, not: ['webhook'] },
  { name: 'before the stream is noted', place: store('noteStream', 'before'), not: ['webhook'] },
  { name: 'stream noted', place: store('noteStream', 'after'), not: ['webhook'] },
  { name: 'before the turn is postponed', place: store('postponeTurn', 'before'), needs: 'failed model' },
  { name: 'turn postponed', place: store('postponeTurn', 'after'), needs: 'failed model' },
  { name: 'before the turn is committed', place: store('commitTurn', 'before') },
  { name: 'while the turn is being committed', place: store('commitTurn', 'during') },
  { name: 'turn committed', place: store('commitTurn', 'after') },
  { name: 'during the send, lost on its way', place: { type: 'platform', moment: 'sending', lost: true } },
  { name: 'during the send', place: { type: 'platform', moment: 'sending' } },
  { name: 'sent, not answered', place: { type: 'platform', moment: 'sent' } },
  { name: 'sent, before the receipt', place: store('settleSent', 'before') },
  { name: 'while the receipt is being saved', place: store('settleSent', 'during') },
  { name: 'receipt saved', place: store('settleSent', 'after') },
  { name: 'before a failed send is recorded', place: store('settleFailed', 'before'), needs: 'failed send' },
  { name: 'failed send recorded', place: store('settleFailed', 'after'), needs: 'failed send' },
  { name: 'at any moment', place: { type: 'time' } },
];

/** What a process does that finds work of another: for a second kill right after the first. */
export const recoveryPoints: readonly KillPoint[] = [
  { name: 'before the take-over', place: store('takeOver', 'before') },
  { name: 'during the take-over', place: store('takeOver', 'during') },
  { name: 'taken over', place: store('takeOver', 'after') },
  { name: 'recovering: turn claimed', place: store('claimTurns', 'after') },
  { name: 'recovering: while deliveries are claimed', place: store('claimDeliveries', 'during') },
  { name: 'recovering: deliveries claimed', place: store('claimDeliveries', 'after') },
  { name: 'recovering: looking for an earlier send', place: { type: 'platform', moment: 'looking' }, not: ['webhook'] },
  { name: 'recovering: during the send', place: { type: 'platform', moment: 'sending' } },
  { name: 'recovering: sent, not answered', place: { type: 'platform', moment: 'sent' } },
  { name: 'recovering: sent, before the receipt', place: store('settleSent', 'before') },
  { name: 'recovering: at any moment', place: { type: 'time' } },
];
