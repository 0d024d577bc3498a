import Database from 'better-sqlite3';
import { describeError, StoreError } from '../../errors.ts';
import type {
  DocumentKey,
  IndexedPassage,
  KnowledgeDocument,
  ListedDocument,
  Passage,
  RankedPassage,
} from '../knowledge-store.ts';
import type { Sqlite } from './database.ts';
import { withoutWords, withWords } from './indexed-text.ts';

/** Documents, and the full-text index over their passages. */
export function createKnowledge(db: Sqlite) {
  const documents = createDocuments(db);
  const search = createSearch(db);
  // One by one: by source, and even by a range of rowids, FTS5 walks over far more than it deletes (a tenth of the speed).
  const clear = db.prepare<[number]>('delete from passage where rowid = ?');
  const clearVectors = db.prepare<[number, number]>('delete from passage_vector where passage between ? and ?');
  const insert = db.prepare<[string, string, string, number, string]>(
    'insert into passage (heading, text, source, position, collection) values (?, ?, ?, ?, ?)',
  );

  function removeDocument(key: DocumentKey): void {
    const removed = documents.remove(key);
    if (!removed) return;
    for (let rowid = removed.first; rowid <= removed.last; rowid += 1) clear.run(rowid);
    clearVectors.run(removed.first, removed.last);
  }

  return {
    listDocuments: documents.list,
    listTitles: documents.listTitles,
    touchDocument: documents.touch,
    removeDocument,

    putDocument(document: KnowledgeDocument, passages: readonly (Passage | IndexedPassage)[]): void {
      removeDocument(document);
      const rowids = passages.map((passage) => {
        const words = 'words' in passage ? passage.words : { heading: '', text: '' };
        const [heading, text] = [withWords(passage.heading, words.heading), withWords(passage.text, words.text)];
        return Number(insert.run(heading, text, document.source, passage.position, document.collection).lastInsertRowid);
      });
      documents.put({ ...document, first: rowids[0] ?? 1, last: rowids.at(-1) ?? 0 });
    },

    searchPassages(match: string, limit: number, collections?: readonly string[]): RankedPassage[] {
      try {
        return search(match, limit, collections).map(({ url, heading, text, ...row }) => ({
          ...row,
          ...(url === null ? {} : { url }),
          heading: withoutWords(heading),
          text: withoutWords(text),
        }));
      } catch (error) {
        if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_ERROR') throw error;
        throw new StoreError(`The search expression is malformed: ${describeError(error)}`, { cause: error });
      }
    },
  };
}

interface DocumentRow extends Omit<ListedDocument, 'url' | 'etag' | 'lastModified'> {
  readonly url: string | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

interface StoredDocument extends KnowledgeDocument {
  readonly first: number;
  readonly last: number;
}

function createDocuments(db: Sqlite) {
  const columns = `collection, source, hash, title, url, fetched_at as fetchedAt, etag, last_modified as lastModified,
    max(0, last_passage - first_passage + 1) as passages`;
  const listAll = db.prepare<[], DocumentRow>(`select ${columns} from document order by collection, source`);
  const listOne = db.prepare<[string], DocumentRow>(`select ${columns} from document where collection = ? order by source`);
  const listTitles = db.prepare<{ limit: number; collections: string | null }, { title: string }>(
    `select title from document
     where title <> '' and (@collections is null or collection in (select value from json_each(@collections)))
     group by title order by min(collection <> 'folder'), min(collection), min(source) limit @limit`,
  );
  const put = db.prepare(
    `insert into document (collection, source, hash, title, url, fetched_at, etag, last_modified, first_passage, last_passage)
     values (@collection, @source, @hash, @title, @url, @fetchedAt, @etag, @lastModified, @first, @last)`,
  );
  const touch = db.prepare(
    `update document set fetched_at = @fetchedAt, etag = @etag, last_modified = @lastModified
     where collection = @collection and source = @source`,
  );
  const remove = db.prepare<[string, string], { first: number; last: number }>(
    `delete from document where collection = ? and source = ?
     returning first_passage as first, last_passage as last`,
  );
  return {
    list: (collection?: string): ListedDocument[] =>
      (collection === undefined ? listAll.all() : listOne.all(collection)).map(withoutNulls),
    listTitles: (limit: number, collections?: readonly string[]): string[] =>
      listTitles.all({ limit, collections: collections ? JSON.stringify(collections) : null }).map(({ title }) => title),
    put: ({ url, etag, lastModified, ...document }: StoredDocument) =>
      put.run({ ...document, url: url ?? null, etag: etag ?? null, lastModified: lastModified ?? null }),
    touch({ etag, lastModified, ...document }: Omit<KnowledgeDocument, 'hash' | 'title' | 'url'>): void {
      touch.run({ ...document, etag: etag ?? null, lastModified: lastModified ?? null });
    },
    remove: ({ collection, source }: DocumentKey) => remove.get(collection, source),
  };
}

function withoutNulls({ url, etag, lastModified, ...row }: DocumentRow): ListedDocument {
  return {
    ...row,
    ...(url === null ? {} : { url }),
    ...(etag === null ? {} : { etag }),
    ...(lastModified === null ? {} : { lastModified }),
  };
}

interface FoundRow extends Omit<RankedPassage, 'url'> {
  readonly url: string | null;
}

function createSearch(db: Sqlite) {
  // bm25 is the smaller the better; a hit in the heading weighs three times one in the text. What may not be seen is left out before the
  // limit counts. Texts are fetched for what is left alone: the sort is what takes the time.
  const find = (condition: string): string =>
    `with found as materialized (
       select rowid as id, bm25(passage, 3.0, 1.0) as rank from passage where passage match @match ${condition}
       order by rank, id limit @limit)
     select passage.collection, passage.source, heading, text, position, -found.rank as score, coalesce(title, '') as title, url
     from found cross join passage on passage.rowid = found.id
     left join document on document.collection = passage.collection and document.source = passage.source
     order by found.rank, id`;
  const all = db.prepare<{ match: string; limit: number }, FoundRow>(find(''));
  const some = db.prepare<{ match: string; limit: number; collections: string }, FoundRow>(
    find('and passage.collection in (select value from json_each(@collections))'),
  );
  // To look at the collection of each hit takes as long again as the search: not where nothing is hidden, as in most installations.
  const hidden = db.prepare<[string], { found: number }>(
    'select exists (select 1 from document where collection not in (select value from json_each(?))) as found',
  );
  return (match: string, limit: number, collections?: readonly string[]): FoundRow[] => {
    const visible = JSON.stringify(collections ?? []);
    const hides = collections !== undefined && hidden.get(visible)?.found !== 0;
    return hides ? some.all({ match, limit, collections: visible }) : all.all({ match, limit });
  };
}
