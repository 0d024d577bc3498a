import type { Config } from '../../src/config.ts';
import type { Trap } from './points.ts';

export type ToChild =
  /** Start, with a trap set from the beginning. */
  | { readonly type: 'go'; readonly config: Config; readonly trap: Trap | undefined }
  | { readonly type: 'arm'; readonly trap: Trap | undefined }
  /** Keep what has been compiled, for the processes to come. */
  | { readonly type: 'flush' }
  /** End in good order. */
  | { readonly type: 'stop' };

export type FromChild =
  /** Everything is loaded; nothing has begun. */
  | { readonly type: 'standing by' }
  | { readonly type: 'ready'; readonly url: string | undefined }
  | { readonly type: 'done'; readonly what: 'arm' | 'flush' };
