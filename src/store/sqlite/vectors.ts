import type { Passage, PassageVector, StoredVector, Unembedded, VectorPassage, VectorStore } from '../knowledge-store.ts';
import type { Sqlite } from './database.ts';
import { withoutWords } from './indexed-text.ts';

/** What a method of the interface takes. */
type Query<Name extends keyof VectorStore> = Parameters<VectorStore[Name]>[0];

/** Vectors of the passages in the full-text index. Those of a document go when it does: see knowledge.ts. */
export function createVectors(db: Sqlite) {
  const unembedded = createUnembedded(db);
  // Of the document that has the passage now: no two of them overlap.
  const find = db.prepare<[number], { hash: string; first: number }>(
    `select hash, first_passage as first from document indexed by document_passages
     where last_passage >= ? order by last_passage limit 1`,
  );
  const clearOther = db.prepare<[number, string]>('delete from passage_vector where passage = ? and model <> ?');
  const insert = db.prepare<[number, string, Buffer]>(
    'insert or ignore into passage_vector (passage, model, vector) values (?, ?, ?)',
  );
  const ids = db.prepare<[string], number>('select id from passage_vector where model = ? order by id');
  ids.pluck();
  const load = db.prepare<Query<'loadVectors'>, { id: number; collection: string; source: string; vector: Buffer }>(
    `select v.id, v.vector, p.collection, p.source
     from passage_vector v cross join passage p on p.rowid = v.passage where v.id > @after and v.model = @model order by v.id limit @limit`,
  );
  const passage = db.prepare<[number], VectorPassage & { url: string | null }>(
    `select v.id, p.collection, p.source, p.heading, p.text, p.position, d.title, d.url
     from passage_vector v cross join passage p on p.rowid = v.passage
     cross join document d on d.collection = p.collection and d.source = p.source where v.id = ?`,
  );

  function save(model: string, { at, hash, position, vector }: PassageVector): number {
    const document = find.get(at);
    if (document?.hash !== hash || document.first + position !== at) return 0;
    clearOther.run(at, model);
    return insert.run(at, model, Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)).changes;
  }

  return {
    listUnembedded: (query: Query<'listUnembedded'>): Unembedded[] => [...take(unembedded(query), query.limit)],

    saveVectors: ({ model, vectors }: Query<'saveVectors'>): number =>
      vectors.reduce((kept, vector) => kept + save(model, vector), 0),

    listVectorIds: (model: string): number[] => ids.all(model),

    loadVectors: (query: Query<'loadVectors'>): StoredVector[] =>
      load.all(query).map(({ vector, ...row }) => ({ ...row, vector: toFloats(vector) })),

    passagesOf: (wanted: readonly number[]): VectorPassage[] =>
      wanted.flatMap((id) => passage.get(id) ?? []).map(({ url, ...row }) => plain({ ...row, ...(url === null ? {} : { url }) })),
  };
}

function createUnembedded(db: Sqlite) {
  // By the documents that lack some, in order, with a covering index: to look at every passage would read all texts.
  const incomplete = db.prepare<Query<'listUnembedded'>, { hash: string; first: number; last: number }>(
    `select hash, max(first_passage, @after + 1) as first, last_passage as last from document d indexed by document_passages
     where d.last_passage > @after
       and d.last_passage - max(d.first_passage, @after + 1) + 1 > (
         select count(*) from passage_vector v
         where v.passage between max(d.first_passage, @after + 1) and d.last_passage and v.model = @model)
     order by d.last_passage limit @limit`,
  );
  const embedded = db.prepare<[number, number, string], number>(
    'select passage from passage_vector where passage between ? and ? and model = ?',
  );
  embedded.pluck();
  // The driver binds numbers as floats, and FTS5 takes no bounds but integers: it would walk over all passages.
  const passagesBetween = db.prepare<[number, number], Passage & { at: number }>(
    `select rowid as at, source, heading, text, position from passage
     where rowid between cast(? as integer) and cast(? as integer) order by rowid`,
  );

  return function* unembedded(query: Query<'listUnembedded'>): Generator<Unembedded> {
    for (const { hash, first, last } of incomplete.all(query)) {
      const done = new Set(embedded.all(first, last, query.model));
      for (const row of passagesBetween.iterate(first, last)) if (!done.has(row.at)) yield { ...plain(row), hash };
    }
  };
}

function* take<Item>(items: Iterable<Item>, limit: number): Generator<Item> {
  let taken = 0;
  for (const item of items) {
    yield item;
    if (++taken >= limit) return;
  }
}

function plain<Row extends { readonly heading: string; readonly text: string }>(row: Row): Row {
  return { ...row, heading: withoutWords(row.heading), text: withoutWords(row.text) };
}

/** A copy: floats must lie at a multiple of four, and memory of their own is what crosses to another thread. */
function toFloats(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer, 0, Math.floor(bytes.length / 4));
}
