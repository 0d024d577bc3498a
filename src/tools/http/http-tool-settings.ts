import type { RequestTemplate } from '../../action/action-request.ts';
import type { ActionAuth } from '../../http-action.ts';
import type { TlsIdentity } from '../../outbound.ts';
import type { ToolParameters } from '../tool.ts';

/** A call of an API, as it is configured. Its texts are templates (Liquid) that see `args`, the place and the call. */
export interface HttpToolSettings {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: ToolParameters;
  readonly readOnly: boolean;
  readonly request: RequestTemplate;
  readonly auth?: ActionAuth | undefined;
  readonly tls?: TlsIdentity | undefined;
  /** JSONata that picks what the model gets. Default: all. */
  readonly result?: string | undefined;
  /** Of what it gives. */
  readonly maxLength: number;
  readonly timeoutMs: number;
  /** Default every 2xx. */
  readonly expectStatus?: readonly number[] | undefined;
  /** The header that carries the id of a call that changes something, for APIs that do one thing once. */
  readonly idempotencyHeader: string;
}
