-- What limits are counted by. Nothing is written here where no limits and no prices are configured.
-- A subject is all of Parley (three empty texts), a tenant, a channel or a person.

-- What model calls took, by day (days since 1970, UTC): tokens, and money in millionths.
create table limit_use (
  scope text not null,
  adapter text not null,
  tenant text not null,
  subject text not null,
  day integer not null,
  tokens integer not null default 0,
  micros integer not null default 0,
  primary key (scope, adapter, tenant, subject, day)
) strict, without rowid;

-- What the running turn of a conversation may still take. It counts while the lease of that number is held, and no longer.
create table limit_hold (
  conversation_id text primary key,
  lease_token integer not null,
  turn_id text not null,
  adapter text not null,
  tenant text not null,
  channel text not null,
  person text not null,
  tokens integer not null,
  micros integer not null
) strict, without rowid;

-- Messages that were let in, by when they came, for a day.
create table limit_message (
  scope text not null,
  adapter text not null,
  tenant text not null,
  subject text not null,
  at integer not null,
  seq integer not null,
  primary key (scope, adapter, tenant, subject, at, seq)
) strict, without rowid;
create index limit_message_at on limit_message (at);

-- Where it has been said that a limit is reached, and until when that need not be said again.
create table limit_notice (
  conversation_id text not null,
  name text not null,
  until integer not null,
  primary key (conversation_id, name)
) strict, without rowid;
create index limit_notice_until on limit_notice (until);
