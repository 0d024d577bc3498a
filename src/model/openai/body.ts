/** The chunks of a response body, one by one. */
export interface BodyReader {
  /** The next chunk; undefined at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Lets go of the connection. */
  cancel(): void;
}

/** Reads a web stream by its reader, which is cheaper than its async iterator, and any other kind of body that a `fetch` may hand out by iterating. */
export function openBody(body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | null): BodyReader {
  if (body === null) return { read: async () => undefined, cancel: () => undefined };
  if ('getReader' in body) {
    const reader = body.getReader();
    return {
      read: async () => (await reader.read()).value,
      cancel: () => void reader.cancel().catch(ignore),
    };
  }
  const iterator = body[Symbol.asyncIterator]();
  return {
    read: async () => {
      const { done, value } = await iterator.next();
      return done ? undefined : value;
    },
    cancel: () => void iterator.return?.().then(ignore, ignore),
  };
}

/** The answer is in, or has failed already: how the rest of its connection ends changes nothing. */
function ignore(): void {}
