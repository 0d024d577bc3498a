import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../src/clock.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from '../support/openai-emulator.ts';
import { answerOf } from './answers.ts';
import { toConfig } from './config.ts';
import type { PlatformDriver } from './driver.ts';
import { createDriver } from './drivers.ts';
import { KillFailure } from './failure.ts';
import { createKiller } from './killer.ts';
import { createPeople } from './people.ts';
import { killPoints, recoveryPoints, type KillPoint, type PlatformName } from './points.ts';
import { createProcesses, type RunningProcess } from './processes.ts';
import { createRandom, type Random } from './random.ts';
import { comeToRest, type RestReport } from './rest.ts';

export interface CampaignOptions {
  readonly platform: PlatformName;
  readonly kills: number;
  readonly seed: number;
  readonly folder: string;
  readonly cacheFolder: string;
  readonly clock: Clock;
  /** Ends it early, without a verdict. */
  readonly signal: AbortSignal;
}

export interface CampaignFigures {
  readonly platform: PlatformName;
  readonly kills: number;
  /** By the name of the point. */
  readonly byPoint: ReadonlyMap<string, number>;
  /** Kills at a point that was not reached in time: the process was killed while it had nothing to do. */
  readonly missed: number;
  readonly questions: number;
  readonly conversations: number;
  readonly messages: number;
  readonly modelCalls: number;
}

/** At what pace the model speaks: an answer takes some 50 ms. */
const tokensPerSecond = 250;
const killsBetweenRests = 10;
/** After so long a point will not be reached any more. */
const longestMs = 1_500;

/** Kills the processes of one platform's Parley, one after the other, on one data folder; rejects with a KillFailure. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignFigures> {
  const { platform, clock, seed } = options;
  mkdirSync(options.folder, { recursive: true });
  const random = createRandom(seed, platform);
  const model = createOpenAiEmulator({ clock });
  Object.assign(model.behaviour, { answer: answerOf, tokensPerSecond });
  const isTalking = (): boolean => model.calls.slice(-8).some(({ state }) => state === 'open');
  const driver = createDriver(platform, clock, isTalking);
  const processes = createProcesses(options);
  await Promise.all([driver.listen(), model.start()]);
  try {
    return await play(options, { driver, model, processes, random });
  } finally {
    await processes.close();
    await Promise.all([driver.close(), model.stop()]);
  }
}

interface Stage {
  readonly driver: PlatformDriver;
  readonly model: OpenAiEmulator;
  readonly processes: ReturnType<typeof createProcesses>;
  readonly random: Random;
}

async function play(options: CampaignOptions, { driver, model, processes, random }: Stage): Promise<CampaignFigures> {
  const { platform, clock, seed, folder, signal } = options;
  const people = createPeople(driver, random);
  const killer = createKiller({ driver, model, clock, random });
  const points = createDeck(killPoints, platform, random);
  const recoveries = createDeck(recoveryPoints, platform, random);
  const ledgerFile = join(folder, 'data', 'parley.db');
  const byPoint = new Map<string, number>();
  const history: string[] = [];
  const logs: string[] = [];
  let kills = 0;
  let missed = 0;

  async function start(point?: KillPoint): Promise<RunningProcess> {
    const config = await toConfig({ settings: driver.settings(random), model, dataFolder: join(folder, 'data') });
    const started = await processes.start(config, point?.place.type === 'store' ? point.place.trap : undefined);
    if (point) killer.aim(point, started);
    const ready = await started.ready;
    if (ready !== 'dead') {
      driver.connect(ready.url);
      processes.prepare();
      if (random.chance(0.25)) people.repeatSomething();
    } else if (!point) fail({ problem: 'a process ended while it was starting', findings: [] }, started);
    return started;
  }

  /** Waits for the kill. False when the process is still there. */
  async function awaitKill(running: RunningProcess, point: KillPoint, timeMs: number): Promise<boolean> {
    const timeout = new AbortController();
    const exit = await Promise.race([running.exit, clock.sleep(timeMs, timeout.signal).catch(() => undefined)]);
    timeout.abort();
    killer.disarm();
    if (!exit) return false;
    logs.push(running.tail());
    if (exit.signal !== 'SIGKILL')
      fail({ problem: `the process ended by itself (code ${exit.code}, signal ${exit.signal})`, findings: [] }, running);
    driver.disconnect(random);
    kills += 1;
    byPoint.set(point.name, (byPoint.get(point.name) ?? 0) + 1);
    history.push(point.name);
    return true;
  }

  async function killAt(point: KillPoint, running: RunningProcess): Promise<void> {
    if (point.place.type === 'store') await running.arm(point.place.trap);
    killer.aim(point, running);
    people.ask(1 + random.below(3));
    if (await awaitKill(running, point, longestMs)) return;
    missed += 1;
    points.again(point);
    running.kill();
    await awaitKill(running, { ...point, name: `idle (not reached: ${point.name})` }, longestMs);
  }

  /** Brings a process up again; sometimes the first ones are killed at once, too. */
  async function recover(): Promise<RunningProcess> {
    if (random.chance(0.3)) people.ask(1);
    while (kills < options.kills && random.chance(0.3)) {
      const point = recoveries.next();
      const running = await start(point);
      if (await awaitKill(running, point, longestMs / 3)) continue;
      if (await running.arm(undefined)) return running; // It had nothing of that kind to do.
      await awaitKill(running, point, longestMs); // It got there at the last moment.
    }
    return start();
  }

  async function rest(running: RunningProcess): Promise<void> {
    const report = await comeToRest({ driver, clock, ledgerFile }, running, people.conversations);
    if (report) fail(report, running);
  }

  function fail(report: RestReport, running: RunningProcess): never {
    throw new KillFailure({ platform, seed, kills, history, ...report, logs: [...logs.slice(-2), running.tail()], folder });
  }

  let running = await start();
  people.ask(3);
  await rest(running);
  await running.flush();
  while (kills < options.kills && !signal.aborted) {
    const before = Math.floor(kills / killsBetweenRests);
    await killAt(points.next(), running);
    running = await recover();
    if (Math.floor(kills / killsBetweenRests) > before) await rest(running);
  }
  await rest(running);
  const { code } = await running.stop();
  if (code !== 0) fail({ problem: `the last process did not stop in good order (code ${code})`, findings: [] }, running);
  const messages = people.conversations.reduce((sum, { talk }) => sum + talk.visible().length, 0);
  const { conversations } = people;
  return {
    platform,
    kills,
    byPoint,
    missed,
    questions: people.questions(),
    conversations: conversations.length,
    messages,
    modelCalls: model.calls.length,
  };
}

interface Deck {
  next(): KillPoint;
  /** It has not been reached: soon once more. */
  again(point: KillPoint): void;
}

/** Every point once, in an order by chance, before any comes again. */
function createDeck(points: readonly KillPoint[], platform: PlatformName, random: Random): Deck {
  const usable = points.filter(({ not }) => !not?.includes(platform));
  let deck: KillPoint[] = [];
  return {
    next: () => {
      if (deck.length === 0) deck = random.shuffle(usable);
      return deck.pop() as KillPoint; // it was just filled
    },
    again: (point) => void deck.unshift(point),
  };
}
