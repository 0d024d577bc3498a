-- Replies in threads that the bot is no part of, kept for a while with their payload: what they reply to may be late, and be for the bot.
create index inbox_overheard on inbox (conversation_id, sent_at) where verdict = 'ignored' and payload is not null;
