import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdapterContext } from '../../src/adapter.ts';
import type { WebhookDelivery } from '../../src/webhook-delivery.ts';
import type { Answers } from './answers.ts';
import type { Expressions } from '../../src/expression.ts';
import type { Origin, ReadOrigin } from './origin.ts';
import type { Receiver } from './receiver.ts';
import type { SourceResult } from './schemes/source-verify.ts';

export interface ReceiveOptions {
  readonly maxBodyBytes: number;
  readonly publicUrl: string;
  readonly readOrigin: ReadOrigin;
}

/** A request to a source that exists, while the adapter is running. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly receiver: Receiver;
  readonly context: AdapterContext;
  readonly answers: Answers;
  readonly expressions: Expressions;
  readonly options: ReceiveOptions;
}

/** An exchange, and what has been found out about it so far. */
export interface Reception extends Exchange {
  readonly origin: Origin;
  readonly startedAt: number;
  body?: Buffer;
  /** Where it is not refused by ourselves. */
  readonly verdict?: Verdict;
  proof?: SourceResult & { readonly ok: true };
}

/** What became of a request, in the words of the delivery log. */
export interface Verdict {
  readonly status: WebhookDelivery['verdict'];
  readonly reason?: string | undefined;
  readonly eventId?: string | undefined;
  readonly conversationId?: string | undefined;
}
