import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../src/clock.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from '../support/openai-emulator.ts';
import { answerOf } from './answers.ts';
import { toConfig } from './config.ts';
import { createDeck, type Deck } from './deck.ts';
import type { PlatformDriver } from './driver.ts';
import { createDriver } from './drivers.ts';
import { createKiller, type Killer } from './killer.ts';
import { createPeople, type People } from './people.ts';
import { killPoints, recoveryPoints, type KillPoint, type PlatformName } from './points.ts';
import { createProcesses, type Processes, type RunningProcess } from './processes.ts';
import { createRandom, type Random } from './random.ts';
import { createRecord, type CampaignRecord } from './record.ts';
import { comeToRest } from './rest.ts';

export interface CampaignOptions {
  readonly platform: PlatformName;
  readonly kills: number;
  readonly seed: number;
  /** Of the ledger and the logs; it stays. */
  readonly folder: string;
  /** Of what Node has compiled. */
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
  /** Follow-ups that were taken before the mention that opens their thread. */
  readonly overtakings: number;
  /** On buttons under answers. */
  readonly presses: number;
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
  const { platform, clock } = options;
  mkdirSync(options.folder, { recursive: true });
  const model = createOpenAiEmulator({ clock });
  Object.assign(model.behaviour, { answer: answerOf, tokensPerSecond });
  const isTalking = (): boolean => model.calls.slice(-8).some(({ state }) => state === 'open');
  const driver = createDriver(platform, clock, isTalking);
  const processes = createProcesses(options);
  await Promise.all([driver.listen(), model.start()]);
  try {
    return await new Campaign(options, { driver, model, processes }).run();
  } finally {
    await processes.close();
    await Promise.all([driver.close(), model.stop()]);
  }
}

interface Stage {
  readonly driver: PlatformDriver;
  readonly model: OpenAiEmulator;
  readonly processes: Processes;
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #people: People;
  readonly #killer: Killer;
  readonly #points: Deck;
  readonly #recoveries: Deck;
  readonly #record: CampaignRecord;
  #missed = 0;

  constructor(options: CampaignOptions, stage: Stage) {
    const { platform, seed, clock } = options;
    this.#options = options;
    this.#stage = stage;
    this.#random = createRandom(seed, platform);
    this.#people = createPeople(stage.driver, this.#random);
    this.#killer = createKiller({ ...stage, clock, random: this.#random });
    this.#points = createDeck(killPoints, platform, this.#random);
    this.#recoveries = createDeck(recoveryPoints, platform, this.#random);
    this.#record = createRecord(options);
  }

  async run(): Promise<CampaignFigures> {
    let running = await this.#start();
    this.#people.ask(3);
    await this.#rest(running);
    await running.flush();
    while (this.#isOn() && !this.#options.signal.aborted) {
      const before = this.#record.kills();
      await this.#killAt(this.#points.next(), running);
      running = await this.#recover();
      const passed = (kills: number): number => Math.floor(kills / killsBetweenRests);
      if (passed(this.#record.kills()) > passed(before)) await this.#rest(running);
    }
    await this.#rest(running);
    const { code } = await running.stop();
    if (code !== 0) this.#record.fail(`the last process did not stop in good order (code ${code})`, running);
    return this.#figures();
  }

  #isOn(): boolean {
    return this.#record.kills() < this.#options.kills;
  }

  async #start(point?: KillPoint): Promise<RunningProcess> {
    const { driver, model, processes } = this.#stage;
    const config = await toConfig({ settings: driver.settings(this.#random), model, dataFolder: this.#dataFolder() });
    const started = await processes.start(config, point?.place.type === 'store' ? point.place.trap : undefined);
    if (point) this.#killer.aim(point, started);
    const ready = await started.ready;
    // The next one loads its modules now: this one, which has the more urgent work, is done with that.
    processes.prepare();
    if (ready === 'dead') {
      if (!point) this.#record.fail('a process ended while it was starting', started);
      return started;
    }
    driver.connect(ready.url);
    if (this.#random.chance(0.25)) this.#people.repeatSomething();
    return started;
  }

  async #killAt(point: KillPoint, running: RunningProcess): Promise<void> {
    if (point.place.type === 'store') await running.arm(point.place.trap);
    this.#killer.aim(point, running);
    this.#people.ask(1 + this.#random.below(3));
    if (await this.#isKilled(point, running, longestMs)) return;
    this.#missed += 1;
    this.#points.again(point);
    running.kill();
    await this.#isKilled({ ...point, name: `idle (not reached: ${point.name})` }, running, longestMs);
  }

  /** Brings a process up again; sometimes the first ones are killed at once, too. */
  async #recover(): Promise<RunningProcess> {
    if (this.#random.chance(0.3)) this.#people.ask(1);
    while (this.#isOn() && this.#random.chance(0.3)) {
      const point = this.#recoveries.next();
      const running = await this.#start(point);
      if (await this.#isKilled(point, running, longestMs / 3)) continue;
      if (await running.arm(undefined)) return running; // It had nothing of that kind to do.
      await this.#isKilled(point, running, longestMs); // It got there at the last moment.
    }
    return this.#start();
  }

  /** Waits for the kill. False when the process is still there. */
  async #isKilled(point: KillPoint, running: RunningProcess, timeMs: number): Promise<boolean> {
    const timeout = new AbortController();
    const late = this.#options.clock.sleep(timeMs, timeout.signal).catch(() => undefined);
    const exit = await Promise.race([running.exit, late]);
    timeout.abort();
    this.#killer.disarm();
    if (!exit) return false;
    const { code, signal } = exit;
    if (signal !== 'SIGKILL') this.#record.fail(`the process ended by itself (code ${code}, signal ${signal})`, running);
    this.#stage.driver.disconnect(this.#random);
    this.#record.add(point, running);
    return true;
  }

  async #rest(running: RunningProcess): Promise<void> {
    const places = { ...this.#stage, clock: this.#options.clock, ledgerFile: join(this.#dataFolder(), 'parley.db') };
    const report = await comeToRest(places, running, this.#people.conversations);
    if (report) this.#record.fail(report.problem, running, report.findings);
  }

  #dataFolder(): string {
    return join(this.#options.folder, 'data');
  }

  #figures(): CampaignFigures {
    const { conversations } = this.#people;
    return {
      platform: this.#options.platform,
      kills: this.#record.kills(),
      byPoint: this.#record.byPoint,
      missed: this.#missed,
      questions: this.#people.questions(),
      conversations: conversations.length,
      presses: this.#stage.driver.presses?.().length ?? 0,
      overtakings: this.#stage.driver.overtakings?.() ?? 0,
      messages: conversations.reduce((sum, { talk }) => sum + talk.visible().length, 0),
      modelCalls: this.#stage.model.calls.length,
    };
  }
}
