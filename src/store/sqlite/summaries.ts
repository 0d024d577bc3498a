import { digestOfMessages } from '../summary-digest.ts';
import type { NewSummary, Summarisable, SummarisableMessage, Summary } from '../summary-store.ts';
import { createSettle } from './budgets.ts';
import type { Sqlite } from './database.ts';

interface StoredSummary extends Summary {
  readonly through: number;
}

export function parseSummary(json: string | null): StoredSummary | undefined {
  return json === null ? undefined : (JSON.parse(json) as StoredSummary); // written below
}

/** Making summaries; see summary-store.ts. */
export function createSummaries(db: Sqlite) {
  const find = db.prepare<[string], { reset_seq: number; summary: string | null }>(
    'select reset_seq, summary from conversation where id = ?',
  );
  const oldest = db.prepare<[string, number, number], SummarisableMessage>(
    // `+?` as in turns.ts
    `select seq, role, author_name as authorName, text, tokens from message
     where conversation_id = +? and seq > ? order by seq limit +?`,
  );
  const between = db.prepare<[string, number, number], SummarisableMessage>(
    `select seq, role, author_name as authorName, text, tokens from message
     where conversation_id = ? and seq > ? and seq <= ? order by seq`,
  );
  const { settle } = createSettle(db);
  const save = db.prepare<[string, string]>('update conversation set summary = ? where id = ?');

  function startOf(conversationId: string): { readonly summary: Summary | undefined; readonly after: number } | undefined {
    const row = find.get(conversationId);
    if (!row) return undefined;
    const stored = parseSummary(row.summary);
    return {
      summary: stored && { text: stored.text, tokens: stored.tokens },
      after: Math.max(row.reset_seq, stored?.through ?? 0),
    };
  }

  return {
    toSummarise({ conversationId, limit }: { conversationId: string; limit: number }): Summarisable {
      const { summary, after } = startOf(conversationId) ?? { summary: undefined, after: 0 };
      return { summary, after, messages: oldest.all(conversationId, after, limit) };
    },

    saveSummary({ conversationId, after, through, digest, text, tokens, spent }: NewSummary, now: number): boolean {
      if (spent) settle(spent, now);
      if (startOf(conversationId)?.after !== after) return false;
      if (digestOfMessages(between.all(conversationId, after, through)) !== digest) return false;
      save.run(JSON.stringify({ text, tokens, through } satisfies StoredSummary), conversationId);
      return true;
    },

    settleSummary: settle,
  };
}

/** Ends the summary of a conversation that covers the message: it would tell what is not so any more. */
export function createDropSummary(db: Sqlite): (conversationId: string, seq: number) => void {
  const drop = db.prepare<[string, number]>(
    "update conversation set summary = null where id = ? and summary is not null and json_extract(summary, '$.through') >= ?",
  );
  return (conversationId, seq) => void drop.run(conversationId, seq);
}
