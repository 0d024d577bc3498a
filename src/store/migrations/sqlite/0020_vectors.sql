-- Vectors of passages. An id is never used twice: who holds one that is gone finds nothing by it, and never another passage.
create table passage_vector (
  id integer primary key autoincrement,
  passage integer not null,
  model text not null,
  vector blob not null
) strict;
create unique index passage_vector_passage on passage_vector (passage, model);
create index document_passages on document (last_passage, first_passage);
