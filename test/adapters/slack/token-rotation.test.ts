import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { EmulatedWorkspace } from '../../../adapters/slack/emulator/workspaces.ts';
import { DeliveryError } from '../../../src/errors.ts';
import type { OutboundMessage } from '../../../src/message.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { noAbort, recordCalls, settled } from './harness.ts';
import { answerIn, shownBy, startOAuth, type OAuthSlack } from './oauth-scene.ts';

const hour = 60 * 60_000;

interface Scene {
  readonly slack: OAuthSlack;
  readonly clock: FakeClock;
  readonly acme: EmulatedWorkspace;
  /** How often a refresh was asked for. */
  readonly refreshes: () => number;
}

/** A workspace whose tokens end after 12 hours, its first one `age` old. */
async function rotating(t: TestContext, age: number): Promise<Scene> {
  const clock = createFakeClock();
  const slack = await startOAuth(t, { clock, options: { streaming: false } });
  slack.emulator.rotateTokens();
  const acme = slack.place('acme');
  await slack.install(acme);
  const calls = recordCalls(slack, ['oauth.v2.access']);
  await clock.advance(age);
  return { slack, clock, acme, refreshes: () => calls.length };
}

/** Sends while virtual time passes. */
async function whileTimePasses<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  ended.catch(() => undefined);
  while (!done) {
    await settled(() => true);
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(100);
  }
  return ended;
}

describe('a token that ends', () => {
  test('is left alone while it is good for more than an hour', async (t) => {
    const { slack, acme, refreshes } = await rotating(t, 10 * hour);

    await answerIn(slack, acme);

    assert.equal(refreshes(), 0);
  });

  test('is refreshed once for 20 events at the same time, whose answers all arrive', async (t) => {
    const { slack, acme, refreshes, clock } = await rotating(t, 11.5 * hour);

    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(slack, acme, index)));
    await Promise.all(answers.map((answer) => slack.adapter.send(answer, noAbort)));

    assert.equal(refreshes(), 1);
    assert.equal(new Set(shownBy(acme)).size, 20);
    await clock.advance(10 * hour);
    await answerIn(slack, acme, 'later');
    assert.equal(refreshes(), 1, 'the new token is as good as a new one');
  });

  test('is refreshed when it has ended already', async (t) => {
    const { slack, acme, refreshes } = await rotating(t, 30 * hour);

    await answerIn(slack, acme);

    assert.equal(refreshes(), 1);
    assert.deepEqual(shownBy(acme), ['the answer']);
  });

  test('is refreshed when Slack says so before its time, and the message is sent once', async (t) => {
    const { slack, acme, refreshes } = await rotating(t, hour);
    slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'platform_error', error: 'token_expired' });

    await answerIn(slack, acme);

    assert.equal(refreshes(), 1);
    assert.deepEqual(shownBy(acme), ['the answer']);
  });

  test('goes on working while a refresh fails', async (t) => {
    const { slack, acme, refreshes, clock } = await rotating(t, 11.5 * hour);
    slack.emulator.faults.add({ method: 'oauth.v2.access', kind: 'server_error', times: 3 });

    await whileTimePasses(clock, answerIn(slack, acme));
    await answerIn(slack, acme, 'soon after');

    assert.equal(refreshes(), 3, 'not with every call anew');
    assert.deepEqual(shownBy(acme), ['the answer', 'soon after']);
    await clock.advance(2 * 60_000);
    await answerIn(slack, acme, 'later');
    assert.equal(refreshes(), 4);
  });

  test('does not lock the workspace out when the answer to its refresh is lost', async (t) => {
    const { slack, acme, refreshes, clock } = await rotating(t, 12.5 * hour);
    slack.emulator.faults.add({ method: 'oauth.v2.access', kind: 'lost_response' });

    await whileTimePasses(clock, answerIn(slack, acme));

    assert.equal(refreshes(), 2);
    assert.deepEqual(shownBy(acme), ['the answer']);
    await clock.advance(12 * hour);
    await answerIn(slack, acme, 'a day later');
    assert.equal(shownBy(acme).length, 2);
  });

  test('that Slack does not refresh any more says where to install again', async (t) => {
    const { slack, acme } = await rotating(t, 13 * hour);
    slack.emulator.faults.add({ method: 'oauth.v2.access', kind: 'platform_error', error: 'invalid_refresh_token' });

    await assert.rejects(answerIn(slack, acme), (error) => {
      assert.ok(error instanceof DeliveryError);
      assert.deepEqual([error.retryable, error.uncertain], [false, false]);
      assert.match(error.message, /has expired.*install the app there again: https:\/\/parley\.example\.test\/slack\/install/);
      return true;
    });
    const kept = JSON.stringify(slack.log.lines);
    for (const secret of slack.emulator.grantedSecrets()) assert.ok(!kept.includes(secret));
    await slack.install(acme);
    await answerIn(slack, acme, 'again');
    assert.deepEqual(shownBy(acme), ['again']);
  });

  test('is not lost by a stop in the middle of its refresh', async (t) => {
    const { slack, acme, refreshes } = await rotating(t, 11.5 * hour);
    const gate = Promise.withResolvers<void>();
    slack.emulator.onCall((method, _args, phase) => {
      if (method === 'oauth.v2.access' && phase === 'before') gate.resolve();
    });
    const answer = await ask(slack, acme, 1);
    const cut = new AbortController();

    const sending = slack.adapter.send(answer, cut.signal);
    await gate.promise;
    cut.abort(new Error('stopping'));
    await assert.rejects(sending, /stopping/);
    await slack.adapter.stop();
    await slack.start();
    await answerIn(slack, acme, 'after the restart');

    assert.equal(refreshes(), 1, 'what it bought was kept');
    assert.equal(shownBy(acme).at(-1), 'after the restart');
  });
});

/** Asks, and returns the answer that is to go out. */
async function ask(slack: OAuthSlack, workspace: EmulatedWorkspace, index: number): Promise<OutboundMessage> {
  const said = workspace.say({ text: `question ${index}`, mention: true });
  await Promise.all(said.deliveries.map(({ acknowledged }) => acknowledged));
  const eventId = `${said.channel}:${said.ts}`;
  const event = slack.offered.find((each) => each.eventId === eventId);
  assert.ok(event?.type === 'message');
  return {
    id: `answer${String(index).padStart(18, '0')}`,
    ...{ conversationId: event.conversationId, tenant: event.tenant, inReplyTo: eventId, destination: event.destination },
    ...{ text: `answer ${index}`, part: 0, parts: 1, attempt: 1, createdAt: slack.clock.now() },
  };
}
