import type { NewPlaceChange, PlaceChange, PlaceChangeResult, PlaceSettings } from '../../place-settings.ts';
import type { Sqlite } from './database.ts';

interface Row {
  readonly seq: number;
  readonly tenant: string;
  readonly place: string;
  readonly settings: string;
  readonly authorId: string;
  readonly authorName: string;
  readonly at: number;
}

const columns = 'seq, tenant, place, settings, author_id as authorId, author_name as authorName, at';

export function createPlaces(db: Sqlite) {
  const known = db.prepare<[string, string, string], { found: 1 }>(
    'select 1 as found from place_change where adapter = ? and tenant = ? and change_id = ?',
  );
  const newest = db
    .prepare<[string, string, string], number | null>(
      'select max(seq) from place_change where adapter = ? and tenant = ? and place = ?',
    )
    .pluck();
  const insert = db.prepare(
    `insert into place_change (adapter, tenant, place, change_id, settings, author_id, author_name, at)
     values (@adapter, @tenant, @place, @id, @settings, @authorId, @authorName, @now)`,
  );
  const all = db.prepare<[string], Row>(`select ${columns} from place_change where adapter = ? order by seq desc`);
  const current = db.prepare<[string], Row>(
    `select ${columns} from place_change where seq in (select max(seq) from place_change where adapter = ? group by tenant, place)
     order by seq desc`,
  );

  return {
    changePlace(change: NewPlaceChange & { adapter: string }, now: number): PlaceChangeResult {
      const { adapter, tenant, place, id, settings, author, replaces } = change;
      if (known.get(adapter, tenant, id)) return 'repeated';
      if ((newest.get(adapter, tenant, place) ?? 0) !== replaces) return 'stale';
      const value = JSON.stringify(settings);
      insert.run({ adapter, tenant, place, id, settings: value, authorId: author.id, authorName: author.name, now });
      return 'saved';
    },
    listPlaces: ({ adapter, all: everything = false }: { adapter: string; all?: boolean }): PlaceChange[] =>
      (everything ? all : current).all(adapter).map(({ settings, authorId, authorName, ...row }) => ({
        ...row,
        settings: JSON.parse(settings) as PlaceSettings, // written above
        author: { id: authorId, name: authorName },
      })),
  };
}
