import type { Reply } from './reply.ts';
import type { UploadedFiles } from './uploads.ts';

export interface Call {
  /** The ids of the path, in order. */
  readonly ids: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  /** Of a multipart request. */
  readonly files: UploadedFiles;
}

export interface Route {
  readonly method: string;
  /** As in Discord's reference, every parameter written `:id`. */
  readonly pattern: string;
  /** Who knows the path may call it: a token stands in it. */
  readonly byToken?: true;
  /** Carries the call out at once. */
  handle(call: Call): Reply;
}
