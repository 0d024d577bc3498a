import { describe } from 'node:test';
import { describeAccept } from './store/accept.ts';
import { describeAnswerCache } from './store/answer-cache.ts';
import { describeCommit } from './store/commit.ts';
import { describeDeadLetters } from './store/dead-letters.ts';
import { describeDeliveries } from './store/deliveries.ts';
import { describeEdits } from './store/edits.ts';
import { describeFeedback } from './store/feedback.ts';
import { describeInstallations } from './store/installations.ts';
import { describeKnowledge } from './store/knowledge.ts';
import { describeVectors } from './store/vectors.ts';
import { describeLeases } from './store/leases.ts';
import type { OpenStore } from './store/ledger.ts';
import { describeLimits } from './store/limits.ts';
import { describeForgetting } from './store/forgetting.ts';
import { describeMemory } from './store/memory.ts';
import { describeMessageLimits } from './store/message-limits.ts';
import { describeOverheard } from './store/overheard.ts';
import { describeOwnMessages } from './store/own-messages.ts';
import { describePlaces } from './store/places.ts';
import { describeReplay } from './store/replay.ts';
import { describeWebhooks } from './store/webhooks.ts';
import { describeStatus } from './store/status.ts';
import { describeSuspects } from './store/suspects.ts';
import { describeApprovals } from './store/approvals.ts';
import { describeToolCalls } from './store/tool-calls.ts';
import { describeStops } from './store/stops.ts';
import { describeTurnLimits } from './store/turn-limits.ts';
import { describeTurns } from './store/turns.ts';
import { describeUpkeep } from './store/upkeep.ts';
import { describeUsage } from './store/usage.ts';

export interface StoreContract {
  readonly name: string;
  /** Opens an empty store, told the time by the clock beside it. The suite closes it. */
  readonly open: OpenStore;
}

/** What every backend of the ledger promises, through the Store interface alone. */
export function defineStoreContract({ name, open }: StoreContract): void {
  describe(name, () => {
    describeAccept(open);
    describeEdits(open);
    describeOverheard(open);
    describeTurns(open);
    describeStops(open);
    describeTurnLimits(open);
    describeOwnMessages(open);
    describeLeases(open);
    describeSuspects(open);
    describeCommit(open);
    describeDeliveries(open);
    describeDeadLetters(open);
    describeReplay(open);
    describeWebhooks(open);
    describeStatus(open);
    describeUpkeep(open);
    describeFeedback(open);
    describeInstallations(open);
    describeKnowledge(open);
    describeVectors(open);
    describeUsage(open);
    describeLimits(open);
    describeMessageLimits(open);
    describePlaces(open);
    describeMemory(open);
    describeForgetting(open);
    describeToolCalls(open);
    describeApprovals(open);
    describeAnswerCache(open);
  });
}
