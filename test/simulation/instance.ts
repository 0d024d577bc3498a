import type { Adapter } from '../../src/adapter.ts';
import { createTurnRunner } from '../../src/conversation/turn.ts';
import { createInbox } from '../../src/inbox/inbox.ts';
import { createWorker } from '../../src/inbox/worker.ts';
import type { Log, LogFields } from '../../src/log.ts';
import type { InboundEvent } from '../../src/message.ts';
import type { Model } from '../../src/model/model.ts';
import { estimateTokens } from '../../src/model/tokens.ts';
import { createDeliver } from '../../src/outbox/delivery.ts';
import { createOutbox } from '../../src/outbox/outbox.ts';
import type { RetryPolicy } from '../../src/retry.ts';
import type { Store } from '../../src/store/store.ts';
import type { Temper } from './faults.ts';
import type { Journal } from './journal.ts';
import { revisionRules } from './revising.ts';
import type { SimulatedProcess } from './process.ts';

export interface InstanceOptions {
  readonly process: SimulatedProcess;
  readonly store: Store;
  readonly adapters: readonly Adapter[];
  readonly model: Model;
  readonly temper: Temper;
  readonly revising: boolean;
  readonly journal: Journal;
  readonly onViolation: (what: string) => void;
}

/** One running Parley: the stages as main.ts joins them. */
export interface Instance {
  readonly process: SimulatedProcess;
  /** An event arrives; `acknowledge` is called once it is safe. */
  receive(event: InboundEvent, acknowledge: () => void): void;
  /** Ends in order, and resolves with what it has left behind that it should not have. */
  stop(drainMs: number): Promise<string[]>;
}

const leaseMs = 30_000;
/** For one request to a platform. */
export const timeoutMs = 8_000;
/** Longer than that of main.ts: an idle look costs as much as one that finds something, and leases are looked at when they end. */
const pollMs = 4_000;

export function startInstance(options: InstanceOptions): Instance {
  const { process, store, temper, model } = options;
  const { clock, name: owner } = process;
  const log = createProcessLog(options);
  const adapters = new Map(options.adapters.map((adapter) => [adapter.name, adapter]));
  const { concurrency, maxAttempts, deliveryExpiryMs: expiryMs } = temper;
  const policy: RetryPolicy = { baseMs: 500, maxMs: 10_000, expiryMs, maxAttempts: 20 };
  const common = { store, clock, log, owner, leaseMs, pollMs, concurrency };
  const deliver = createDeliver({ store, adapters, clock, log, policy, timeoutMs, leaseMs });
  const outbox = createOutbox({ ...common, deliver });
  const runTurn = createTurnRunner({
    ...{ store, adapters, model, clock, log },
    countTokens: estimateTokens,
    deliver: (first) => outbox.send(first),
    bot: { name: 'Parley', instructions: 'Be helpful.' },
    contextTokens: 4_000,
    staleAfterMs: temper.staleAfterMs,
    retry: { baseMs: 1_000, maxMs: 10_000, expiryMs: 5 * 60_000, maxAttempts },
    delivery: { leaseMs, expiryMs },
  });
  const worker = createWorker({
    ...common,
    runTurn,
    historyLimit: 50,
    ...(options.revising ? { revisions: revisionRules } : {}),
  });
  const inbox = createInbox({ store, clock, log, accept: worker.accept });
  const contexts = new Map([...adapters.keys()].map((name) => [name, inbox.contextFor(name)]));
  let isListening = true;

  outbox.start();
  worker.start();

  return {
    process,
    receive: (event, acknowledge) => {
      process.later({ kind: 'io', label: 'receive', ms: 0 }, () => {
        if (!isListening) return;
        contexts
          .get(event.adapter)
          ?.accept([event])
          .then(
            () => process.later({ kind: 'local', label: 'acknowledge', ms: 0 }, acknowledge),
            (error: Error) => options.journal.note(owner, 'accept failed', error.message),
          );
      });
    },
    stop: async (drainMs) => {
      await worker.stop(drainMs);
      await outbox.stop(drainMs);
      isListening = false;
      await store.handBack(owner).catch((error: Error) => options.journal.note(owner, 'hand-back failed', error.message));
      return process.exit();
    },
  };
}

/** These report an error that nobody has planned for; here only those that are simulated may be among them. */
const unplanned = new Set([
  'turns could not be claimed',
  'deliveries could not be claimed',
  'leases could not be renewed',
  'turn failed unexpectedly',
  'turn could not be given back',
  'stream could not be noted',
  'stream failed',
  'delivery could not be recorded',
]);

function createProcessLog({ process, journal, onViolation }: InstanceOptions): Log {
  const write = (message: string, fields: LogFields = {}): void => {
    const error = typeof fields['error'] === 'string' ? fields['error'] : '';
    journal.note(process.name, 'log', `${message} ${error}`);
    if (unplanned.has(message) && !error.includes('simulated')) onViolation(`${process.name} logged: ${message}: ${error}`);
  };
  const log: Log = { debug: () => undefined, info: write, warn: write, error: write, with: () => log };
  return log;
}
