import type { TranscriptMessage } from '../store.ts';
import type { Sqlite } from './database.ts';

interface MessageRow {
  readonly role: 'user' | 'assistant';
  readonly author_id: string;
  readonly author_name: string;
  readonly text: string;
  readonly tokens: number;
  readonly at: number;
}

interface HistoryQuery {
  readonly conversationId: string;
  readonly after: number;
  readonly limit: number;
  /** Number of a turn that is left out. */
  readonly without?: number | null | undefined;
}

/** The newest `limit` messages of a conversation after the message `after`, oldest first. */
export function createHistory(db: Sqlite) {
  const newest = db.prepare<[string, number, number], MessageRow>(
    // `+?` as in turns.ts
    'select role, author_id, author_name, text, tokens, at from message where conversation_id = +? and seq > ? order by seq desc limit +?',
  );
  const newestWithout = db.prepare<[string, number, number, number], MessageRow>(
    `select role, author_id, author_name, text, tokens, at from message
     where conversation_id = +? and seq > ? and turn <> ? order by seq desc limit +?`,
  );
  return ({ conversationId, after, limit, without }: HistoryQuery): TranscriptMessage[] =>
    (typeof without === 'number'
      ? newestWithout.all(conversationId, after, without, limit)
      : newest.all(conversationId, after, limit)
    )
      .toReversed()
      .map(({ author_id: authorId, author_name: authorName, ...message }) => ({ ...message, authorId, authorName }));
}

export type History = ReturnType<typeof createHistory>;
