import { DeliveryError, withUncertainty } from '../../src/errors.ts';
import type { Receipt } from '../../src/message.ts';
import type { SlackCaller } from './client.ts';
import { platformErrorOf, rateLimitOf, toDeliveryError } from './failure.ts';
import { toReceipt } from './limits.ts';
import { removeFile } from './send-file.ts';

interface Replacement {
  readonly replaced: Receipt;
  readonly receipt: Receipt;
}

/**
 * What cannot be changed in place goes after the other has come. Where that fails for the moment the next attempt finds the other, and
 * takes this away then; what Slack does not let go stays.
 */
export async function removeReplaced(slack: SlackCaller, { replaced, receipt }: Replacement, signal: AbortSignal): Promise<void> {
  if (replaced.id === receipt.id) return;
  try {
    await remove(slack, replaced, signal);
  } catch (error) {
    if (error instanceof DeliveryError && error.retryable) throw withUncertainty(error, true);
  }
}

/** A stream that is open takes no update. That it was not open is as good; any other trouble shows in the update itself. */
export async function stop(slack: SlackCaller, message: { channel: string; ts: string }, signal: AbortSignal): Promise<void> {
  const method = 'chat.stopStream';
  try {
    await slack.call(method, message, signal);
  } catch (error) {
    if (rateLimitOf(error) !== undefined) throw toDeliveryError(error, { method, opened: true });
  }
}

/** Takes away what a receipt names, whatever it is. */
export async function remove(slack: SlackCaller, receipt: Receipt, signal: AbortSignal): Promise<void> {
  if (receipt['kind'] === 'file') return removeFile(slack, receipt, signal);
  const { id: last, channel = '', pieces = '' } = receipt;
  for (const ts of [...pieces.split(','), last]) if (ts !== '') await removeOne(slack, toReceipt(channel, ts), signal);
}

async function removeOne(slack: SlackCaller, { id: ts, channel = '' }: Receipt, signal: AbortSignal): Promise<void> {
  const method = 'chat.delete';
  try {
    await slack.call(method, { channel, ts }, signal).catch(async (error: unknown) => {
      if (platformErrorOf(error) !== 'cant_delete_message') throw error;
      await stop(slack, { channel, ts }, signal); // It cannot be deleted while it streams.
      await slack.call(method, { channel, ts }, signal);
    });
  } catch (error) {
    if (platformErrorOf(error) !== 'message_not_found') throw toDeliveryError(error, { method });
  }
}
