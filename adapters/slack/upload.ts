import { DeliveryError, withUncertainty } from '../../src/errors.ts';
import type { SlackCaller } from './client.ts';
import { isRecord } from './receive.ts';
import { toDeliveryError } from './failure.ts';
import { fileOrigins } from './files.ts';
import { reasonOf } from './unreachable.ts';

export interface UploadOptions {
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
}

export interface Upload {
  readonly slack: SlackCaller;
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly signal: AbortSignal;
}

/** Resolves with the id of the file. Rejects with a DeliveryError, which is `uncertain` where the file may have been shared. */
export type ShareFile = (upload: Upload) => Promise<string>;

/**
 * Uploads a text and shares it, as https://docs.slack.dev/messaging/working-with-files#upload says: an address is asked for, the bytes go there,
 * and only the third step shows anything to people.
 */
export function createShareFile({ apiUrl, fetch = globalThis.fetch }: UploadOptions): ShareFile {
  const origins = fileOrigins(apiUrl);

  /** The address comes from outside, and what goes there is what somebody was told. */
  async function put(url: unknown, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const address = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
    if (!address || !origins.includes(address.origin)) throw refused('Slack gave an address for the upload that is not its own.');
    let status: number;
    try {
      const body = new Uint8Array(bytes); // a plain ArrayBuffer behind it, as fetch asks for
      const headers = { 'content-type': 'application/octet-stream' };
      const response = await fetch(address, { method: 'POST', body, headers, redirect: 'manual', signal });
      ({ status } = response);
      await response.arrayBuffer();
    } catch (error) {
      throw new DeliveryError({
        message: `The upload failed: ${reasonOf(error)}`,
        retryable: true,
        uncertain: false,
        cause: error,
      });
    }
    if (status === 429 || status >= 500) {
      throw new DeliveryError({ message: `The upload was answered with ${status}.`, retryable: true, uncertain: false });
    }
    if (status !== 200) throw refused(`The upload was answered with ${status}.`);
  }

  return async ({ slack, name, title, text, channel, threadTs, signal }) => {
    const bytes = Buffer.from(text, 'utf8');
    const asked = await call({
      slack,
      method: 'files.getUploadURLExternal',
      args: { filename: name, length: bytes.length },
      signal,
    });
    const { upload_url: url, file_id: id } = asked;
    if (typeof id !== 'string') throw refused('Slack gave no id for the file.');
    await put(url, bytes, signal);
    const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
    const args = { files: [{ id, title }], channel_id: channel, ...thread };
    await call({ slack, method: 'files.completeUploadExternal', args, signal, shows: true });
    return id;
  };
}

interface Call {
  readonly slack: SlackCaller;
  readonly method: string;
  readonly args: Record<string, unknown>;
  readonly signal: AbortSignal;
  /** Whether people see something afterwards. */
  readonly shows?: boolean;
}

async function call({ slack, method, args, signal, shows = false }: Call): Promise<Readonly<Record<string, unknown>>> {
  try {
    const answer: unknown = await slack.call(method, args, signal);
    return isRecord(answer) ? answer : {};
  } catch (error) {
    const failure = toDeliveryError(error, { method });
    throw shows ? failure : withUncertainty(failure, false);
  }
}

function refused(message: string): DeliveryError {
  return new DeliveryError({ message, retryable: false, uncertain: false });
}
