import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Loaded into every subject: tells on request what the process has used so far. Needs --expose-gc. */
export interface Sample {
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly heapMb: number;
  readonly loopDelayP99Ms: number;
}

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

process.on('message', (message: { type?: string; gc?: boolean }) => {
  if (message.type !== 'sample') return;
  if (message.gc) (globalThis as { gc?: () => void }).gc?.(); // there with --expose-gc
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const sample: Sample = {
    cpuMs: (user + system) / 1e3,
    rssMb: rss / 2 ** 20,
    heapMb: heapUsed / 2 ** 20,
    loopDelayP99Ms: delay.percentile(99) / 1e6,
  };
  delay.reset();
  process.send?.({ type: 'sample', sample });
});
