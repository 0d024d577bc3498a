import type { Adapter } from '../adapter.ts';
import type { Clock } from '../clock.ts';
import { DeliveryError } from '../errors.ts';
import type { Figures } from './figures.ts';

/** Counts the attempts to send. */
export function watchAdapter(adapter: Adapter, { sends, sendSeconds }: Figures, clock: Pick<Clock, 'monotonic'>): Adapter {
  const { name } = adapter;
  return {
    ...adapter,
    send: async (message, signal) => {
      const startedAt = clock.monotonic();
      let outcome = 'sent';
      try {
        return await adapter.send(message, signal);
      } catch (error) {
        outcome = error instanceof DeliveryError && !error.retryable ? 'refused' : 'failed';
        throw error;
      } finally {
        sends.inc({ adapter: name, outcome });
        sendSeconds.observe({ adapter: name }, (clock.monotonic() - startedAt) / 1_000);
      }
    },
  };
}
