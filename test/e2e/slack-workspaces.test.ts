import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createSlackEmulator, type SlackEmulator } from '../../adapters/slack/emulator.ts';
import type { EmulatedWorkspace } from '../../adapters/slack/emulator/workspaces.ts';
import { systemClock } from '../../src/clock.ts';
import { startParley } from '../../src/main.ts';
import { openSqliteStore } from '../../src/store/sqlite/client.ts';
import type { Store } from '../../src/store/store.ts';
import { toConfig } from '../kill/config.ts';
import { createMemoryLog, type MemoryLog } from '../support/memory-log.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from '../support/openai-emulator.ts';

interface Scene {
  readonly slack: SlackEmulator;
  readonly model: OpenAiEmulator;
  readonly store: Store;
  readonly log: MemoryLog;
  readonly folder: string;
  readonly url: string;
  install(workspace: EmulatedWorkspace): Promise<string>;
}

/** The whole app with a ledger on disk, and no bot token but those that people grant. */
async function start(t: TestContext): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-oauth-'));
  const slack = createSlackEmulator({ clock: systemClock });
  const model = createOpenAiEmulator({ clock: systemClock });
  await Promise.all([slack.start(), model.start()]);
  const log = createMemoryLog();
  const env = {
    SLACK_API_URL: slack.apiUrl,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_CLIENT_ID: slack.clientId,
    SLACK_CLIENT_SECRET: slack.clientSecret,
    SLACK_STATE_SECRET: 'a state secret of tests, long enough',
    PARLEY_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    PUBLIC_URL: 'http://127.0.0.1',
  };
  const config = await toConfig({ settings: { env, yaml: {} }, model, dataFolder: folder });
  const onFatal = (error: Error): void => log.error('fatal', { error: error.message });
  const store = await openSqliteStore({ folder, name: 'parley.db', exclusive: true, clock: systemClock, onFailure: onFatal });
  const parley = await startParley({ config, log, http: true, onFatal, openStore: async () => store });
  const url = parley.url ?? '';
  slack.eventsUrl = `${url}/slack/events`;
  t.after(async () => {
    await parley.stop();
    await Promise.all([slack.stop(), model.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    ...{ slack, model, store, log, folder, url },
    install: async (workspace) => {
      const begun = await fetch(`${url}/slack/install`, { redirect: 'manual' });
      const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const back = new URL(workspace.approve(begun.headers.get('location') ?? ''));
      const ended = await fetch(`${url}${back.pathname}${back.search}`, { headers: { cookie } });
      assert.equal(ended.status, 200);
      return ended.text();
    },
  };
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = systemClock.now() + 10_000;
  while (!(await isSo())) {
    assert.ok(systemClock.now() < giveUpAt, 'it did not come to that');
    await systemClock.sleep(10);
  }
}

function answersIn(workspace: EmulatedWorkspace): string[] {
  const shown = workspace.messages('general').filter(({ isBot, deleted, streaming }) => isBot && !deleted && !streaming);
  return shown.map(({ text }) => text);
}

describe('Parley in many workspaces', () => {
  test('answers in each, and nothing of their tokens can be read on the disk, in the log or on a page', async (t) => {
    const { slack, store, log, folder, install, url } = await start(t);
    slack.rotateTokens();
    const workspaces = ['acme', 'globex'].map((name) => slack.workspace(name));

    const pages: string[] = [];
    for (const workspace of workspaces) pages.push(await install(workspace));
    for (const workspace of workspaces) workspace.say({ text: 'What is this?', mention: true });
    await until(() => workspaces.every((workspace) => answersIn(workspace).length === 1));

    await until(async () => (await store.stats()).undelivered === 0);
    const files = readdirSync(folder).map((file) => readFileSync(join(folder, file)));
    assert.ok(
      files.some((bytes) => bytes.includes('v1.k1.')),
      'the installations are there, sealed',
    );
    const kept = Buffer.concat([...files, Buffer.from(JSON.stringify(log.lines)), Buffer.from(pages.join())]);
    const secrets = [...slack.grantedSecrets(), slack.clientSecret];
    assert.ok(secrets.length >= 5);
    for (const secret of secrets) assert.equal(kept.includes(secret), false);
    const ready = await fetch(`${url}/readyz`);
    assert.match(await ready.text(), /installed 2 times by OAuth/);
  });

  test('an uninstallation in mid-turn leaves nothing hanging, and no other workspace feels it', async (t) => {
    const { slack, model, store, install } = await start(t);
    const [acme, globex] = [slack.workspace('acme'), slack.workspace('globex')];
    await install(acme);
    await install(globex);
    Object.assign(model.behaviour, { answer: () => 'word '.repeat(300), tokensPerSecond: 20 });
    const said = acme.say({ text: 'Tell me a long story.', mention: true });
    await until(() => acme.messages('general').some(({ isBot, streaming }) => isBot && streaming));
    const waiting = acme.say({ text: 'And then?', mention: true, threadTs: said.threadTs });
    await waiting.acknowledged;

    const events = acme.uninstall();
    await Promise.all(events.map(({ acknowledged }) => acknowledged));

    const statusOf = ({ channel, ts }: typeof said) =>
      store.status({ adapter: 'slack', tenant: acme.id, eventId: `${channel}:${ts}` });
    for (const each of [said, waiting]) {
      const status = await statusOf(each);
      assert.deepEqual([status?.state, status?.reason], ['refused', 'the app was uninstalled']);
    }
    const { undelivered, deadLetters } = await store.stats();
    assert.deepEqual([(await store.stats()).waiting, undelivered, deadLetters], [0, 0, 0]);
    assert.deepEqual(
      (await store.listInstallations({ adapter: 'slack' })).map(({ id }) => id),
      [globex.id],
    );
    Object.assign(model.behaviour, { answer: () => 'still here', tokensPerSecond: 1_000 });
    globex.say({ text: 'Are you there?', mention: true });
    await until(() => answersIn(globex).includes('still here'));
    await install(acme);
    acme.say({ text: 'Back again?', mention: true });
    await until(() => answersIn(acme).includes('still here'));
  });

  test('20 questions at once to a workspace whose token is about to end cost one refresh, and each gets its answer', async (t) => {
    const { slack, install } = await start(t);
    slack.rotateTokens(30 * 60_000); // less than what is left when a token is refreshed
    const acme = slack.workspace('acme');
    await install(acme);
    slack.rotateTokens(12 * 60 * 60_000);
    let refreshes = 0;
    slack.onCall((method, args, phase) => {
      if (phase === 'before' && method === 'oauth.v2.access' && args['grant_type'] === 'refresh_token') refreshes += 1;
    });

    for (let index = 0; index < 20; index += 1) acme.say({ text: `Question ${index}?`, mention: true });
    await until(() => answersIn(acme).length === 20);

    assert.equal(refreshes, 1);
  });
});
