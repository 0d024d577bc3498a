import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { DeliveryError, withUncertainty } from '../../src/errors.ts';
import { fileNameOf, toFileReceipt, toPieceId, toPiecesReceipt } from './answer-file.ts';
import type { SlackCaller } from './client.ts';
import type { SlackDestination } from './conversation.ts';
import { platformErrorOf, toDeliveryError } from './failure.ts';
import type { Sighting } from './find.ts';
import { splitForSlack } from './limits.ts';
import type { ShareFile } from './upload.ts';

export interface FileJob {
  readonly slack: SlackCaller;
  readonly message: OutboundMessage;
  readonly destination: SlackDestination;
  readonly signal: AbortSignal;
}

export interface FileWays {
  readonly share: ShareFile;
  readonly look: (message: OutboundMessage, signal: AbortSignal) => Promise<Sighting>;
  /** Posts one message under this id; resolves with its `ts`. */
  readonly post: (text: string, id: string) => Promise<string>;
}

/**
 * The last part of a long answer: a file with all of it. Where Slack does not let the app share files (the scope `files:write` is missing, or the
 * workspace does not want any) the whole text is posted in messages. An earlier attempt may have posted some of them, and then died: these are
 * found by their names, and the file is not tried again.
 */
export async function sendFile(job: FileJob, { share, look, post }: FileWays): Promise<Receipt> {
  const { slack, message, destination, signal } = job;
  const { channel, threadTs } = destination;
  const posted = message.attempt > 1 ? (await look(message, signal)).pieces : new Map<string, string>();
  if (posted.size === 0) {
    try {
      const [name, title] = [fileNameOf(message), 'The whole answer'];
      const file = await share({ slack, name, title, text: message.text, channel, threadTs, signal });
      return toFileReceipt(channel, file);
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.retryable || error.uncertain || signal.aborted) throw error;
    }
  }
  const texts = splitForSlack(message.text);
  const shown: string[] = [];
  for (const [index, text] of texts.entries()) {
    const id = index === texts.length - 1 ? message.id : toPieceId(message, index);
    // What fails later leaves these behind: the next attempt has to look for them.
    shown.push(posted.get(id) ?? (await post(text, id).catch((error: unknown) => failAfter(index, error))));
  }
  return toPiecesReceipt(channel, shown);
}

function failAfter(pieces: number, error: unknown): never {
  if (pieces === 0 || !(error instanceof DeliveryError) || error.uncertain) throw error;
  throw withUncertainty(error, true);
}

/** Takes the file away, and with it the message that it was shared by. */
export async function removeFile(slack: SlackCaller, { id: file }: Receipt, signal: AbortSignal): Promise<void> {
  const method = 'files.delete';
  try {
    await slack.call(method, { file }, signal);
  } catch (error) {
    if (!/^file_(?:not_found|deleted)$/.test(platformErrorOf(error) ?? '')) throw toDeliveryError(error, { method });
  }
}
