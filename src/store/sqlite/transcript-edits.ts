import type { MessageDelete, MessageEdit } from '../../message.ts';
import type { RevisionRules } from '../revision.ts';
import type { Sqlite } from './database.ts';
import { createDropFacts } from './facts.ts';
import type { Overheard } from './overheard.ts';
import type { Revisions } from './revisions.ts';
import { createDropSummary } from './summaries.ts';

interface Moment {
  readonly now: number;
  readonly rules: RevisionRules | undefined;
}

interface SettledMessage {
  readonly seq: number;
  readonly turn: number;
  readonly text: string;
}

const updated = 'transcript updated';
const unknown = 'unknown message';

/**
 * A message that still waits is changed where it waits, so that the turn reads its newest wording; a settled one in the transcript;
 * one that failed also where it is kept for a replay; and one that was overheard where it is kept for a mention that is late.
 * What has been answered is answered again, or its answer is withdrawn, as the rules say. Returns what came of it.
 */
export function createTranscriptEdits(db: Sqlite, { overheard, revisions }: { overheard: Overheard; revisions: Revisions }) {
  const waiting = createWaitingEdits(db);
  const dropSummary = createDropSummary(db);
  const dropFacts = createDropFacts(db);
  const editFailed = db.prepare<[string, string, string]>(
    `update inbox set text = ? where conversation_id = ? and message_id = ? and type = 'message' and verdict = 'failed'
       and payload is not null`,
  );
  const withdrawFailed = db.prepare<[string, string]>(
    `update inbox set withdrawn = 1, text = '', payload = null
     where conversation_id = ? and message_id = ? and type = 'message' and verdict = 'failed'`,
  );
  // Newest first: what is edited is mostly recent, and conversations grow long.
  const findSettled = db.prepare<[string, string], SettledMessage>(
    `select seq, turn, text from message where conversation_id = ? and message_id = ? and role = 'user' order by seq desc limit 1`,
  );
  // The stored count no longer fits: a rough one by length does until the text is next counted.
  const editSettled = db.prepare<[string, string, number]>(
    'update message set text = ?, tokens = octet_length(?) / 3 + 1 where seq = ?',
  );
  // With what its files said.
  const removeSettled = db.prepare<[string, string]>(
    "delete from message where conversation_id = ? and message_id = ? and role = 'user'",
  );
  return {
    edit({ text, conversationId, messageId, sentAt }: MessageEdit, { now, rules }: Moment): string {
      const found = waiting.edit({ text, conversationId, messageId, interrupts: rules !== undefined });
      const failed = editFailed.run(text, conversationId, messageId).changes;
      const kept = overheard.edit(messageId, conversationId, text);
      const settled = findSettled.get(conversationId, messageId);
      // What was typed as a command stands in no transcript, and may have been remembered all the same.
      const dropped = settled?.text === text ? 0 : dropFacts(conversationId, messageId);
      if (!settled || found) return found || failed + kept + dropped > 0 || settled ? updated : unknown;
      if (settled.text === text) return rules ? 'nothing has changed' : updated;
      editSettled.run(text, text, settled.seq);
      dropSummary(conversationId, settled.seq);
      const revised = rules && revisions.reviseEdited({ conversationId, messageId, turn: settled.turn, sentAt, now }, rules);
      return revised ?? updated;
    },
    remove({ conversationId, messageId, sentAt }: MessageDelete, { now, rules }: Moment): string {
      const withdraws = rules?.withdrawDeleted ?? false;
      const found = waiting.withdraw({ conversationId, messageId, withdraws });
      const failed = withdrawFailed.run(conversationId, messageId).changes;
      const kept = overheard.remove(messageId, conversationId);
      const settled = findSettled.get(conversationId, messageId);
      const dropped = dropFacts(conversationId, messageId);
      if (!settled) return found || failed + kept + dropped > 0 ? updated : unknown;
      removeSettled.run(conversationId, messageId);
      dropSummary(conversationId, settled.seq);
      if (found || !rules?.withdrawDeleted) return updated;
      return revisions.withdrawDeleted({ conversationId, messageId, turn: settled.turn, sentAt, now }, rules);
    },
  };
}

/** Of what waits. A turn that runs has read it already: it is told so by a mark, and commits nothing then. */
function createWaitingEdits(db: Sqlite) {
  const edit = db.prepare<[string, string, string, string], { seq: number }>(
    `update inbox set text = ? where conversation_id = ? and message_id = ? and type = 'message' and state = 'waiting' and withdrawn = 0
       and text <> ? returning seq`,
  );
  const waits = db.prepare<[string, string], { found: 1 }>(
    `select 1 as found from inbox where conversation_id = ? and message_id = ? and type = 'message' and state = 'waiting' and withdrawn = 0`,
  );
  const withdraw = db.prepare<[number, string, string], { seq: number }>(
    `update inbox set withdrawn = ?, text = '' where conversation_id = ? and message_id = ? and type = 'message' and state = 'waiting'
     returning seq`,
  );
  const mark = db.prepare<[string, number]>(
    'update conversation set changed = 1 where id = ? and lease_owner is not null and claimed_seq >= ?',
  );
  return {
    edit({
      text,
      conversationId,
      messageId,
      interrupts,
    }: {
      text: string;
      conversationId: string;
      messageId: string;
      interrupts: boolean;
    }) {
      const edited = edit.get(text, conversationId, messageId, text);
      if (edited && interrupts) mark.run(conversationId, edited.seq);
      return edited !== undefined || waits.get(conversationId, messageId) !== undefined;
    },
    withdraw({ conversationId, messageId, withdraws }: { conversationId: string; messageId: string; withdraws: boolean }) {
      const withdrawn = withdraw.get(withdraws ? 2 : 1, conversationId, messageId);
      if (withdrawn && withdraws) mark.run(conversationId, withdrawn.seq);
      return withdrawn !== undefined;
    },
  };
}
