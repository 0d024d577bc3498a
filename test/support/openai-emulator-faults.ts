import { toError } from './openai-emulator-protocol.ts';

/** What happens to one call in place of a good answer. `after` counts tokens: how far the stream gets before. */
export type ModelFault =
  | { readonly type: 'rate_limit'; readonly retryAfterSeconds?: number }
  | { readonly type: 'insufficient_quota' }
  | { readonly type: 'server_error'; readonly status?: number }
  | { readonly type: 'context_length' }
  | {
      readonly type: 'status';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly type: 'reset' }
  /** Nothing at all is sent, until the client goes away. */
  | { readonly type: 'silence' }
  /** The body ends in good order, but the answer has not. */
  | { readonly type: 'cut'; readonly after: number }
  /** The connection is destroyed. */
  | { readonly type: 'disconnect'; readonly after: number }
  /** Nothing more is sent, until the client goes away. */
  | { readonly type: 'stall'; readonly after: number }
  | { readonly type: 'error_frame'; readonly after: number; readonly error?: object }
  | { readonly type: 'malformed_frame'; readonly after: number }
  /** These bytes, chunk by chunk, with status 200. */
  | {
      readonly type: 'raw';
      readonly contentType?: string;
      readonly chunks: readonly (string | Uint8Array)[];
      readonly keepOpen?: boolean;
    };

/** The response to a fault that is a refusal. */
export function toRefusal(fault: ModelFault): { status: number; body: object } | undefined {
  if (fault.type === 'rate_limit') {
    return { status: 429, body: toError('Rate limit reached for requests', { type: 'requests', code: 'rate_limit_exceeded' }) };
  }
  if (fault.type === 'insufficient_quota') {
    const message = 'You exceeded your current quota, please check your plan and billing details.';
    return { status: 429, body: toError(message, { type: 'insufficient_quota', code: 'insufficient_quota' }) };
  }
  if (fault.type === 'server_error') {
    return {
      status: fault.status ?? 500,
      body: toError('The server had an error while processing your request.', { type: 'server_error' }),
    };
  }
  if (fault.type === 'context_length') {
    return {
      status: 400,
      body: toError("This model's maximum context length is 128000 tokens.", { code: 'context_length_exceeded' }),
    };
  }
  return undefined;
}
