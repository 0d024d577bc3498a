-- Answers of AI models to questions of webhooks that stand for themselves; see answer-cache-store.ts.
create table answer_cache (
  source text not null,
  -- Digest of all that the model was asked with.
  key text not null,
  text text not null,
  kept_at integer not null,
  expires_at integer not null,
  primary key (source, key)
) strict, without rowid;
create index answer_cache_age on answer_cache (source, kept_at);
create index answer_cache_expiry on answer_cache (expires_at);
