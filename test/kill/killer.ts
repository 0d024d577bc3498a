import type { Clock } from '../../src/clock.ts';
import type { OpenAiEmulator } from '../support/openai-emulator.ts';
import type { PlatformDriver } from './driver.ts';
import type { KillPoint, Moment } from './points.ts';
import type { RunningProcess } from './processes.ts';
import type { Random } from './random.ts';

export interface KillerOptions {
  readonly driver: PlatformDriver;
  readonly model: OpenAiEmulator;
  readonly clock: Clock;
  readonly random: Random;
}

/** Kills a process when it gets to a point, from outside or by the trap that is set inside of it. */
export interface Killer {
  /** From the next thing that happens on. A trap inside of the process must have been set before. */
  aim(point: KillPoint, victim: RunningProcess): void;
  /** Nobody is to be killed any more, and nothing to go wrong. */
  disarm(): void;
}

/** So long a stream stands still, for its beginning to be shown before its end has come. */
const streamPauseMs = 120;
const longestTimeMs = 150;

export function createKiller({ driver, model, clock, random }: KillerOptions): Killer {
  let aimed: { readonly point: KillPoint; readonly victim: RunningProcess } | undefined;
  let cancelTimer: (() => void) | undefined;

  function strike(): void {
    const { victim } = aimed ?? {};
    disarm();
    victim?.kill();
  }

  function disarm(): void {
    aimed = undefined;
    cancelTimer?.();
    cancelTimer = undefined;
    driver.clearFaults();
  }

  driver.onMoment((moment: Moment, fate) => {
    const place = aimed?.point.place;
    if (moment === 'sending' && aimed?.point.needs === 'failed send') fate.fail();
    if (place?.type !== 'platform' || place.moment !== moment) return;
    strike();
    if (place.lost) fate.lose();
  });

  model.behaviour.onCall = async (phase) => {
    const place = aimed?.point.place;
    if (place?.type === 'model' && place.phase === phase) strike();
    if (phase === 'midStream' && aimed && showsStream(aimed.point)) await clock.sleep(streamPauseMs);
  };

  return {
    aim: (point, victim) => {
      aimed = { point, victim };
      if (point.needs === 'failed model') model.fail({ type: 'server_error' });
      if (point.place.type === 'time') cancelTimer = clock.after(random.next() * longestTimeMs, strike);
    },
    disarm,
  };
}

function showsStream({ place }: KillPoint): boolean {
  if (place.type === 'platform') return place.moment === 'streamed';
  return place.type === 'store' && place.trap.method === 'noteStream';
}
