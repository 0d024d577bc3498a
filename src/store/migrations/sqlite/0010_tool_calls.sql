-- Calls of tools. Of those that change something, the row is there before the call is made.
create table tool_call (
  seq integer primary key,
  id text not null unique,
  conversation_id text not null,
  turn_id text not null,
  tool text not null,
  arguments text not null,
  acting integer not null,
  state text not null check (state in ('begun', 'done', 'failed', 'refused')),
  outcome text,
  ms integer,
  at integer not null
) strict;
create index tool_call_turn on tool_call (turn_id);
create index tool_call_conversation on tool_call (conversation_id);
create index tool_call_at on tool_call (at);
