-- What was asked of the documents and not found, by its words: newest wording, how often, and when.
create table knowledge_gap (
  key text primary key,
  question text not null,
  count integer not null,
  first_at integer not null,
  last_at integer not null
) strict, without rowid;
create index knowledge_gap_last on knowledge_gap (last_at);
