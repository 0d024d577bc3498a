import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createSlackEmulator } from '../../adapters/slack/emulator.ts';
import { systemClock } from '../../src/clock.ts';
import type { BudgetLimit } from '../../src/limits.ts';
import { createScriptedModel } from '../../src/model/scripted.ts';
import type { Model, ModelEvent } from '../../src/model/model.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { callParley, createWorkFolder } from '../support/call-cli.ts';
import { createFakeAdapter } from '../support/fake-adapter.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createGate } from '../support/gate.ts';
import { createMessage } from '../support/inbound.ts';
import { createOpenAiEmulator } from '../support/openai-emulator.ts';
import { startParleyProcess } from '../support/running-parley.ts';
import { createFolder } from '../support/store-folder.ts';
import { createTestParley } from '../support/test-parley.ts';
import { until } from './stage.ts';

const answerTokens = 1_000;

/** A scripted model that takes as much as was reserved for it: it reads what is counted and writes as much as it may. */
function createThirstyModel(script: () => Promise<string>, taken: { calls: number }) {
  const scripted = createScriptedModel(script, systemClock);
  const model: Model = {
    ...scripted,
    answerTokens,
    async *generate(request, signal): AsyncGenerator<ModelEvent> {
      for await (const event of scripted.generate(request, signal)) {
        if (event.type !== 'done') yield event;
        else {
          taken.calls += 1;
          yield { ...event, usage: { inputTokens: inputTokensOf(request), outputTokens: answerTokens, estimated: false } };
        }
      }
    },
  };
  return Object.assign(model, { requests: [] });
}

/** As the test's Parley counts: four letters to a token. */
function inputTokensOf({ system, messages }: Parameters<Model['generate']>[0]): number {
  const count = (text: string): number => Math.ceil(text.length / 4);
  return count(system) + messages.reduce((sum, { text }) => sum + count(text) + 4, 0);
}

test('of 100 turns at once against a budget for 40, 40 spend and 60 are told why; a crash in their middle leaks nothing', async (t) => {
  const each = inputTokensOf({ system: 'Be helpful.', messages: [{ role: 'user', text: 'what?' }] }) + answerTokens;
  const limit: BudgetLimit = { name: 'limits.tokens.overall.day', scope: 'overall', unit: 'tokens', per: 'day', most: 40 * each };
  const limits = { messages: [], budgets: [limit], prices: {} };
  const folder = createFolder(t);
  const clock = createFakeClock();
  const adapter = createFakeAdapter();
  const gate = createGate<string>();
  const taken = { calls: 0 };
  let database = openDatabase({ folder, exclusive: true });
  const first = createTestParley(t, { database, clock, adapter, limits, model: createThirstyModel(() => gate.opened, taken) });
  const use = async (parley: typeof first) => {
    const [line] = await parley.store.limitUse({ messages: [], budgets: [limit], limit: 1 });
    return { used: line?.used, reserved: line?.reserved };
  };
  const questions = Array.from({ length: 100 }, (_, at) => createMessage('what?', { in: `c${at}`, by: `person ${at}` }));
  await first.start();
  await Promise.all(questions.map((question) => first.context.accept([question])));
  await clock.advance(100);
  const underWay = await use(first);
  first.kill();
  database.close();

  database = openDatabase({ folder, exclusive: true });
  t.after(() => database.close());
  const second = createTestParley(t, {
    ...{ database, clock, adapter, limits, owner: 'p2' },
    model: createThirstyModel(async () => 'An answer.', taken),
  });
  const found = await use(second);
  await second.start();
  await clock.advance(1_000);
  const states = await Promise.all(questions.map(async (question) => (await second.status(question))?.state));
  const told = adapter.posts.filter(({ text }) =>
    text.includes('(limits.tokens.overall.day), is reached. Please ask again in 24 hours'),
  );

  assert.deepEqual(underWay, { used: 0, reserved: 40 * each });
  assert.deepEqual(found, underWay);
  assert.deepEqual(await use(second), { used: 40 * each, reserved: 0 });
  assert.deepEqual(Map.groupBy(states, (state) => state).get('answered')?.length, 40);
  assert.deepEqual(Map.groupBy(states, (state) => state).get('refused')?.length, 60);
  assert.equal(told.length, 60);
  assert.equal(adapter.posts.length, 100);
  assert.equal(taken.calls, 40);
  await second.stop();
});

test('a process that is killed in mid-answer leaves nothing reserved to the next, and no token counted twice', async (t) => {
  const cwd = createWorkFolder(t);
  const slack = createSlackEmulator({ clock: systemClock, retryDelaysMs: Array.from({ length: 1_000 }, () => 60) });
  const model = createOpenAiEmulator({ clock: systemClock });
  Object.assign(model.behaviour, { answer: () => 'word '.repeat(200), tokensPerSecond: 50 });
  await Promise.all([slack.start(), model.start()]);
  t.after(() => Promise.all([slack.stop(), model.stop()]));
  writeFileSync(join(cwd, 'parley.yaml'), settings);
  const env = {
    ...{ SLACK_API_URL: slack.apiUrl, SLACK_SIGNING_SECRET: slack.signingSecret, SLACK_BOT_TOKEN: slack.botToken },
    ...{ OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: model.baseUrl },
  };
  const start = async () => {
    const running = await startParleyProcess(t, { cwd, env });
    slack.eventsUrl = `${running.url}/slack/events`;
    slack.retryPending();
    return running;
  };
  const limitLine = async () => {
    const { stdout } = await callParley(['usage', '--limits', '--json'], { cwd, env });
    return (JSON.parse(stdout) as { used: number; reserved: number }[])[0];
  };
  const killed = await start();
  const asked = Array.from({ length: 6 }, (_, at) => slack.say({ text: `Tell me ${at}`, mention: true }));
  const isTold = (text: string): boolean => text.includes('limits.tokens.overall.month');
  const answersTo = ({ channel, threadTs }: (typeof asked)[number]) =>
    slack.thread(channel, threadTs).filter(({ isBot, deleted, streaming }) => isBot && !deleted && !streaming);
  await until(
    () => model.calls.length >= 2 && asked.some((said) => answersTo(said).some(({ text }) => isTold(text))),
    'a refusal',
  );
  await killed.kill();
  const held = await limitLine();
  model.behaviour.tokensPerSecond = undefined;
  await start();
  await until(() => asked.every((said) => answersTo(said).length === 1), 'an answer or a refusal to each');

  const after = await limitLine();
  const lines = JSON.parse((await callParley(['usage', '--json'], { cwd, env })).stdout) as Record<
    'inputTokens' | 'outputTokens',
    number
  >[];

  assert.ok(held && held.reserved > 0 && held.used + held.reserved <= most, JSON.stringify(held));
  assert.deepEqual(after?.reserved, 0);
  assert.equal(
    after?.used,
    lines.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0),
  );
  assert.ok(after !== undefined && after.used > 0 && after.used <= most);
});

const most = 3_000;
const settings = `
model: { openai: { maxOutputTokens: 1000 } }
limits: { tokens: { overall: { month: ${most} } } }
`;
