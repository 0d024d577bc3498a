-- What people have asked to be remembered of them, and what operators have noted for a tenant; see memory-store.ts.
create table fact (
  -- Never given twice: people name facts by it.
  seq integer primary key autoincrement,
  adapter text not null,
  tenant text not null,
  -- Of whom. Empty: of the tenant, by its operator.
  person text not null,
  name text not null,
  text text not null,
  -- Where it was said: a channel, a direct conversation, a ticket, or a conversation that one person alone reads.
  place text not null,
  is_public integer not null check (is_public in (0, 1)),
  -- In which message, by which turn.
  conversation_id text,
  message_id text,
  turn_id text,
  created_at integer not null,
  used_at integer not null
) strict;
create unique index fact_key on fact (adapter, tenant, person, place, text);
create index fact_message on fact (conversation_id, message_id);

-- Where a person has spoken: what is to be forgotten is found by it.
create index message_author on message (author_id, conversation_id) where role = 'user';

-- Whether its text goes once it is delivered: somebody is forgotten.
alter table outbox add column forgotten integer not null default 0;
