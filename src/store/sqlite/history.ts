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

/** The newest `limit` messages of a conversation after the message `after`, oldest first. */
export function createHistory(db: Sqlite) {
  const newest = db.prepare<[string, number, number], MessageRow>(
    // `+?` as in turns.ts
    'select role, author_id, author_name, text, tokens, at from message where conversation_id = +? and seq > ? order by seq desc limit +?',
  );
  return (query: { conversationId: string; after: number; limit: number }): TranscriptMessage[] =>
    newest
      .all(query.conversationId, query.after, query.limit)
      .toReversed()
      .map(({ author_id: authorId, author_name: authorName, ...message }) => ({ ...message, authorId, authorName }));
}

export type History = ReturnType<typeof createHistory>;
