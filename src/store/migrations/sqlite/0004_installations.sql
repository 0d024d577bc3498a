-- Where an adapter's app has been installed: a Slack workspace or organisation, say. The adapter has sealed the data before it gets here.
create table installation (
  adapter text not null,
  id text not null,
  data text not null,
  installed_at integer not null,
  primary key (adapter, id)
) strict, without rowid;
