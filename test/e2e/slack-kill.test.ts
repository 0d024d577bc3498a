import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createSlackEmulator, type Said, type SlackEmulator } from '../../adapters/slack/emulator.ts';
import type { EmulatedWorkspace } from '../../adapters/slack/emulator/workspaces.ts';
import { systemClock } from '../../src/clock.ts';
import { createOpenAiEmulator } from '../support/openai-emulator.ts';
import { startParleyProcess, type RunningParley } from '../support/running-parley.ts';
import { until } from './stage.ts';

type Place = Pick<EmulatedWorkspace, 'say' | 'thread' | 'session' | 'pressStop'>;

interface Scene {
  readonly place: Place;
  readonly slack: SlackEmulator;
  readonly said: Said;
  kill(): Promise<void>;
  /** Another process on the same ledger, with a model that is quick. */
  restart(): Promise<void>;
  shown(): ReturnType<Place['thread']>;
}

/** More than two messages, so that the answer stands in several streams. */
const answer = Array.from({ length: 60 }, (_, at) => `Paragraph ${at} ${'lorem '.repeat(75)}ends.`).join('\n\n');

const connections = {
  'the bot token of the configuration': async ({ slack }: { slack: SlackEmulator }): Promise<Place> => slack,
  'an installation by OAuth': async ({ slack, url }: { slack: SlackEmulator; url: string }): Promise<Place> => {
    const workspace = slack.workspace('acme');
    const begun = await fetch(`${url}/slack/install`, { redirect: 'manual' });
    const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const back = new URL(workspace.approve(begun.headers.get('location') ?? ''));
    assert.equal((await fetch(`${url}${back.pathname}${back.search}`, { headers: { cookie } })).status, 200);
    return workspace;
  },
};

/** A process in the middle of a long answer, which shows that it is at work. */
async function startTalking(t: TestContext, connection: keyof typeof connections): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-slack-kill-'));
  const slack = createSlackEmulator({ clock: systemClock, retryDelaysMs: Array.from({ length: 1_000 }, () => 60) });
  const model = createOpenAiEmulator({ clock: systemClock });
  Object.assign(model.behaviour, { answer: () => answer, tokensPerSecond: 1_500 });
  await Promise.all([slack.start(), model.start()]);
  const env = { ...environmentOf(slack, connection), OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: model.baseUrl };
  let running: RunningParley | undefined;
  const start = async (): Promise<RunningParley> => {
    running = await startParleyProcess(t, { cwd: folder, env });
    slack.eventsUrl = `${running.url}/slack/events`;
    slack.retryPending();
    return running;
  };
  t.after(async () => {
    await running?.kill();
    await Promise.all([slack.stop(), model.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });
  const { url } = await start();
  const place = await connections[connection]({ slack, url });
  const said = place.say({ text: 'Tell me all', mention: true });
  const shown = (): ReturnType<Place['thread']> =>
    place.thread(said.channel, said.threadTs).filter(({ isBot, deleted }) => isBot && !deleted);
  return {
    ...{ place, slack, said, shown },
    kill: async () => running?.kill(),
    restart: async () => {
      model.behaviour.tokensPerSecond = undefined;
      await start();
    },
  };
}

function environmentOf(slack: SlackEmulator, connection: keyof typeof connections): Record<string, string> {
  const common = { SLACK_API_URL: slack.apiUrl, SLACK_SIGNING_SECRET: slack.signingSecret };
  if (connection === 'the bot token of the configuration') return { ...common, SLACK_BOT_TOKEN: slack.botToken };
  return {
    ...common,
    SLACK_CLIENT_ID: slack.clientId,
    SLACK_CLIENT_SECRET: slack.clientSecret,
    SLACK_STATE_SECRET: 'a state secret of tests, long enough',
    PARLEY_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    PUBLIC_URL: 'http://127.0.0.1',
  };
}

/** Nothing grows, every message bears its id, and there is no sign of work. */
async function comeToRest({ shown, place, said }: Scene): Promise<string> {
  const isAtRest = (): boolean => {
    const messages = shown();
    const isDone = messages.length > 0 && messages.every(({ streaming, metadata }) => !streaming && metadata !== undefined);
    return isDone && place.session(said)?.status !== 'processing';
  };
  const whole = (): string =>
    shown()
      .map(({ text }) => text)
      .join('\n\n');
  await until(() => isAtRest() && (whole().endsWith('_Stopped._') || whole() === answer), 'one answer, whole or stopped').catch(
    (error: unknown) => {
      const seen = shown().map(({ streaming, metadata, text }) => [
        streaming,
        metadata?.event_payload,
        text.length,
        text.slice(-40),
      ]);
      throw new Error(`${String(error)}; people see ${JSON.stringify(seen)}, session ${JSON.stringify(place.session(said))}`);
    },
  );
  await systemClock.sleep(500);
  assert.ok(isAtRest());
  const ids = shown().map(({ metadata }) => metadata?.event_payload['oid']);
  assert.equal(new Set(ids).size, ids.length);
  return whole();
}

const isBusy = ({ place, said }: Scene): boolean => place.session(said)?.status === 'processing';

for (const connection of Object.keys(connections) as (keyof typeof connections)[]) {
  describe(`a process with ${connection}`, () => {
    test('that is killed while it shows an answer in several messages leaves one whole answer to the next, and no sign of work', async (t) => {
      const scene = await startTalking(t, connection);
      await until(() => scene.shown().length >= 2 && isBusy(scene), 'an answer in several messages');

      await scene.kill();
      await scene.restart();

      assert.equal(await comeToRest(scene), answer);
    });

    test('that is killed when a stop is saved leaves a stopped answer, and no sign of work', async (t) => {
      const scene = await startTalking(t, connection);
      await until(() => isBusy(scene), 'a Stop button');

      const pressed = scene.place.pressStop(scene.said);
      await pressed.acknowledged;
      await scene.kill();
      await scene.restart();

      assert.match(await comeToRest(scene), /_Stopped\._$/);
    });

    test('that is killed before a stop is saved leaves one answer, whole or stopped, and no sign of work', async (t) => {
      const scene = await startTalking(t, connection);
      await until(() => isBusy(scene), 'a Stop button');

      await scene.kill();
      scene.place.pressStop(scene.said);
      await scene.restart();

      await comeToRest(scene);
    });

    test('that is killed once the stopped answer is there has nothing left to do', async (t) => {
      const scene = await startTalking(t, connection);
      await until(() => isBusy(scene), 'a Stop button');

      scene.place.pressStop(scene.said);
      await until(() => scene.shown().some(({ text }) => text.endsWith('_Stopped._')), 'the stopped answer');
      await scene.kill();
      await scene.restart();

      assert.match(await comeToRest(scene), /_Stopped\._$/);
    });
  });
}
