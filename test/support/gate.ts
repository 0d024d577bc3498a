/** A promise that a test settles by hand: something that takes as long as the test wants it to. */
export interface Gate<Value = void> {
  readonly opened: Promise<Value>;
  open(value: Value): void;
  fail(error: Error): void;
}

export function createGate<Value = void>(): Gate<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  return { opened: promise, open: resolve, fail: reject };
}
