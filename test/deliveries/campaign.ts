import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { deskTemplates } from '../../adapters/webhook/emulator.ts';
import type { Sample } from '../../bench/probe.ts';
import { systemClock } from '../../src/clock.ts';
import { createRandom } from '../kill/random.ts';
import { startDesk, type Desk } from './desk.ts';
import { maxBodyBytes, sourceName, type EventNames } from './events.ts';
import { checkLedger } from './ledger.ts';
import { startFakeModel } from './model.ts';
import { createScenarios, type Tally } from './scenarios.ts';
import { startSubject, type Subject } from './subject.ts';

export interface CampaignOptions {
  /** Requests to the source, repeated and hostile ones included. */
  readonly count: number;
  readonly seed: number;
  /** How many senders wait for their answers at once. */
  readonly inFlight?: number;
}

export interface Campaign {
  readonly seed: number;
  readonly tally: Tally;
  readonly callbacks: number;
  readonly modelCalls: number;
  readonly seconds: number;
  readonly samples: readonly MemorySample[];
  /** What was promised and not kept; empty when all is well. */
  readonly problems: readonly string[];
}

export interface MemorySample extends Pick<Sample, 'heapMb' | 'rssMb'> {
  readonly sent: number;
}

const samplesWanted = 50;
const stalledMs = 20_000;
const secret = `whsec_${Buffer.from('the secret that the sender signs with').toString('base64')}`;
const callbackSecret = `whsec_${Buffer.from('the secret that answers are signed with').toString('base64')}`;

/** Sends so many deliveries to a real Parley in a closed loop: each sender waits for its answer before it sends again. */
export async function runDeliveries({ count, seed, inFlight = 64 }: CampaignOptions): Promise<Campaign> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-deliveries-'));
  const now = (): number => systemClock.now();
  const [desk, model] = await Promise.all([startDesk(callbackSecret, now), startFakeModel()]);
  const subject = await startSubject({ folder, settings: toSettings(desk.url), modelUrl: model.baseUrl });
  try {
    const names: EventNames = { secret, run: `${seed}`, now };
    const run = await sendAll({ count, seed, inFlight, subject, desk, names });
    const exitCode = await subject.stop();
    const problems = [
      ...run.problems,
      ...(exitCode === 0 ? [] : [`Parley ended with exit status ${exitCode}`]),
      ...subject.errors.map((line) => `Parley logged an error: ${line}`),
      ...run.tally.unkept(desk),
      ...checkCallbacks(desk),
      ...checkLedger(join(folder, 'data', 'parley.db'), run.tally.accepted),
    ];
    return { ...run, seed, callbacks: desk.figures().callbacks, modelCalls: model.calls(), problems };
  } finally {
    await subject.kill();
    await Promise.all([desk.close(), model.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Sending extends Required<CampaignOptions> {
  readonly subject: Subject;
  readonly desk: Desk;
  readonly names: EventNames;
}

async function sendAll({ count, seed, inFlight, subject, desk, names }: Sending) {
  const pool = new Pool(subject.url, { connections: 2 * inFlight, pipelining: 1 });
  const scenarios = createScenarios({ pool, desk, names, count, random: createRandom(seed, 'deliveries') });
  const samples: MemorySample[] = [];
  let sampleAt = 0;
  let isSampling = false;

  async function send(): Promise<void> {
    while (scenarios.tally.sent < count) {
      if (scenarios.tally.sent >= sampleAt && !isSampling) {
        isSampling = true;
        sampleAt = scenarios.tally.sent + Math.ceil(count / samplesWanted);
        const { heapMb, rssMb } = await subject.sample();
        samples.push({ sent: scenarios.tally.sent, heapMb, rssMb });
        isSampling = false;
      }
      await scenarios.next();
    }
  }

  const watch = watchProgress(() => scenarios.tally.sent + desk.figures().callbacks);
  const from = systemClock.monotonic();
  try {
    await Promise.race([Promise.all(Array.from({ length: inFlight }, send)), watch.stalled]);
    const seconds = (systemClock.monotonic() - from) / 1_000;
    return { tally: scenarios.tally, samples, seconds, problems: [] };
  } catch (error) {
    if (error !== stall) throw error;
    return { tally: scenarios.tally, samples, seconds: Number.NaN, problems: [stall.message] };
  } finally {
    watch.end();
    await pool.destroy();
  }
}

const stall = new Error(`for ${stalledMs / 1_000} s nothing was taken and nothing was answered`);

/** Who waits for an answer that was lost would wait for ever. */
function watchProgress(progress: () => number): { readonly stalled: Promise<never>; end(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  let last = progress();
  let cancel = systemClock.after(stalledMs, look);

  function look(): void {
    const current = progress();
    if (current === last) reject(stall);
    last = current;
    cancel = systemClock.after(stalledMs, look);
  }

  return { stalled: promise, end: () => cancel() };
}

function toSettings(callbackUrl: string): object {
  return {
    server: { accessLog: false, metricsToken: 'a token for the figures' },
    outbound: { allow: ['127.0.0.1'] },
    webhooks: {
      [sourceName]: {
        verify: { scheme: 'standard', secret },
        ...deskTemplates,
        maxBodyBytes,
        // The busiest conversation of a run has more than the usual hundred events.
        turnsPerHour: 100_000,
        callback: { url: callbackUrl, secret: callbackSecret },
      },
    },
  };
}

function checkCallbacks(desk: Desk): string[] {
  const { repeated, forged } = desk.figures();
  return [
    ...(repeated > 0 ? [`${repeated} callbacks came a second time, although the first was confirmed`] : []),
    ...(forged > 0 ? [`${forged} callbacks did not have the right signature`] : []),
  ];
}
