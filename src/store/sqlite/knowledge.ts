import Database from 'better-sqlite3';
import { describeError, StoreError } from '../../errors.ts';
import type { IndexedPassage, KnowledgeDocument, Passage, RankedPassage } from '../knowledge-store.ts';
import type { Sqlite } from './database.ts';

/** What follows it in a column is only there to be found. No text of a document has it. */
const separator = '\u001e';

/** The full-text index of the knowledge folder. */
export function createKnowledge(db: Sqlite) {
  const list = db.prepare<[], KnowledgeDocument>('select source, hash from document order by source');
  const put = db.prepare<[string, string, number, number]>(
    'insert into document (source, hash, first_passage, last_passage) values (?, ?, ?, ?)',
  );
  const remove = db.prepare<[string], { first: number; last: number }>(
    'delete from document where source = ? returning first_passage as first, last_passage as last',
  );
  // One by one: by source, and even by a range of rowids, FTS5 walks over far more than it deletes (a tenth of the speed).
  const clear = db.prepare<[number]>('delete from passage where rowid = ?');
  const insert = db.prepare<[string, string, string, number]>(
    'insert into passage (heading, text, source, position) values (?, ?, ?, ?)',
  );
  // bm25 is the smaller the better; a hit in the heading weighs three times one in the text.
  const search = db.prepare<[string, number], RankedPassage>(
    `select source, heading, text, position, -bm25(passage, 3.0, 1.0) as score from passage where passage match ?
     order by bm25(passage, 3.0, 1.0), rowid limit ?`,
  );

  function removeDocument(source: string): void {
    const removed = remove.get(source);
    if (!removed) return;
    for (let rowid = removed.first; rowid <= removed.last; rowid += 1) clear.run(rowid);
  }

  return {
    listDocuments: (): KnowledgeDocument[] => list.all(),

    putDocument({ source, hash }: KnowledgeDocument, passages: readonly (Passage | IndexedPassage)[]): void {
      removeDocument(source);
      const rowids = passages.map((passage) => {
        const words = 'words' in passage ? passage.words : { heading: '', text: '' };
        const [heading, text] = [withWords(passage.heading, words.heading), withWords(passage.text, words.text)];
        return Number(insert.run(heading, text, source, passage.position).lastInsertRowid);
      });
      put.run(source, hash, rowids[0] ?? 1, rowids.at(-1) ?? 0);
    },

    removeDocument,

    searchPassages(match: string, limit: number): RankedPassage[] {
      try {
        return search
          .all(match, limit)
          .map((row) => ({ ...row, heading: withoutWords(row.heading), text: withoutWords(row.text) }));
      } catch (error) {
        if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_ERROR') throw error;
        throw new StoreError(`The search expression is malformed: ${describeError(error)}`, { cause: error });
      }
    },
  };
}

function withWords(text: string, words: string): string {
  return words === '' ? text : `${text}${separator}${words}`;
}

function withoutWords(text: string): string {
  const end = text.indexOf(separator);
  return end < 0 ? text : text.slice(0, end);
}
