import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from '../../e2e/stage.ts';

const token = 'a token of sixteen letters and more';

/** The figures, by name and labels. */
async function scrape(url: string, authorization = `Bearer ${token}`): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization } });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

const hasCopy = (figures: ReadonlyMap<string, number>): boolean =>
  [...figures.keys()].some((name) => name.includes('verdict="duplicate"'));

test('what Parley does is counted once, by what came of it, for who shows the token', () =>
  onStage(
    'webhook',
    async ({ start, desk, model, people, settled }) => {
      const { url = '' } = await start();
      model.fail({ type: 'server_error' });
      desk.faults.add({ kind: 'server_error' });
      people.ask(1);
      await settled();
      people.repeatSomething();
      await until(async () => hasCopy(await scrape(url)), 'the copy');

      const figures = await scrape(url);

      const expected = {
        'parley_events_total{adapter="webhook",type="message",status="accepted"}': 1,
        'parley_turns_total{adapter="webhook",verdict="answered"}': 1,
        parley_turns_postponed_total: 1,
        'parley_turn_seconds_count{adapter="webhook"}': 1,
        'parley_sends_total{adapter="webhook",outcome="failed"}': 1,
        'parley_sends_total{adapter="webhook",outcome="sent"}': 1,
        'parley_webhook_requests_total{source="desk",verdict="accepted",status="202"}': 1,
        'parley_adapter_connected{adapter="webhook"}': 1,
        parley_events_waiting: 0,
        parley_parts_undelivered: 0,
        parley_dead_letters_open: 0,
      };
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, figures.get(name)])), expected);
      const calls = [...figures].filter(([name]) => name.startsWith('parley_model_calls_total'));
      assert.deepEqual(
        calls.map(([name, count]) => [/outcome="(\w+)"/.exec(name)?.[1], count]),
        [
          ['failed', 1],
          ['answered', 1],
        ],
      );
      assert.ok(
        [...figures].some(
          ([name, count]) => name.startsWith('parley_model_tokens_total') && name.includes('output') && count > 0,
        ),
      );
      assert.ok((figures.get('process_resident_memory_bytes') ?? 0) > 0);
    },
    { yaml: { server: { metricsToken: token }, delivery: { baseDelayMs: 200, maxDelaySeconds: 2, timeoutSeconds: 4 } } },
  ));

test('what a limit has ended, and what answers took of it, is counted', () =>
  onStage(
    'webhook',
    async ({ start, people }) => {
      const { url = '' } = await start();
      people.ask(2);
      const isDone = (found: ReadonlyMap<string, number>): boolean =>
        ['answered', 'refused'].every((verdict) => found.has(`parley_turns_total{adapter="webhook",verdict="${verdict}"}`));
      await until(async () => isDone(await scrape(url)), 'an answer and a refusal');

      const figures = await scrape(url);

      const [answered, refused] = ['answered', 'refused'].map((verdict) =>
        figures.get(`parley_turns_total{adapter="webhook",verdict="${verdict}"}`),
      );
      assert.deepEqual([answered, refused], [1, 1]);
      assert.equal(figures.get('parley_limits_reached_total{limit="limits.messages.tenant.day"}'), 1);
      const tokens = [...figures].filter(([name]) => name.startsWith('parley_model_tokens_total'));
      const sum = tokens.reduce((total, [, count]) => total + count, 0);
      assert.equal(figures.get('parley_limits_spent_tokens_total'), sum);
      const money = figures.get('parley_limits_spent_money_total') ?? 0;
      assert.ok(Math.abs(money - sum) < 1e-6, `${money} for ${sum} tokens`);
    },
    {
      yaml: {
        server: { metricsToken: token },
        limits: { messages: { tenant: { day: 1 } }, prices: { 'gpt-5.4-mini': { input: 1e6, output: 1e6 } } },
      },
    },
  ));

test('without the token, with another or by another method there are no figures', () =>
  onStage(
    'webhook',
    async ({ start }) => {
      const { url = '' } = await start();
      for (const [method, authorization] of [
        ['GET', ''],
        ['GET', `Bearer ${token}x`],
        ['GET', token],
        ['POST', `Bearer ${token}`],
      ] as const) {
        const response = await fetch(`${url}/metrics`, { method, headers: { authorization } });

        assert.equal(response.status, 401);
        assert.equal(response.headers.get('www-authenticate'), 'Bearer');
        assert.match(await response.text(), /server\.metricsToken/);
      }
    },
    { yaml: { server: { metricsToken: token } } },
  ));

test('where no token is set there is no such page', () =>
  onStage('webhook', async ({ start }) => {
    const { url = '' } = await start();

    assert.equal((await fetch(`${url}/metrics`)).status, 404);
  }));

test('what moderation refuses is counted by what it was flagged as', () =>
  onStage(
    'webhook',
    async ({ start, model, people }) => {
      model.behaviour.flag = () => ({ 'hate/threatening': 0.8 });
      const { url = '' } = await start();
      people.ask(1);

      const name = 'parley_moderation_refusals_total{direction="input",category="hate/threatening"}';
      await until(async () => (await scrape(url)).get(name) === 1, 'a refusal');

      assert.equal(model.calls.length, 0);
    },
    { yaml: { server: { metricsToken: token }, safety: { moderation: { input: ['endpoint'] } } } },
  ));
