-- The conversation in which the event counts against a limit on turns within an hour. Others cost nothing here.
alter table inbox add column limited_in text;
create index inbox_limited on inbox (limited_in, accepted_at) where limited_in is not null;
