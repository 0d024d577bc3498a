import type { Forgotten, ForgetRequest } from '../memory-store.ts';
import type { TurnHold } from '../store.ts';
import { createForgetCached } from './answer-cache.ts';
import type { Sqlite } from './database.ts';
import { createForgetAnswers } from './forget-answers.ts';
import { createForgetGaps } from './forget-gaps.ts';
import { createForgetWaiting, type Who } from './forget-waiting.ts';
import { createFindSpoken, type Spoken } from './spoken.ts';

/**
 * Erases a person in one transaction; see memory-store.ts. An answer that was given after the person had spoken may repeat what was said, to whomever it was given:
 * all of these go from the transcript, and the summary with them. What others have written stays.
 */
export function createForgetPerson(db: Sqlite): (request: ForgetRequest, now: number) => Forgotten | undefined {
  const holds = db.prepare<TurnHold, { found: 1 }>(
    'select 1 as found from conversation where id = @conversationId and lease_owner = @owner and lease_token = @token',
  );
  const dropFacts = db.prepare<Who>(
    'delete from fact where adapter = @adapter and tenant = @tenant and person = @person and conversation_id is coalesce(@only, conversation_id)',
  );
  const findSpoken = createFindSpoken(db);
  const forgetCached = createForgetCached(db);
  const forgetGaps = createForgetGaps(db);
  const forgetWaiting = createForgetWaiting(db);
  const forgetAnswers = createForgetAnswers(db);
  const unsay = createUnsay(db);
  const interrupt = createInterrupt(db);

  return (request, now) => {
    const { adapter, tenant, person, conversationId: only = null, by } = request;
    if (by && !holds.get({ conversationId: by.conversationId, owner: by.owner, token: by.token })) return undefined;
    const who = { adapter, tenant, person, only };
    const spoken = findSpoken(who);
    if (adapter === 'webhook') forgetCached(tenant);
    const facts = dropFacts.run(who).changes;
    // By what was said and called, while that is still there.
    forgetGaps(spoken, person);
    const waiting = forgetWaiting(who, by?.seq);
    let [messages, underWay, conversations] = [0, 0, 0];
    for (const each of spoken) {
      underWay += forgetAnswers({ ...each, person }, now);
      const said = unsay(each, person);
      messages += said;
      conversations += said > 0 ? 1 : 0;
    }
    // The turn that forgets has read nothing of it.
    const interrupted = spoken.map(({ id }) => id).filter((id) => interrupt(id, id !== by?.conversationId));
    return { facts, messages, conversations, waiting, underWay, interrupted };
  };
}

/** Takes what the person has said out of a transcript, and all answers since; how much the person had said. */
function createUnsay(db: Sqlite): (spoken: Spoken, person: string) => number {
  const unsay = db.prepare<[string, string]>("delete from message where conversation_id = ? and author_id = ? and role = 'user'");
  const unanswer = db.prepare<[string, number, number]>(
    "delete from message where conversation_id = ? and role = 'assistant' and (seq >= ? or turn >= ?)",
  );
  return ({ id, firstMessage, turns }, person) => {
    const [firstTurn = Number.MAX_SAFE_INTEGER] = turns;
    unanswer.run(id, firstMessage ?? Number.MAX_SAFE_INTEGER, firstTurn);
    return unsay.run(id, person).changes;
  };
}

/** What a running turn has read is gone: it commits nothing, and begins anew. True where one runs. */
function createInterrupt(db: Sqlite): (conversationId: string, marks: boolean) => boolean {
  const drop = db.prepare<[string]>('update conversation set summary = null where id = ? and summary is not null');
  const mark = db.prepare<[string]>('update conversation set changed = 1 where id = ? and lease_owner is not null');
  return (conversationId, marks) => {
    drop.run(conversationId);
    return marks && mark.run(conversationId).changes > 0;
  };
}
