import type { FileRequest } from '../../src/adapter.ts';
import { download, tooLarge } from '../../src/download.ts';
import { FileError } from '../../src/errors.ts';
import type { SlackCaller } from './client.ts';
import { platformErrorOf, rateLimitOf } from './failure.ts';
import { isRecord } from './receive.ts';

export interface FilesOptions {
  readonly slack: SlackCaller;
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
}

const filesOrigin = 'https://files.slack.com';

/** Where files are. That of another API only where one has been set: of Slack's own, the API's host has no files. */
export function fileOrigins(apiUrl: string | undefined): readonly string[] {
  const { origin, hostname } = new URL(apiUrl ?? filesOrigin);
  return hostname === 'slack.com' || hostname.endsWith('.slack.com') ? [filesOrigin] : [filesOrigin, origin];
}

/** Fetches what came with a message, with the bot token of its workspace. The token goes to the file's own address and nowhere else. */
export function createFileFetcher({ slack, apiUrl, fetch = globalThis.fetch }: FilesOptions) {
  const origins = fileOrigins(apiUrl);

  return async function fetchFile({ attachment, maxBytes, ...place }: FileRequest, signal: AbortSignal): Promise<Uint8Array> {
    const caller = slack.of(place);
    const url = attachment.url ?? (await lookUp(caller, { id: attachment.id, maxBytes }, signal));
    const headers = { authorization: `Bearer ${await caller.token(signal)}` };
    const { bytes, contentType } = await download({ url, origins, headers, maxBytes, fetch }, signal);
    // Without the scope, or with a token that does not see the file, Slack answers 200 with the page on which people log in.
    if (isLoginPage(bytes, contentType)) throw new FileError({ message: noScope });
    return bytes;
  };
}

const noScope = 'Slack does not let me have it: the app may lack the scope files:read';

function isLoginPage(bytes: Uint8Array, contentType: string): boolean {
  if (!contentType.toLowerCase().startsWith('text/html')) return false;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 65_536)).toString('latin1');
  return /^\s*<(?:!doctype html|html)/i.test(head) && /signin|sign in|data-slack|slack-edge\.com|id="signin/i.test(head);
}

interface LookUp {
  readonly id: string | undefined;
  readonly maxBytes: number;
}

async function lookUp(slack: SlackCaller, { id, maxBytes }: LookUp, signal: AbortSignal): Promise<string> {
  if (id === undefined) throw new FileError({ message: 'Slack does not say where it is' });
  try {
    const { file } = await slack.call('files.info', { file: id }, signal);
    const { url_private_download: url, url_private: shown, size } = isRecord(file) ? file : {};
    if (typeof size === 'number' && size > maxBytes) throw tooLarge(size, maxBytes);
    const address = url ?? shown;
    if (typeof address !== 'string') throw new FileError({ message: 'Slack does not say where it is' });
    return address;
  } catch (error) {
    if (error instanceof FileError || signal.aborted) throw error;
    const code = platformErrorOf(error);
    if (code === 'missing_scope') throw new FileError({ message: noScope, cause: error });
    if (code === 'file_not_found' || code === 'file_deleted')
      throw new FileError({ message: 'it is not there any more', cause: error });
    const retryable = code === undefined && rateLimitOf(error) === undefined;
    throw new FileError({ message: 'Slack does not say where it is', retryable, cause: error });
  }
}
