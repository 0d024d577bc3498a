/** What Discord is answered with, by its numbers: types of responses, and the flag of what only one person sees. */
export const responseTypes = { pong: 1, message: 4, deferred: 5, deferredUpdate: 6, modal: 9 } as const;
export const ephemeral = 1 << 6;

export interface Response {
  readonly type: number;
  readonly data?: object;
}

/** A message that only the person sees. */
export function whisper(content: string): Response {
  return { type: responseTypes.message, data: { content, flags: ephemeral, allowed_mentions: { parse: [] } } };
}
