import type { KnowledgeGap } from '../knowledge-store.ts';
import type { Sqlite } from './database.ts';

/** What nobody asks any more gives way to what is asked now. */
const maxGaps = 1_000;
const maxQuestion = 300;

/** What was asked of the documents and not found. */
export function createKnowledgeGaps(db: Sqlite) {
  const note = db.prepare<{ key: string; question: string; now: number }>(
    `insert into knowledge_gap (key, question, count, first_at, last_at) values (@key, @question, 1, @now, @now)
     on conflict (key) do update set question = excluded.question, count = count + 1, last_at = excluded.last_at`,
  );
  const trim = db.prepare<[number]>(
    'delete from knowledge_gap where key in (select key from knowledge_gap order by last_at desc limit -1 offset +?)',
  );
  const list = db.prepare<[number], KnowledgeGap>(
    `select question, count, first_at as firstAt, last_at as lastAt from knowledge_gap order by count desc, last_at desc limit ?`,
  );
  return {
    noteGap(question: string, now: number): void {
      const key = toGapKey(question);
      if (key === '') return;
      note.run({ key, question: question.trim().slice(0, maxQuestion).toWellFormed(), now });
      trim.run(maxGaps);
    },
    listGaps: (limit: number): KnowledgeGap[] => list.all(limit),
  };
}

/** The same for the same words, however they are written. */
export function toGapKey(question: string): string {
  return question
    .slice(0, maxQuestion)
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
