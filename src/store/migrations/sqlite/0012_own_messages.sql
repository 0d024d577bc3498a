-- By what the answers to webhooks are known when they come back: how they begin, and the id that a platform gave them, where that is not ours.
create index outbox_beginning on outbox (substr(text, 1, 48)) where adapter = 'webhook';
create index outbox_receipt on outbox (json_extract(receipt, '$.id'))
  where adapter = 'webhook' and json_extract(receipt, '$.id') <> id;
