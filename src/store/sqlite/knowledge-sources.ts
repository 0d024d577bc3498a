import type { AddedSource, SourceProblem, SourceSync } from '../knowledge-store.ts';
import type { Sqlite } from './database.ts';

/** Sources of documents that were added by a command, and how the last look at each source has ended. */
export function createKnowledgeSources(db: Sqlite) {
  const list = db.prepare<[], AddedSource>('select name, settings, added_at as addedAt from knowledge_source order by name');
  const put = db.prepare<AddedSource>(
    `insert into knowledge_source (name, settings, added_at) values (@name, @settings, @addedAt)
     on conflict (name) do update set settings = excluded.settings, added_at = excluded.added_at`,
  );
  const remove = db.prepare<[string]>('delete from knowledge_source where name = ?');
  // A source is made of one thing at a time: what was known of an earlier collection of the same name is of no use.
  const forget = db.prepare<{ name: string }>(
    `delete from knowledge_sync where substr(collection, 1, instr(collection || '#', '#') - 1) = @name`,
  );
  const removeSync = db.prepare<[string]>('delete from knowledge_sync where collection = ?');
  const listSyncs = db.prepare<[], Omit<SourceSync, 'problems'> & { problems: string }>(
    'select collection, synced_at as syncedAt, problems from knowledge_sync order by collection',
  );
  const putSync = db.prepare<Omit<SourceSync, 'problems'> & { problems: string }>(
    'insert into knowledge_sync (collection, synced_at, problems) values (@collection, @syncedAt, @problems)',
  );
  return {
    listSources: (): AddedSource[] => list.all(),
    putSource: (source: AddedSource): void => void put.run(source),
    removeSource(name: string): boolean {
      forget.run({ name });
      return remove.run(name).changes > 0;
    },
    listSyncs: (): SourceSync[] =>
      // Written below.
      listSyncs.all().map(({ problems, ...sync }) => ({ ...sync, problems: JSON.parse(problems) as SourceProblem[] })),
    removeSync: (collection: string): void => void removeSync.run(collection),
    putSync(sync: SourceSync): void {
      forget.run({ name: sync.collection.replace(/#.*$/s, '') });
      putSync.run({ ...sync, problems: JSON.stringify(sync.problems) });
    },
  };
}
