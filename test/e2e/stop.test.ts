import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { answerOf } from '../kill/answers.ts';
import { checkConversation, type Conversation } from '../kill/checker.ts';
import type { PlatformDriver } from '../kill/driver.ts';
import { createDriver } from '../kill/drivers.ts';
import { openLedger } from '../kill/ledger.ts';
import { createPeople, type People } from '../kill/people.ts';
import { killPlatforms } from '../kill/points.ts';
import { createRandom } from '../kill/random.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from '../support/openai-emulator.ts';
import { startParleyProcess, type RunningParley } from '../support/running-parley.ts';
import { until } from './stage.ts';

const questionsAtOnce = 12;

test('SIGTERM under load ends `parley start` with 0, and what it finished is not answered again', (t) =>
  onPlatforms(t, async ({ start, ask, isTalking, rest }) => {
    await start({ drainSeconds: 10 });
    ask();
    await until(isTalking, 'the model to be asked');

    const exitCode = await rest.stop();

    assert.equal(exitCode, 0);
    await start({ drainSeconds: 10 });
    await rest.come();
  }));

test('SIGTERM that leaves no time for running turns hands them back, and the next process answers them once', (t) =>
  onPlatforms(t, async ({ start, ask, isTalking, rest }) => {
    await start({ drainSeconds: 0 });
    ask();
    await until(isTalking, 'the model to be asked');

    const exitCode = await rest.stop();

    assert.equal(exitCode, 0);
    await start({ drainSeconds: 10 });
    await rest.come();
  }));

interface Scene {
  start(worker: { readonly drainSeconds: number }): Promise<void>;
  /** Many questions on each platform. */
  ask(): void;
  isTalking(): boolean;
  readonly rest: {
    stop(): Promise<number | null>;
    /** Everything is answered, once, whole and in order. */
    come(): Promise<void>;
  };
}

/** All platforms around one `parley start` after the other. */
async function onPlatforms(t: TestContext, play: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-stop-'));
  const model = createOpenAiEmulator({ clock: systemClock });
  Object.assign(model.behaviour, { answer: answerOf, tokensPerSecond: 40 });
  const isTalking = (): boolean => model.calls.some(({ state }) => state === 'open');
  const drivers = killPlatforms.map((platform) => createDriver(platform, systemClock, isTalking));
  const people = drivers.map((driver) => createPeople(driver, createRandom(3, driver.name)));
  await Promise.all([model.start(), ...drivers.map((driver) => driver.listen())]);
  let running: RunningParley | undefined;
  const stop = async (): Promise<number | null> => {
    for (const driver of drivers) driver.disconnect(never);
    return (await running?.stop()) ?? null;
  };
  try {
    await play({
      start: async (worker) => {
        const { env, yaml } = settingsOf(drivers, model);
        writeFileSync(join(folder, 'parley.yaml'), JSON.stringify({ ...yaml, worker }));
        running = await startParleyProcess(t, { cwd: folder, env });
        for (const driver of drivers) driver.connect(running.url);
      },
      ask: () => {
        for (const each of people) each.ask(questionsAtOnce);
      },
      isTalking,
      rest: { stop, come: () => comeToRest(people, join(folder, 'data', 'parley.db')) },
    });
  } finally {
    await stop();
    await Promise.all([model.stop(), ...drivers.map((driver) => driver.close())]);
    rmSync(folder, { recursive: true, force: true });
  }
}

const never = { ...createRandom(0), chance: () => false };

function settingsOf(drivers: readonly PlatformDriver[], model: OpenAiEmulator) {
  const settings = drivers.map((driver) => driver.settings(never));
  const env: Record<string, string> = { OPENAI_API_KEY: 'sk-emulated', OPENAI_BASE_URL: model.baseUrl };
  return {
    env: settings.reduce((all, each) => ({ ...all, ...each.env }), env),
    yaml: settings.reduce((all, each) => ({ ...all, ...each.yaml }), {}),
  };
}

async function comeToRest(people: readonly People[], ledgerFile: string): Promise<void> {
  const conversations = people.flatMap((each) => each.conversations);
  const isLost = (conversation: Conversation): boolean => checkConversation(conversation).some(({ kind }) => kind === 'lost');
  const ledger = openLedger(ledgerFile);
  try {
    const isAtRest = (): boolean => {
      const { waiting, undelivered } = ledger.state();
      return waiting + undelivered === 0 && !conversations.some(isLost);
    };
    await until(isAtRest, 'everything to be answered');
  } finally {
    ledger.close();
  }
  assert.deepEqual(conversations.flatMap(checkConversation), []);
}
