-- What people think of answers: one judgement for each person and answer, the last one.
create table feedback (
  -- Number of the turn that gave the answer; question and answer stand in the transcript under it, as long as they are not deleted.
  turn integer not null,
  author_id text not null,
  turn_id text not null,
  conversation_id text not null,
  adapter text not null,
  tenant text not null,
  author_name text not null,
  rating text not null check (rating in ('good', 'bad')),
  reason text,
  at integer not null,
  primary key (turn, author_id)
) strict, without rowid;
create index feedback_at on feedback (at);
