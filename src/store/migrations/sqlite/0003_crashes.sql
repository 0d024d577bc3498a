-- Of the attempts at the turn under way: how many ended with the process, or with a lease that ran out.
alter table conversation add column crashes integer not null default 0;
create index conversation_crashed on conversation (crashes) where crashes > 0;
