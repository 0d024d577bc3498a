import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createManifest, scopesOf } from '../../../adapters/slack/manifest.ts';
import { toTitle } from '../../../adapters/slack/titles.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { answerTo, noAbort, recordCalls, settled, startSlack, streamFor } from './harness.ts';
import type { RecordedCall, Slack, SlackSetup } from './harness.ts';

const prompts = [
  { title: 'Opening hours', message: 'When are you open?' },
  { title: 'Returns', message: 'How do I return something?' },
];
const scopes = scopesOf({ followThreads: true, agentView: true });
const methods = ['agents.sessions.setStatus', 'assistant.threads.setSuggestedPrompts', 'assistant.threads.setStatus'];

interface View {
  readonly slack: Slack;
  readonly clock: FakeClock;
  readonly calls: RecordedCall[];
}

async function startView(t: TestContext, { options, emulator, ...setup }: SlackSetup = {}): Promise<View> {
  const clock = createFakeClock();
  const slack = await startSlack(t, {
    clock,
    ...setup,
    emulator: { scopes, ...emulator },
    options: { agentView: true, suggestedPrompts: prompts, ...options },
  });
  return { slack, clock, calls: recordCalls(slack, methods) };
}

const count = (calls: readonly RecordedCall[], method: string): number => calls.filter((call) => call.method === method).length;

for (const transport of ['http', 'socket'] as const) {
  describe(`the agent view over ${transport}`, () => {
    test('shows what can be asked to who opens it, once a day', async (t) => {
      const { slack, clock, calls } = await startView(t, { transport });

      await slack.emulator.openApp('Ada').acknowledged;
      await settled(() => slack.emulator.suggestedPrompts('Ada').length > 0);
      await slack.emulator.openApp('Ada').acknowledged;
      await slack.emulator.openApp('Bob', 'home').acknowledged;
      const afterDay = calls.length;
      await clock.advance(25 * 60 * 60_000);
      await slack.emulator.openApp('Ada').acknowledged;
      await settled(() => calls.length === 2);

      assert.deepEqual(slack.emulator.suggestedPrompts('Ada'), prompts);
      assert.deepEqual(slack.emulator.suggestedPrompts('Bob'), []);
      assert.equal(afterDay, 1);
      assert.equal(calls[0]?.args['thread_ts'], undefined);
    });

    test('can be stopped while an answer is made, and is at rest when it is there', async (t) => {
      const { slack, clock } = await startView(t, { transport });
      const said = slack.emulator.say({ text: 'What is the *plan* for the\nweek?', direct: true });
      await said.acknowledged;
      const answer = answerTo(slack, said, 'There is none.');

      await slack.adapter.typing(answer.destination, noAbort);
      await settled(() => slack.emulator.session(said) !== undefined);
      const during = slack.emulator.session(said);
      await clock.advance(2_000);
      await slack.adapter.send(answer, noAbort);

      assert.deepEqual(during, { status: 'processing', title: 'What is the plan for the week?' });
      assert.equal(slack.emulator.session(said)?.status, 'active');
    });

    test('is at rest once a person has pressed Stop, although nothing was left to stop', async (t) => {
      const { slack } = await startView(t, { transport });
      const said = slack.emulator.say({ text: 'Why?', direct: true });
      await said.acknowledged;
      await slack.adapter.typing(answerTo(slack, said, '').destination, noAbort);
      await settled(() => slack.emulator.session(said)?.status === 'processing');

      await slack.emulator.pressStop(said).acknowledged;
      await settled(() => slack.emulator.session(said)?.status === 'active');

      assert.equal(slack.offered.at(-1)?.type, 'stop');
    });
  });
}

test('an answer that streams for a while can be stopped, and ends its session with its stream', async (t) => {
  const { slack, clock, calls } = await startView(t);
  const said = slack.emulator.say({ text: 'Tell me all', mention: true });
  await Promise.all(said.deliveries.map(({ acknowledged }) => acknowledged));
  const answer = answerTo(slack, said, 'It is a long story, and it goes on.');
  const stream = streamFor(slack, answer);

  stream.append('It is a long ');
  await clock.advance(15);
  await stream.opened;
  await clock.advance(1_000);
  await settled(() => slack.emulator.session(said)?.status === 'processing');
  await clock.advance(0);
  await stream.close();
  await slack.adapter.send(answer, noAbort);

  assert.equal(slack.emulator.session(said)?.status, 'active');
  assert.equal(count(calls, 'agents.sessions.setStatus'), 1);
});

test('a quick answer costs no call more', async (t) => {
  const { slack, clock, calls } = await startView(t);
  const said = slack.emulator.say({ text: 'Hi', mention: true });
  await said.acknowledged;
  const answer = answerTo(slack, said, 'Hello there, how are you?');
  const stream = streamFor(slack, answer);

  stream.append('Hello there, ');
  await clock.advance(15);
  await stream.opened;
  await stream.close();
  await slack.adapter.send(answer, noAbort);
  await clock.advance(10_000);

  assert.equal(calls.length, 0);
});

test('where Slack knows none of it, answers come all the same, and it is asked again only after hours', async (t) => {
  const { slack, clock, calls } = await startView(t);
  for (const method of methods) slack.emulator.faults.add({ method, kind: 'platform_error', error: 'unknown_method', times: 50 });

  for (let at = 0; at < 5; at += 1) {
    const said = slack.emulator.say({ text: 'Why?', direct: true });
    await said.acknowledged;
    const answer = { ...answerTo(slack, said, 'Because.'), id: `answer00000000000000000${at}` };
    await slack.adapter.typing(answer.destination, noAbort);
    await settled(() => count(calls, 'agents.sessions.setStatus') === 1);
    await slack.adapter.send(answer, noAbort);
    await clock.advance(60_000);
  }

  assert.equal(count(calls, 'agents.sessions.setStatus'), 1);
  assert.equal(count(calls, 'assistant.threads.setStatus'), 1);
});

test('a session whose beginning got lost is ended with the answer, and one whose end got lost is ended again', async (t) => {
  const { slack, clock } = await startView(t);
  const said = slack.emulator.say({ text: 'Why?', direct: true });
  await said.acknowledged;
  const answer = answerTo(slack, said, 'Because.');
  const method = 'agents.sessions.setStatus';
  slack.emulator.faults.add({ method, kind: 'lost_response' });
  slack.emulator.faults.add({ method, kind: 'rate_limit', retryAfterSeconds: 1 });

  await slack.adapter.typing(answer.destination, noAbort);
  const sending = slack.adapter.send(answer, noAbort);
  while (slack.emulator.session(said)?.status !== 'active') await clock.advance(100);
  await sending;

  assert.equal(slack.emulator.faults.pending(), 0);
});

test('a session that does not end holds up nobody', async (t) => {
  const { slack, clock } = await startView(t);
  const said = slack.emulator.say({ text: 'Why?', direct: true });
  await said.acknowledged;
  const answer = answerTo(slack, said, 'Because.');
  await slack.adapter.typing(answer.destination, noAbort);
  await settled(() => slack.emulator.session(said) !== undefined);
  slack.emulator.faults.add({ method: 'agents.sessions.setStatus', kind: 'hang' });
  const startedAt = clock.now();

  let isSent = false;
  const sending = slack.adapter.send(answer, noAbort).then(() => {
    isSent = true;
  });
  while (!isSent) await clock.advance(100);
  await sending;

  assert.ok(clock.now() - startedAt <= 3_000);
});

test('a process ends the sessions of questions that were asked of the one before it', async (t) => {
  const { slack, clock } = await startView(t);
  const said = slack.emulator.say({ text: 'Why?', direct: true });
  await said.acknowledged;
  const answer = answerTo(slack, said, 'Because.');
  await slack.adapter.typing(answer.destination, noAbort);
  await settled(() => slack.emulator.session(said)?.status === 'processing');
  await clock.advance(5_000);
  const second = await startSlack(t, { clock, options: { apiUrl: slack.emulator.apiUrl, agentView: true } });

  await second.adapter.send(answer, noAbort);

  await settled(() => slack.emulator.session(said)?.status === 'active');
});

test('a process that takes over many threads makes sure of few sessions in a minute, and delays no answer', async (t) => {
  const { slack, clock, calls } = await startView(t);
  const answers = [];
  for (let at = 0; at < 30; at += 1) {
    const said = slack.emulator.say({ text: `Question ${at}`, direct: true, user: `person-${at}` });
    await said.acknowledged;
    answers.push(answerTo(slack, said, 'Because.'));
  }
  await clock.advance(5_000);
  const second = await startSlack(t, { clock, options: { apiUrl: slack.emulator.apiUrl, agentView: true } });

  const receipts = [];
  for (const answer of answers) receipts.push(await second.adapter.send(answer, noAbort));

  await settled(() => count(calls, 'agents.sessions.setStatus') === 10);
  assert.equal(new Set(receipts.map(({ id }) => id)).size, 30);
});

test('the sign of work is repeated before Slack takes it away, and no sooner', async (t) => {
  const { slack, clock, calls } = await startView(t);
  const said = slack.emulator.say({ text: 'Why?', direct: true });
  await said.acknowledged;
  const { destination } = answerTo(slack, said, '');

  for (let seconds = 0; seconds < 240; seconds += 8) {
    await slack.adapter.typing(destination, noAbort);
    await clock.advance(8_000);
  }

  assert.equal(count(calls, 'assistant.threads.setStatus'), 3);
  assert.equal(count(calls, 'agents.sessions.setStatus'), 1);
});

test('sessions stay below the rate that Slack allows', async (t) => {
  const { slack, clock, calls } = await startView(t);
  for (let at = 0; at < 100; at += 1) {
    const said = slack.emulator.say({ text: `Question ${at}`, direct: true, user: `person-${at}` });
    await said.acknowledged;
    await slack.adapter.typing(answerTo(slack, said, '').destination, noAbort);
  }
  await clock.advance(1_000);

  assert.ok(count(calls, 'agents.sessions.setStatus') <= 20);
});

test('a thread of the older assistant view gets its prompts too, and forged openings get none', async (t) => {
  const { slack, calls } = await startView(t);
  const said = slack.emulator.say({ text: 'New chat', direct: true });
  await said.acknowledged;
  const { createHmac } = await import('node:crypto');
  const post = async (event: unknown): Promise<number> => {
    const body = JSON.stringify({ type: 'event_callback', team_id: slack.emulator.teamId, event_id: 'Ev1', event });
    const timestamp = String(Math.floor(slack.clock.now() / 1_000));
    const mac = createHmac('sha256', slack.emulator.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
    const headers = {
      'content-type': 'application/json',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${mac}`,
    };
    return (await fetch(slack.eventsUrl, { method: 'POST', headers, body })).status;
  };
  const assistantThread = { user_id: 'U1', context: {}, channel_id: said.channel, thread_ts: said.ts };

  const status = await post({ type: 'assistant_thread_started', assistant_thread: assistantThread, event_ts: '1.0' });
  await settled(() => calls.length === 1);
  for (const event of [
    { type: 'assistant_thread_started', assistant_thread: 7 },
    { type: 'assistant_thread_started', assistant_thread: { channel_id: 'C1', thread_ts: 'x' } },
    { type: 'assistant_thread_context_changed', assistant_thread: assistantThread },
    { type: 'app_home_opened', tab: 'messages', channel: { id: 'D1' }, user: 'U1' },
    { type: 'app_home_opened', tab: 'messages', channel: 'C0123456789', user: 'U1' },
    { type: 'app_context_changed', context: {} },
    { type: 'agent_session_stopped', channel: 7, thread_ts: {}, user: 'U1' },
  ])
    assert.equal(await post(event), 200);

  assert.equal(status, 200);
  assert.equal(calls[0]?.args['thread_ts'], said.ts);
  assert.equal(calls.length, 1);
});

test('the manifest declares the agent view with its prompts, scope and events only where it is on', () => {
  const basics = { name: 'Parley', transport: 'socket', followThreads: true } as const;
  const shape = (manifest: unknown) => manifest as { features: Record<string, unknown>; settings: Record<string, never> }; // what is asserted

  const on = shape(createManifest({ ...basics, agentView: true, prompts }));
  const off = shape(createManifest(basics));

  assert.deepEqual(on.features['agent_view'], {
    agent_description: 'Answers questions, in channels and directly.',
    suggested_prompts: prompts,
  });
  for (const wanted of ['agent_session_stopped', 'app_home_opened', 'assistant:write']) {
    assert.ok(JSON.stringify(on).includes(wanted) && !JSON.stringify(off).includes(wanted), wanted);
  }
});

test('a title is the question in one plain line, cut at a word', () => {
  assert.equal(toTitle('**Why** is\n`it` [so](https://evil.test)?'), 'Why is it so?');
  assert.equal(toTitle(' \n\u202e'), undefined);
  const long = toTitle('word '.repeat(100)) ?? '';
  assert.ok(long.length <= 80 && long.endsWith('word…'), long);
  assert.ok((toTitle('x'.repeat(500)) ?? '').length <= 80);
  assert.ok((toTitle('😀'.repeat(500)) ?? '').isWellFormed());
});
