import { FileError } from '../errors.ts';

export interface TranscriberOptions {
  /** Undefined: nothing listens. */
  readonly transcription?: string | undefined;
  readonly openai: { readonly apiKey?: string | undefined; readonly baseUrl: string };
}

export interface Sound {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
  /** With an extension that fits: the endpoint goes by it. */
  readonly name: string;
}

/** What https://platform.openai.com/docs/api-reference/audio/createTranscription takes. */
const maxBytes = 25_000_000;

/** Has the endpoint of the model write down what is said in a recording; undefined where no model is named for that. Rejects with a FileError. */
export function createTranscriber(
  { transcription, openai: { apiKey, baseUrl } }: TranscriberOptions,
  fetch: typeof globalThis.fetch,
) {
  if (transcription === undefined) return undefined;
  const url = `${baseUrl.replace(/\/+$/, '')}/audio/transcriptions`;

  return async function transcribe({ bytes, mimeType, name }: Sound, signal: AbortSignal): Promise<string> {
    if (bytes.length > maxBytes) throw new FileError({ message: 'the recording is longer than what is listened to (25 MB)' });
    const form = new FormData();
    form.set('model', transcription);
    form.set('response_format', 'json');
    // A copy: the type asks for memory that is not shared with other threads.
    form.set('file', new Blob([Uint8Array.from(bytes)], { type: mimeType }), name);
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    const response = await fetch(url, { method: 'POST', headers, body: form, redirect: 'manual', signal }).catch(
      (cause: unknown) => {
        signal.throwIfAborted();
        throw new FileError({ message: 'the service that listens to recordings cannot be reached', cause });
      },
    );
    if (!response.ok) {
      throw new FileError({ message: `the service that listens to recordings refuses it (HTTP ${response.status})` });
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (typeof answer === 'object' && answer !== null && 'text' in answer && typeof answer.text === 'string') return answer.text;
    throw new FileError({ message: 'the service that listens to recordings gave no text' });
  };
}
