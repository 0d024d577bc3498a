-- What people asked and what answering took, by day (days since 1970, UTC). Made of turns that have ended, up to that of `usage_progress`.
create table usage (
  adapter text not null,
  tenant text not null,
  person text not null,
  place text not null,
  day integer not null,
  name text not null,
  questions integer not null default 0,
  answers integer not null default 0,
  failures integer not null default 0,
  input_tokens integer not null default 0,
  output_tokens integer not null default 0,
  primary key (adapter, tenant, person, place, day)
) strict, without rowid;
create table usage_progress (turn integer not null) strict;
insert into usage_progress values (0);
