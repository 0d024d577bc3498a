-- Calls of tools that wait for a person's approval, and what became of them.
create table approval (
  seq integer primary key,
  id text not null unique,
  conversation_id text not null,
  adapter text not null,
  tenant text not null,
  turn_id text not null,
  -- The part of the answer that bears the buttons.
  part_id text,
  tool text not null,
  title text not null,
  arguments text not null,
  asker text not null,
  untrusted integer not null,
  destination text not null,
  state text not null check (state in ('pending', 'approved', 'declined', 'expired', 'withdrawn')),
  asked_at integer not null,
  expires_at integer not null,
  decided_by text,
  decided_name text,
  decided_at integer,
  reason text
) strict;
create index approval_pending on approval (expires_at) where state = 'pending';
create index approval_turn on approval (turn_id) where state = 'pending';
create index approval_conversation on approval (conversation_id) where state = 'pending';
create index approval_asked on approval (asked_at);

-- Of a part that asks for an approval: which, and whether it still does.
alter table outbox add column approval text;
alter table outbox add column approval_open integer not null default 0;
