import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { settled, startSlack } from './harness.ts';
import type { Slack, SlackSetup } from './harness.ts';

type Connected = Slack & { readonly clock: FakeClock };

async function startSocket(t: TestContext, setup: SlackSetup = {}): Promise<Connected> {
  const clock = createFakeClock();
  return Object.assign(await startSlack(t, { transport: 'socket', clock, ...setup }), { clock });
}

const connections = ({ log }: Slack): number => log.find('slack connected').length;

/** Lets time pass until it is so, in steps in which the network has its turn; returns how long that took. */
async function pass({ clock }: Connected, isSo: () => boolean): Promise<number> {
  const startedAt = clock.now();
  while (!isSo()) {
    assert.ok(clock.now() - startedAt < 300_000, 'it never came to that');
    await clock.advance(500);
    for (let turns = 0; turns < 20 && !isSo(); turns += 1) await settled(() => true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return clock.now() - startedAt;
}

test('a connection that is open but silent is noticed within 90 s, shows in the health, and is made anew; what was said arrives', async (t) => {
  const slack = await startSocket(t);
  await pass(slack, () => slack.clock.now() % 20_000 === 0);

  slack.emulator.deafenConnections();
  const said = slack.emulator.say({ text: 'can you hear me?', direct: true });
  const noticedAfterMs = await pass(slack, () => !slack.adapter.health().connected);
  const { detail } = slack.adapter.health();
  await pass(slack, () => connections(slack) === 2);

  assert.ok(noticedAfterMs <= 90_000, `${noticedAfterMs} ms`);
  assert.match(detail, /nothing has come from Slack for a minute/);
  assert.equal(slack.adapter.health().connected, true);
  slack.emulator.retryPending();
  assert.equal(await said.acknowledged, true);
});

test('a connection on which nothing is said, but pings come, is left alone', async (t) => {
  const slack = await startSocket(t);
  const startedAt = slack.clock.now();

  await pass(slack, () => slack.clock.now() - startedAt >= 150_000);

  assert.equal(connections(slack), 1);
  assert.equal(slack.adapter.health().connected, true);
});

for (const reason of ['refresh_requested', 'warning'] as const) {
  test(`a connection that Slack ends by "${reason}" is made anew at once, although Slack does not say goodbye`, async (t) => {
    const slack = await startSocket(t);
    await pass(slack, () => slack.clock.now() % 10_000 === 0);

    slack.emulator.requestDisconnect(reason);
    slack.emulator.deafenConnections();
    const afterMs = await pass(slack, () => connections(slack) === 2);

    assert.ok(afterMs <= 5_000, `${afterMs} ms`);
  });
}

test('where Socket Mode was switched off for the app, the health says so until it is on again', async (t) => {
  const slack = await startSocket(t);
  const refusal = { method: 'apps.connections.open', kind: 'platform_error', error: 'socket_mode_disabled', times: 3 } as const;
  slack.emulator.faults.add(refusal);

  slack.emulator.requestDisconnect('link_disabled');
  await pass(slack, () => slack.log.find('slack connection failed; trying again').length === 2);
  const { connected, detail } = slack.adapter.health();
  await pass(slack, () => connections(slack) === 2);

  assert.equal(connected, false);
  assert.match(detail, /Socket Mode was switched off/);
});

test('where the app has too many connections, another one is not made at once, and the health says what to do', async (t) => {
  const slack = await startSocket(t);
  await pass(slack, () => slack.clock.now() % 10_000 === 0);

  slack.emulator.requestDisconnect('too_many_websockets');
  await pass(slack, () => !slack.adapter.health().connected);
  const { detail } = slack.adapter.health();
  const afterMs = await pass(slack, () => connections(slack) === 2);

  assert.ok(afterMs >= 29_000, `${afterMs} ms`);
  assert.match(detail, /stop other processes that use SLACK_APP_TOKEN/);
});

test('a Slack that does not greet within 10 s, and one that gives no address, are given up and asked again', async (t) => {
  const slack = await startSocket(t);
  slack.emulator.greetConnections(false);
  slack.emulator.dropConnections();
  await pass(slack, () => slack.log.find('slack connection failed; trying again').length === 1);
  slack.emulator.greetConnections(true);
  slack.emulator.faults.add({ method: 'apps.connections.open', kind: 'hang' });

  const afterMs = await pass(slack, () => connections(slack) === 2);

  assert.ok(afterMs >= 10_000 && afterMs < 15_000, `${afterMs} ms`);
  assert.equal(slack.emulator.faults.pending(), 0);
});

test('too many requests for an address are answered by waiting as long as Slack asks for', async (t) => {
  const slack = await startSocket(t);
  slack.emulator.faults.add({ method: 'apps.connections.open', kind: 'rate_limit', retryAfterSeconds: 60 });

  slack.emulator.dropConnections();
  const afterMs = await pass(slack, () => connections(slack) === 2);

  assert.ok(afterMs >= 60_000 && afterMs < 65_000, `${afterMs} ms`);
});
