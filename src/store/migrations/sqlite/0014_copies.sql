-- Answers that are shown in a thread elsewhere, too; see copy.ts.

-- Id of the part that opens the thread which this part belongs to: its own, where it is that part.
alter table outbox add column thread text;

-- By the queue that copies of one conversation's answers wait in: the part that opened their thread last, and where it stands (JSON).
create table copy_thread (
  queue text primary key,
  opener text not null,
  receipt text
) strict, without rowid;
create index copy_thread_opener on copy_thread (opener);
create index outbox_dead_thread on outbox (thread) where state = 'dead' and thread is not null;
