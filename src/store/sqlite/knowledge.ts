import { describeError, StoreError } from '../../errors.ts';
import type { KnowledgeDocument, Passage, RankedPassage } from '../store.ts';
import type { Sqlite } from './database.ts';

/** The full-text index of the knowledge folder. */
export function createKnowledge(db: Sqlite) {
  const list = db.prepare<[], KnowledgeDocument>('select source, hash from document order by source');
  const put = db.prepare<[string, string]>(
    'insert into document (source, hash) values (?, ?) on conflict (source) do update set hash = excluded.hash',
  );
  const remove = db.prepare<[string]>('delete from document where source = ?');
  const clear = db.prepare<[string]>('delete from passage where source = ?');
  const insert = db.prepare<[string, string, string, number]>('insert into passage (heading, text, source, position) values (?, ?, ?, ?)');
  // bm25 is the smaller the better; a hit in the heading weighs three times one in the text.
  const search = db.prepare<[string, number], RankedPassage>(
    `select source, heading, text, position, -bm25(passage, 3.0, 1.0) as score from passage where passage match ?
     order by bm25(passage, 3.0, 1.0) limit ?`,
  );
  return {
    listDocuments: (): KnowledgeDocument[] => list.all(),

    putDocument({ source, hash }: KnowledgeDocument, passages: readonly Passage[]): void {
      clear.run(source);
      put.run(source, hash);
      for (const passage of passages) insert.run(passage.heading, passage.text, source, passage.position);
    },

    removeDocument(source: string): void {
      clear.run(source);
      remove.run(source);
    },

    searchPassages(match: string, limit: number): RankedPassage[] {
      try {
        return search.all(match, limit);
      } catch (error) {
        throw new StoreError(`The search expression is malformed: ${describeError(error)}`, { cause: error });
      }
    },
  };
}
