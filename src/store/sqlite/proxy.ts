import type { Clock } from '../../clock.ts';
import type { Store } from '../store.ts';
import type { Call, UseCase } from './use-cases.ts';

/** Hands a call over and resolves with its result once it is committed. */
export type Enqueue = (call: Call) => Promise<unknown>;

export interface StoreProxyOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly enqueue: Enqueue;
  readonly close: () => Promise<void>;
}

const names: { readonly [Name in UseCase]: true } = {
  accept: true,
  acceptAndClaim: true,
  claimTurns: true,
  renewTurns: true,
  noteStream: true,
  commitTurn: true,
  postponeTurn: true,
  claimDeliveries: true,
  settleSent: true,
  settleFailed: true,
  handBack: true,
  takeOver: true,
  loadState: true,
  recentConversations: true,
  status: true,
  transcript: true,
  stats: true,
  listDeadLetters: true,
  getDeadLetter: true,
  replayDeadLetter: true,
  discardDeadLetter: true,
  prune: true,
  forgetOverheard: true,
  saveInstallation: true,
  findInstallation: true,
  listInstallations: true,
  sumUsage: true,
  usage: true,
  newestTurn: true,
  changePlace: true,
  listPlaces: true,
  listDocuments: true,
  listTitles: true,
  putDocument: true,
  touchDocument: true,
  removeDocument: true,
  searchPassages: true,
  listUnembedded: true,
  saveVectors: true,
  listVectorIds: true,
  loadVectors: true,
  passagesOf: true,
  listSources: true,
  putSource: true,
  removeSource: true,
  listSyncs: true,
  putSync: true,
  removeSync: true,
  noteGap: true,
  listGaps: true,
  findAnswer: true,
  keepAnswer: true,
  listFeedback: true,
  summariseFeedback: true,
  listSolved: true,
  recordDeliveries: true,
  listWebhookDeliveries: true,
  getWebhookDelivery: true,
  countRefusals: true,
  pruneDeliveries: true,
  resendAnswer: true,
  beginToolCall: true,
  recordToolCalls: true,
  listToolCalls: true,
  toSummarise: true,
  saveSummary: true,
  settleSummary: true,
  recall: true,
  listFacts: true,
  addFact: true,
  removeFact: true,
  forgetPerson: true,
  admitMessages: true,
  reserve: true,
  limitUse: true,
  spending: true,
  findApproval: true,
  listApprovals: true,
  expireApprovals: true,
};

/** A Store whose methods become calls, stamped with the caller's time. */
export function createStoreProxy({ clock, enqueue, close }: StoreProxyOptions): Store {
  const methods = Object.keys(names).map((name) => [
    name,
    (...args: unknown[]) => enqueue({ name: name as UseCase, args, now: clock.now() }), // a key of `names`
  ]);
  return Object.assign(Object.fromEntries(methods), { close }) as Store; // every name of Store is in `names`, or it would not compile
}
