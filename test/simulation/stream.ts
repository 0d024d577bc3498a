import type { MessageStream } from '../../src/adapter.ts';
import { withTimeout } from '../../src/clock.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { Receipt } from '../../src/message.ts';
import type { SimulatedProcess } from './process.ts';

export interface StreamOptions {
  readonly process: SimulatedProcess;
  /** No request begins after this. */
  readonly signal: AbortSignal;
  /** Whether a request is given up when the signal aborts, or let end so that it is known what it did. */
  readonly abortsRequests: boolean;
  readonly paceMs: number;
  /** Longest text of one message. */
  readonly splitAt: number;
  readonly open: (text: string, signal: AbortSignal) => Promise<Receipt>;
  /** `text` is all that is to be seen. */
  readonly grow: (receipt: Receipt, text: string, signal: AbortSignal) => Promise<void>;
}

const graceMs = 15;
const timeoutMs = 5_000;

/** A message that grows, as adapters do it: one request at a time, at a pace, and whatever goes wrong only ends the show. */
export function createSimulatedStream(options: StreamOptions): MessageStream {
  const { process, signal, splitAt, paceMs } = options;
  const opened = Promise.withResolvers<Receipt | 'unknown' | undefined>();
  let text = '';
  let shown = '';
  let receipt: Receipt | undefined;
  let isOver = false;
  let nextIn = graceMs;
  let busy: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;

  function schedule(): void {
    if (isOver || busy || cancelTimer || text.slice(0, splitAt) === shown) return;
    cancelTimer = process.clock.after(nextIn, () => {
      cancelTimer = undefined;
      if (signal.aborted) return end();
      busy = show().finally(() => {
        busy = undefined;
        schedule();
      });
    });
  }

  async function show(): Promise<void> {
    const visible = text.slice(0, splitAt);
    const bound = withTimeout(process.clock, timeoutMs, options.abortsRequests ? signal : undefined);
    try {
      if (receipt) await options.grow(receipt, visible, bound.signal);
      else {
        receipt = await options.open(visible, bound.signal);
        opened.resolve(receipt);
      }
      shown = visible;
      nextIn = paceMs;
    } catch (error) {
      const limit = error instanceof DeliveryError ? error.retryAfterMs : undefined;
      if (receipt && limit !== undefined) {
        nextIn = limit;
        return;
      }
      if (!receipt && !(error instanceof DeliveryError && !error.uncertain)) opened.resolve('unknown');
      end();
    } finally {
      bound.clear();
    }
  }

  function end(): void {
    isOver = true;
    cancelTimer?.();
    cancelTimer = undefined;
  }

  return {
    opened: opened.promise,
    append: (more) => {
      text += more;
      schedule();
    },
    close: async () => {
      end();
      await busy;
      opened.resolve(undefined); // no effect where it has opened
    },
  };
}
