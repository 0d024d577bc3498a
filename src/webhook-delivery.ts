/** What became of one request to a source of webhooks, for the delivery log. Holds no credential. */
export interface WebhookDelivery {
  /** The x-request-id of its response. */
  readonly id: string;
  readonly source: string;
  /** ms since 1970. */
  readonly at: number;
  readonly durationMs: number;
  /** Of the response, as far as it was decided: an answer that is waited for still is `202` here. */
  readonly status: number;
  /** `refused` before the ledger saw it; the others are the ledger's. */
  readonly verdict: 'accepted' | 'duplicate' | 'ignored' | 'conflict' | 'refused';
  /** The code of the problem, or why it is ignored. */
  readonly reason?: string | undefined;
  /** Whether the sender has proved who it is. What strangers send is kept apart, so that they push out nothing. */
  readonly genuine: boolean;
  /** Which of several secrets fitted: `secrets[1]`. */
  readonly key?: string | undefined;
  readonly eventId?: string | undefined;
  readonly conversationId?: string | undefined;
  /** The sender's, as far as trusted proxies tell. */
  readonly address: string;
  readonly bytes: number;
  /** In lower case, as they came; credentials and signatures are masked. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of genuine requests: what a replay needs. */
  readonly body?: string | undefined;
}
