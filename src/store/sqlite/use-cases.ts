import type { ApprovalStore } from '../approval-store.ts';
import type { DeadLetterStore } from '../dead-letter-store.ts';
import type { FeedbackStore } from '../feedback-store.ts';
import type { KnowledgeStore, VectorStore } from '../knowledge-store.ts';
import type { LimitStore } from '../limit-store.ts';
import type { MemoryStore } from '../memory-store.ts';
import type { SettingStore } from '../setting-store.ts';
import type { Store } from '../store.ts';
import type { SummaryStore } from '../summary-store.ts';
import type { UsageStore } from '../usage-store.ts';
import { createAccept } from './accept.ts';
import { createAnswerCache, createPruneAnswers } from './answer-cache.ts';
import { createApprovalLooks } from './approvals.ts';
import { createBudgets, createPruneLimits } from './budgets.ts';
import { createCommit } from './commit.ts';
import type { Sqlite } from './database.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createDeliveries } from './deliveries.ts';
import { createFactCases } from './facts.ts';
import { createFeedback, createSolved } from './feedback.ts';
import { createForgetPerson } from './forget.ts';
import { createInstallations } from './installations.ts';
import { createKnowledge } from './knowledge.ts';
import { createKnowledgeGaps } from './knowledge-gaps.ts';
import { createKnowledgeSources } from './knowledge-sources.ts';
import { createLimitUse } from './limit-use.ts';
import { createMessageLimits } from './message-limits.ts';
import { createPlaces } from './places.ts';
import { createOverheard } from './overheard.ts';
import { createStats } from './stats.ts';
import { createSummaries } from './summaries.ts';
import { createStatus } from './status.ts';
import { createToolCallCases } from './tool-calls.ts';
import { createTurns } from './turns.ts';
import { createUpkeep } from './upkeep.ts';
import { createUsage } from './usage.ts';
import { createVectors } from './vectors.ts';
import { createWakePutOff } from './wake.ts';
import { createWebhookUseCases } from './webhook-use-cases.ts';

export type UseCase = Exclude<keyof Store, 'close'>;

/** A call on its way to the thread that holds the database. */
export interface Call {
  readonly name: UseCase;
  readonly args: readonly unknown[];
  /** The caller's clock: the store's time is always given to it. */
  readonly now: number;
}

type Run<Name extends UseCase> = (args: Parameters<Store[Name]>, now: number) => Awaited<ReturnType<Store[Name]>>;
/** What has not been added up is not removed: see upkeep.ts. Mostly there is nothing to add. */
const summedBeforePruning = 1_000;

type UseCases = { readonly [Name in UseCase]: Run<Name> };

/** Every method of the store but `close`, synchronous, to be run inside a transaction. */
export function createUseCases(db: Sqlite): UseCases {
  const overheard = createOverheard(db);
  const accept = createAccept(db, overheard);
  const turnsOf = createTurns(db);
  const commitTurn = createCommit(db);
  const deliveries = createDeliveries(db);
  const status = createStatus(db);
  const stats = createStats(db);
  const installations = createInstallations(db);
  const upkeep = createUpkeep(db);
  const wakePutOff = createWakePutOff(db);
  return {
    accept: ([batch], now) => accept(batch, now),
    acceptAndClaim: ([batch, claim], now) => {
      const results = accept(batch, now);
      const accepted = batch.events.filter((_, index) => results[index]?.status === 'accepted');
      const turns = turnsOf.claimThese(
        accepted.map(({ conversationId }) => conversationId),
        claim,
        now,
      );
      return { results, turns };
    },
    claimTurns: ([claim], now) => turnsOf.claimTurns(claim, now),
    renewTurns: ([renewal], now) => turnsOf.renewTurns(renewal, now),
    noteStream: ([note]) => turnsOf.noteStream(note),
    commitTurn: ([outcome], now) => commitTurn(outcome, now),
    postponeTurn: ([postponement], now) => turnsOf.postponeTurn(postponement, now),
    claimDeliveries: ([claim], now) => deliveries.claimDeliveries(claim, now),
    settleSent: ([sent], now) => deliveries.settleSent(sent, now),
    settleFailed: ([failure], now) => deliveries.settleFailed(failure, now),
    handBack: ([owner], now) => upkeep.handBack(owner, now),
    takeOver: (_, now) => {
      wakePutOff(now);
      return upkeep.takeOver(now);
    },
    loadState: ([key]) => status.loadState(key),
    recentConversations: ([query]) => status.recentConversations(query),
    status: ([key]) => status.status(key),
    transcript: ([query]) => turnsOf.transcript(query),
    stats: ([query]) => stats(query?.adapters),
    ...deadLetterCases(db),
    ...usageCases(db, upkeep.prune),
    ...settingCases(db),
    forgetOverheard: ([query]) => overheard.forget(query),
    saveInstallation: ([installation], now) => installations.saveInstallation(installation, now),
    findInstallation: ([key]) => installations.findInstallation(key),
    listInstallations: ([query]) => installations.listInstallations(query),
    ...createFeedbackCases(db),
    ...knowledgeCases(db),
    ...createWebhookUseCases(db),
    ...createToolCallCases(db),
    ...summaryCases(db),
    ...memoryCases(db),
    ...limitCases(db),
    ...createAnswerCache(db),
    ...approvalCases(db, accept),
  };
}

function approvalCases(db: Sqlite, accept: ReturnType<typeof createAccept>): Pick<UseCases, keyof ApprovalStore> {
  const approvals = createApprovalLooks(db);
  return {
    findApproval: ([id]) => approvals.findApproval(id),
    listApprovals: ([query]) => approvals.listApprovals(query),
    expireApprovals: ([{ limit }], now) => {
      const events = approvals.expiring(limit, now);
      for (const event of events) accept({ adapter: event.adapter, events: [event] }, now);
      return events.length;
    },
  };
}

type Prune = ReturnType<typeof createUpkeep>['prune'];

function usageCases(db: Sqlite, prune: Prune): Pick<UseCases, 'prune' | keyof UsageStore> {
  const usage = createUsage(db);
  const pruneLimits = createPruneLimits(db);
  const pruneAnswers = createPruneAnswers(db);
  return {
    prune: ([query], now) => {
      pruneLimits(now);
      pruneAnswers(now);
      usage.sumUsage({ limit: summedBeforePruning });
      return prune(query);
    },
    sumUsage: ([query]) => usage.sumUsage(query),
    usage: ([query]) => usage.usage(query),
    newestTurn: () => usage.newestTurn(),
  };
}

function knowledgeCases(db: Sqlite): Pick<UseCases, keyof KnowledgeStore> {
  const knowledge = createKnowledge(db);
  const gaps = createKnowledgeGaps(db);
  const sources = createKnowledgeSources(db);
  return {
    noteGap: ([question], now) => gaps.noteGap(question, now),
    listGaps: ([limit]) => gaps.listGaps(limit),
    listDocuments: ([collection]) => knowledge.listDocuments(collection),
    listTitles: ([limit, collections]) => knowledge.listTitles(limit, collections),
    putDocument: ([document, passages]) => knowledge.putDocument(document, passages),
    touchDocument: ([document]) => knowledge.touchDocument(document),
    removeDocument: ([document]) => knowledge.removeDocument(document),
    ...vectorCases(db),
    searchPassages: ([match, limit, collections]) => knowledge.searchPassages(match, limit, collections),
    listSources: () => sources.listSources(),
    putSource: ([source]) => sources.putSource(source),
    removeSource: ([name]) => sources.removeSource(name),
    listSyncs: () => sources.listSyncs(),
    putSync: ([sync]) => sources.putSync(sync),
    removeSync: ([collection]) => sources.removeSync(collection),
  };
}

function vectorCases(db: Sqlite): Pick<UseCases, keyof VectorStore> {
  const vectors = createVectors(db);
  return {
    listUnembedded: ([query]) => vectors.listUnembedded(query),
    saveVectors: ([query]) => vectors.saveVectors(query),
    listVectorIds: ([model]) => vectors.listVectorIds(model),
    loadVectors: ([query]) => vectors.loadVectors(query),
    passagesOf: ([ids]) => vectors.passagesOf(ids),
  };
}

function summaryCases(db: Sqlite): Pick<UseCases, keyof SummaryStore> {
  const summaries = createSummaries(db);
  return {
    toSummarise: ([query]) => summaries.toSummarise(query),
    saveSummary: ([summary], now) => summaries.saveSummary(summary, now),
    settleSummary: ([spent], now) => summaries.settleSummary(spent, now),
  };
}

function memoryCases(db: Sqlite): Pick<UseCases, keyof MemoryStore> {
  const forgetPerson = createForgetPerson(db);
  return { ...createFactCases(db), forgetPerson: ([request], now) => forgetPerson(request, now) };
}

function limitCases(db: Sqlite): Pick<UseCases, keyof LimitStore> {
  const admitMessages = createMessageLimits(db);
  const budgets = createBudgets(db);
  const use = createLimitUse(db);
  return {
    admitMessages: ([admission], now) => admitMessages(admission, now),
    reserve: ([reservation], now) => budgets.reserve(reservation, now),
    limitUse: ([query], now) => use.limitUse(query, now),
    spending: ([query]) => use.spending(query),
  };
}

function deadLetterCases(db: Sqlite): Pick<UseCases, keyof DeadLetterStore> {
  const letters = createDeadLetters(db);
  return {
    listDeadLetters: ([query]) => letters.listDeadLetters(query),
    getDeadLetter: ([id]) => letters.getDeadLetter(id),
    replayDeadLetter: ([id], now) => letters.replayDeadLetter(id, now),
    discardDeadLetter: ([id], now) => letters.discardDeadLetter(id, now),
  };
}

function settingCases(db: Sqlite): Pick<UseCases, keyof SettingStore> {
  const places = createPlaces(db);
  return {
    changePlace: ([change], now) => places.changePlace(change, now),
    listPlaces: ([query]) => places.listPlaces(query),
  };
}

function createFeedbackCases(db: Sqlite): Pick<UseCases, keyof FeedbackStore> {
  const feedback = createFeedback(db);
  const solved = createSolved(db);
  return {
    listFeedback: ([query]) => feedback.listFeedback(query),
    listSolved: ([query]) => solved.listSolved(query),
    summariseFeedback: ([query]) => feedback.summariseFeedback(query),
  };
}

export type CallResult = { readonly value: unknown } | { readonly error: unknown };

/**
 * Runs calls in one transaction: a commit, and with it the wait for the disk, for all of them together (group commit). A call that
 * throws must not take the others with it, and it is rare: then each is run again in a transaction of its own.
 */
export function createBatchRunner(db: Sqlite): (calls: readonly Call[]) => CallResult[] {
  const useCases = createUseCases(db);
  // The types are those of Store, which the client has checked; across the thread they are lost.
  const run = (call: Call): unknown =>
    (useCases[call.name] as (args: readonly unknown[], now: number) => unknown)(call.args, call.now);
  const together = db.transaction((calls: readonly Call[]): CallResult[] => calls.map((call) => ({ value: run(call) })));
  return (calls) => {
    try {
      return together.immediate(calls);
    } catch (error) {
      if (calls.length === 1) return [{ error }];
      return calls.map((call) => runAlone(() => together.immediate([call])));
    }
  };
}

function runAlone(attempt: () => CallResult[]): CallResult {
  try {
    return attempt()[0] ?? { value: undefined };
  } catch (error) {
    return { error };
  }
}
