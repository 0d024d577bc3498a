-- The ledger: what came in, what was said, what goes out. Times are ms since 1970.

create table conversation (
  id text primary key,
  adapter text not null,
  tenant text not null,
  -- Where an answer to its newest message goes (JSON), and that message, to start a back-fill from.
  destination text not null,
  newest_message_id text,
  -- When a worker should look at it next: ready since, postponed until, or its lease's end. Null: nothing waits.
  wake_at integer,
  lease_owner text,
  lease_token integer not null default 0,
  -- Of the turn under way: its newest event, times claimed, and what a stream left behind: 'unknown' or a receipt (JSON).
  claimed_seq integer not null default 0,
  attempt integer not null default 0,
  stream text,
  -- Transcript messages up to this one are no longer context.
  reset_seq integer not null default 0,
  created_at integer not null,
  active_at integer not null
) strict, without rowid;
create index conversation_wake on conversation (wake_at) where wake_at is not null;

-- Every event once. Settled rows stay as tombstones, so that a late redelivery is still recognised.
create table inbox (
  seq integer primary key,
  adapter text not null,
  tenant text not null,
  event_id text not null,
  -- Of type, conversation, author and text: tells a redelivery from another event under the same id.
  hash text not null,
  conversation_id text not null,
  type text not null,
  message_id text,
  author_id text not null default '',
  author_name text not null default '',
  text text not null default '',
  -- The whole event (JSON) while somebody may still need it; its text is the column above.
  payload text,
  withdrawn integer not null default 0,
  -- How often it has been replayed by hand.
  generation integer not null default 0,
  state text not null check (state in ('waiting', 'settled')),
  verdict text check (verdict in ('answered', 'ignored', 'refused', 'handed', 'failed')),
  reason text,
  turn integer,
  sent_at integer not null,
  accepted_at integer not null,
  settled_at integer
) strict;
create unique index inbox_key on inbox (adapter, tenant, event_id);
create index inbox_waiting on inbox (conversation_id) where state = 'waiting';
create index inbox_failed on inbox (conversation_id) where verdict = 'failed';

create table message (
  -- Never given twice: reset_seq points at deleted messages too.
  seq integer primary key autoincrement,
  conversation_id text not null,
  role text not null check (role in ('user', 'assistant')),
  message_id text,
  author_id text not null,
  author_name text not null,
  text text not null,
  tokens integer not null,
  turn integer not null,
  at integer not null
) strict;
create index message_conversation on message (conversation_id);

-- Referred to by seq: appending costs less than finding the place of a random id in an index.
create table turn (
  seq integer primary key,
  id text not null,
  conversation_id text not null,
  first_seq integer not null,
  last_seq integer not null,
  attempt integer not null,
  parts integer not null,
  model text,
  input_tokens integer,
  output_tokens integer,
  error_id text,
  error text,
  started_at integer not null,
  ended_at integer not null
) strict;

create table outbox (
  seq integer primary key,
  id text not null unique,
  turn integer not null,
  conversation_id text not null,
  adapter text not null,
  tenant text not null,
  in_reply_to text not null,
  destination text not null,
  part integer not null,
  parts integer not null,
  text text not null,
  opened text,
  state text not null check (state in ('queued', 'sending', 'sent', 'dead')),
  uncertain integer not null default 0,
  attempt integer not null default 0,
  -- When to look at it next: due at, or its lease's end while it is being sent. Null: behind another part, or settled.
  next_at integer,
  expires_at integer not null,
  lease_owner text,
  lease_token integer not null default 0,
  receipt text,
  error text,
  created_at integer not null,
  settled_at integer
) strict;
create index outbox_due on outbox (next_at) where next_at is not null;
create index outbox_conversation on outbox (conversation_id) where state in ('queued', 'sending');
create index outbox_dead on outbox (turn) where state = 'dead';

create table dead_letter (
  id text primary key,
  kind text not null check (kind in ('turn', 'delivery')),
  adapter text not null,
  conversation_id text not null,
  turn integer not null,
  error text not null,
  error_id text,
  attempts integer not null,
  at integer not null,
  state text not null check (state in ('open', 'replayed', 'discarded')),
  resolved_at integer
) strict, without rowid;
create index dead_letter_open on dead_letter (at) where state = 'open';
create index dead_letter_turn on dead_letter (turn) where state = 'open';

create table adapter_state (
  adapter text not null,
  key text not null,
  value text not null,
  primary key (adapter, key)
) strict, without rowid;

create table document (
  source text primary key,
  hash text not null,
  -- The rowids of its passages, from and to.
  first_passage integer not null,
  last_passage integer not null
) strict, without rowid;

create virtual table passage using fts5 (
  heading, text, source unindexed, position unindexed,
  tokenize = 'unicode61 remove_diacritics 2'
);
