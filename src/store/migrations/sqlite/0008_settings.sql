-- What people have set for places on the platforms themselves. Nothing is overwritten: the newest of a place holds.
create table place_change (
  seq integer primary key autoincrement,
  adapter text not null,
  tenant text not null,
  place text not null,
  change_id text not null,
  -- As PlaceSettings (JSON).
  settings text not null,
  author_id text not null,
  author_name text not null,
  at integer not null
) strict;
create unique index place_change_id on place_change (adapter, tenant, change_id);
create index place_change_place on place_change (adapter, tenant, place);
