import { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage } from '../../src/message.ts';
import { type Network, PlatformRefusal } from './network.ts';
import type { Platform } from './platform.ts';
import type { SimulatedProcess } from './process.ts';

export interface AdapterParts {
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly platform: Platform;
  readonly streaming: boolean;
  readonly leases: Leases;
  /** Longest text of one message. */
  readonly splitAt: number;
}

/** The newest tokens: the truth, for the checks only. */
export interface Leases {
  ofTurn(conversationId: string): number | undefined;
  ofPart(partId: string): number | undefined;
}

/** Into pieces of this length, the last one shorter. */
export function cutAt(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, part) => text.slice(part * length, (part + 1) * length));
}

/** Something of this message stands there already: that the request failed for certain does not mean that nothing is to be seen. */
export function asOpened(error: unknown): unknown {
  if (error instanceof PlatformRefusal) {
    return new DeliveryError({ message: `simulated: ${error.message}`, retryable: true, uncertain: true });
  }
  if (!(error instanceof DeliveryError) || error.uncertain) return error;
  const { message, retryable, retryAfterMs } = error;
  return new DeliveryError({ message, retryable, retryAfterMs, uncertain: true });
}

export function describe({ id, part, parts, attempt }: OutboundMessage): string {
  return `${short(id)} part ${part + 1}/${parts} attempt ${attempt}`;
}

export function short(id: string): string {
  return id.slice(0, 6);
}
