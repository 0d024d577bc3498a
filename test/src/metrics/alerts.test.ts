import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { systemClock } from '../../../src/clock.ts';
import { createAlerts, type Alert } from '../../../src/metrics/alerts.ts';
import { createAlertPost } from '../../../src/metrics/post-alert.ts';
import { listen, shut } from '../../deliveries/loopback.ts';
import { onStage, until } from '../../e2e/stage.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryLog } from '../../support/memory-log.ts';

const condition = { kind: 'model', name: 'gpt' } as const;
const secret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAAAA';
const intervalMs = 60_000;

function openAlerts() {
  const clock = createFakeClock();
  const told: Alert[] = [];
  const alerts = createAlerts({ failures: 3, intervalMs, clock, log: createMemoryLog(), tell: (alert) => told.push(alert) });
  const fail = (times: number): void => {
    for (let n = 0; n < times; n += 1) alerts.failed(condition, 'no answer');
  };
  return { clock, alerts, fail, states: () => told.map(({ state, failures }) => `${state} ${failures}`) };
}

test('so many failures in a row raise one alert, and the first success resolves it', () => {
  const { alerts, fail, states } = openAlerts();

  fail(2);
  alerts.worked(condition);
  fail(2);
  assert.deepEqual(states(), [], 'they were not in a row');
  fail(5);
  alerts.worked(condition);
  alerts.worked(condition);

  assert.deepEqual(states(), ['raised 3', 'resolved 7']);
});

test('of one condition there is one alert in the interval, however often it comes and goes; others have their own', async () => {
  const { clock, alerts, fail, states } = openAlerts();

  fail(3);
  alerts.worked(condition);
  fail(10);
  alerts.worked(condition);
  assert.deepEqual(states(), ['raised 3', 'resolved 3']);
  for (let n = 0; n < 3; n += 1) alerts.failed({ kind: 'callback', name: 'gpt' }, 'gone');
  fail(4);
  await clock.advance(intervalMs);
  fail(1);

  assert.deepEqual(states(), ['raised 3', 'resolved 3', 'raised 3', 'raised 5']);
});

const alert: Alert = { id: 'alert_1', state: 'raised', ...condition, failures: 3, since: 0, at: 0, error: 'no answer' };

test('an alert is sent again under the same id until it arrives, and its end not before it', async () => {
  // The package that checks the signatures looks at the real clock.
  const clock = createFakeClock({ now: systemClock.now() });
  const seen: string[] = [];
  const statuses = [500, 500, 204, 204];
  const fetch = async (_: unknown, init?: RequestInit) => {
    const headers = new Headers(init?.headers);
    const body = typeof init?.body === 'string' ? init.body : '';
    new Webhook(secret).verify(body, Object.fromEntries(headers));
    seen.push(`${headers.get('webhook-id')} ${JSON.parse(body).type}`);
    return new Response(null, { status: statuses[seen.length - 1] ?? 204 });
  };
  const post = createAlertPost({ url: 'https://alerts.example.com', secret, fetch, clock, log: createMemoryLog() });

  post.send(alert);
  post.send({ ...alert, id: 'alert_2', state: 'resolved' });
  for (let minute = 0; minute < 3; minute += 1) await clock.advance(60_000);

  const raised = 'alert_1 parley.alert.raised';
  assert.deepEqual(seen, [raised, raised, raised, 'alert_2 parley.alert.resolved']);
  await post.stop();
  assert.equal(clock.pending(), 0);
});

test('a receiver that is away for good ends the attempts, and a stop ends them at once', async () => {
  const clock = createFakeClock();
  const log = createMemoryLog();
  let attempts = 0;
  const fetch = async () => {
    attempts += 1;
    throw new TypeError('fetch failed');
  };
  const post = createAlertPost({ url: 'https://alerts.example.com/?key=hidden', secret, fetch, clock, log });

  post.send(alert);
  for (let minute = 0; minute < 15; minute += 1) await clock.advance(60_000);
  assert.equal(attempts, 10);
  post.send(alert);
  await clock.advance(0);
  await post.stop();

  assert.equal(attempts, 11);
  assert.ok(!JSON.stringify(log).includes('hidden'));
});

test('a callback that fails again and again raises an alert at the configured address, and resolves it when it works', async (t) => {
  const bodies: { type: string; data: Record<string, unknown> }[] = [];
  const receiver = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(new Webhook(secret).verify(body, request.headers as Record<string, string>) as never);
      response.writeHead(204).end();
    });
  });
  const url = `http://127.0.0.1:${await listen(receiver)}/`;
  t.after(() => shut(receiver));

  await onStage(
    'webhook',
    async ({ start, desk, people, settled }) => {
      await start();
      desk.faults.add({ kind: 'server_error', times: 3 });
      people.ask(1);
      await settled();
      await until(() => bodies.length === 2, 'both alerts');
    },
    { yaml: { alerts: { failures: 3, url, secret } } },
  );

  const told = bodies.map(({ type, data: { kind, name, failures } }) => [type, kind, name, failures]);
  assert.deepEqual(told, [
    ['parley.alert.raised', 'callback', 'desk', 3],
    ['parley.alert.resolved', 'callback', 'desk', 3],
  ]);
});
