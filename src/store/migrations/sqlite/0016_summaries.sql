-- What the model is told of messages that no longer fit into its context (JSON: text, tokens, and the seq that it reaches to); see summary-store.ts.
alter table conversation add column summary text;
