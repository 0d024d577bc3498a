import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../src/clock.ts';
import { answerOf } from '../kill/answers.ts';
import { checkConversation, type Conversation } from '../kill/checker.ts';
import type { PlatformDriver } from '../kill/driver.ts';
import { createPeople, type People } from '../kill/people.ts';
import type { PlatformName } from '../kill/points.ts';
import { createRandom } from '../kill/random.ts';
import { createMemoryLog, type MemoryLog } from '../support/memory-log.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from '../support/openai-emulator.ts';
import { createApp, type App, type AppOptions } from './app.ts';
import { createEmulators, type Emulators, type EmulatorsOptions } from './emulators.ts';
import { createFastClock } from './fast-clock.ts';

/** One platform with people on it, a model, and as many Parleys in this process, one after the other, as the test starts. */
export interface Stage extends Emulators, App {
  readonly driver: PlatformDriver;
  readonly model: OpenAiEmulator;
  readonly people: People;
  readonly log: MemoryLog;
  readonly clock: Clock;
  /** Resolves when all questions are answered; fails when one is not answered once, whole and in order. */
  settled(): Promise<void>;
}

export interface StageOptions extends Pick<AppOptions, 'slackOver' | 'yaml'>, EmulatorsOptions {
  /** Platforms that are on beside the one where people ask. */
  readonly beside?: readonly PlatformName[];
  /** How many times as fast as usual time passes; 10 by default: nobody waits a second for a Retry-After of a second. */
  readonly speed?: number;
}

const longestMs = 15_000;
const lookEveryMs = 5;

export async function onStage(
  platform: PlatformName,
  play: (stage: Stage) => Promise<void>,
  { beside = [], slackRetryMs, rateTiers, speed = 10, ...options }: StageOptions = {},
): Promise<void> {
  const clock = createFastClock(speed);
  const folder = mkdtempSync(join(tmpdir(), 'parley-e2e-'));
  const model = createOpenAiEmulator({ clock: systemClock });
  // An answer takes 0.1 s, in which a stream shows itself growing.
  Object.assign(model.behaviour, { answer: answerOf, tokensPerSecond: 100 });
  const emulators = createEmulators(clock, model, { slackRetryMs, rateTiers });
  const drivers = [platform, ...beside].map((name) => emulators.drivers[name]);
  const driver = emulators.drivers[platform];
  const log = createMemoryLog();
  const people = createPeople(driver, createRandom(7, platform));
  const app = createApp({ drivers, model, dataFolder: join(folder, 'data'), clock, log, ...options });
  const settled = (): Promise<void> => settle({ driver, app, people });
  await Promise.all([model.start(), ...drivers.map((each) => each.listen())]);
  try {
    await play({ ...emulators, ...app, driver, model, people, log, clock, settled });
  } catch (error) {
    if (error instanceof Error) error.message += `\n${tailOf(log)}`;
    throw error;
  } finally {
    await app.stop();
    await Promise.all([model.stop(), ...drivers.map((each) => each.close())]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves once the condition holds: what comes over sockets has no other end to wait for. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, waitMs = longestMs): Promise<void> {
  const last = systemClock.monotonic() + waitMs;
  while (!(await condition())) {
    if (systemClock.monotonic() > last) throw new Error(`Waited in vain for: ${what}`);
    await systemClock.sleep(lookEveryMs);
  }
}

async function settle({ driver, app, people }: Pick<Stage, 'driver' | 'people'> & { readonly app: App }): Promise<void> {
  const isAnswered = (conversation: Conversation): boolean =>
    checkConversation(conversation).every(({ kind }) => kind !== 'lost');
  const isIdle = async (): Promise<boolean> => {
    const { waiting, undelivered } = await app.store().stats();
    return waiting + undelivered + driver.undelivered() === 0 && people.conversations.every(isAnswered);
  };
  await until(isIdle, 'everything to be answered').catch((error: unknown) => {
    throw new Error(`${String(error)}\n${describe(people)}`);
  });
  if (people.conversations.some((conversation) => checkConversation(conversation).length > 0)) throw new Error(describe(people));
}

function describe({ conversations }: People): string {
  return conversations
    .map((conversation) => {
      const { talk, questions } = conversation;
      const asked = questions.map(({ marker }) => marker).join(', ');
      const seen = talk.visible().map(({ id, text, isGrowing }) => `    ${id}${isGrowing ? ' (growing)' : ''}: ${shorten(text)}`);
      const wrong = checkConversation(conversation).map(({ kind, marker, detail }) => `  ${kind}: ${marker}: ${detail}`);
      return [`${talk.name}: asked ${asked}; people see`, ...seen, ...wrong].join('\n');
    })
    .join('\n');
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(/(lorem)+/g, '~');
  return line.length > 160 ? `${line.slice(0, 100)} ... ${line.slice(-50)}` : line;
}

function tailOf({ lines }: MemoryLog): string {
  return lines
    .slice(-25)
    .map(({ level, message, fields }) => `  ${level} ${message} ${JSON.stringify(fields)}`)
    .join('\n');
}
