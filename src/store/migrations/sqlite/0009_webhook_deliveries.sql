-- The delivery log of webhooks: what became of each request. What a replay needs is kept of genuine ones only.
create table webhook_delivery (
  seq integer primary key,
  id text not null unique,
  source text not null,
  at integer not null,
  duration_ms integer not null,
  status integer not null,
  verdict text not null check (verdict in ('accepted', 'duplicate', 'ignored', 'conflict', 'refused')),
  reason text,
  genuine integer not null,
  key text,
  event_id text,
  conversation_id text,
  address text not null,
  bytes integer not null,
  headers text not null,
  body text
) strict;

-- Every refusal is counted, by day (UTC, in days since 1970), so that a flood of them is a few rows.
create table webhook_refusal (
  source text not null,
  reason text not null,
  day integer not null,
  count integer not null,
  last_at integer not null,
  primary key (source, reason, day)
) strict, without rowid;
