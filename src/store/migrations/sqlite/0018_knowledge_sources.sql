-- Documents come from several sources: each is one of a collection, and of two sources with the same name for a document neither takes
-- the other's place.
create table document_of_collection (
  -- The source that it came by: its name, and after a # what it was made of then.
  collection text not null,
  source text not null,
  hash text not null,
  title text not null,
  -- Where people find it.
  url text,
  fetched_at integer not null,
  -- What a conditional request is made with.
  etag text,
  last_modified text,
  -- The rowids of its passages, from and to.
  first_passage integer not null,
  last_passage integer not null,
  primary key (collection, source)
) strict, without rowid;
insert into document_of_collection (collection, source, hash, title, fetched_at, first_passage, last_passage)
  select 'folder', source, hash, '', 0, first_passage, last_passage from document;
drop table document;
alter table document_of_collection rename to document;

-- No column can be added to a table of FTS5. The rowids stay as they are.
create virtual table passage_of_collection using fts5 (
  heading, text, source unindexed, position unindexed, collection unindexed,
  tokenize = 'unicode61 remove_diacritics 2'
);
insert into passage_of_collection (rowid, heading, text, source, position, collection)
  select rowid, heading, text, source, position, 'folder' from passage;
drop table passage;
alter table passage_of_collection rename to passage;

-- Sources that were added by a command, beside those of the configuration.
create table knowledge_source (
  name text primary key,
  -- JSON, as it would stand in the configuration.
  settings text not null,
  added_at integer not null
) strict, without rowid;

-- How the last look at a source has ended.
create table knowledge_sync (
  collection text primary key,
  synced_at integer not null,
  -- JSON: what could not be read, by name and reason.
  problems text not null
) strict, without rowid;
