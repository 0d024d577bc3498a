-- An event of the turn under way has been edited or deleted since it was claimed.
alter table conversation add column changed integer not null default 0;
-- Id of the part whose message this one takes the place of. A part beyond the parts of its answer takes that message away.
alter table outbox add column replaces text;
