import { DeliveryError } from '../errors.ts';

/** Codes of JSON-RPC that the SDK gives by itself. */
const connectionClosed = -32_000;
const requestTimeout = -32_001;

/**
 * No JSON, no request, no such method: said before a tool is run. Not so for wrong arguments (-32602), which servers also say of what a tool has
 * given, and for errors inside the server (-32603).
 */
const refusals = new Set([-32_700, -32_600, -32_601]);

/** Whether it is certain that nothing was done: nothing was sent, or the server has refused what it was sent before it ran a tool. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof DeliveryError) return !error.uncertain;
  const { name, code } = error instanceof Error ? (error as Error & { readonly code?: unknown }) : {}; // the SDK's errors have one
  if (typeof code !== 'number') return false;
  // All else with a number is a status of HTTP.
  return name === 'McpError' ? refusals.has(code) : code >= 400 && code < 500 && code !== 408;
}

/** Whether the server is gone, rather than having said that something is wrong. */
export function isLoss(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const isSaid = typeof code === 'number' && code < -32_000;
  return code === connectionClosed || (!isSaid && code !== requestTimeout);
}
