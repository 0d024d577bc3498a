import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLog } from '../../../src/log.ts';
import { createAiModel, type AiModelOptions, type ProviderOptions } from '../../../src/model/endpoints.ts';
import { providerNames, toBaseUrl } from '../../../src/provider-presets.ts';
import { collect, textOf } from '../../contracts/model-contract.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { serveDialect } from './dialect-server.ts';
import { dialects } from './dialects.ts';
import { doneOf, failureOf, never } from './open-endpoint.ts';

const clock = createFakeClock();
const limits = { idleTimeoutSeconds: 30, timeoutSeconds: 120 };
const openai = { ...limits, baseUrl: 'http://127.0.0.1:9/v1', model: 'unused', apiKey: 'sk-of-openai' };

function provider(settings: Partial<ProviderOptions>): ProviderOptions {
  return { preset: 'custom', model: 'm', apiKey: 'key-of-it', headers: [], tokenMinutes: 45, ...limits, ...settings };
}

async function open(options: Partial<AiModelOptions> & Pick<AiModelOptions, 'providers'>) {
  const [first = ''] = Object.keys(options.providers);
  return createAiModel({ provider: first, fallback: [], openai, ...options }, { clock, log: silentLog, fetch: globalThis.fetch });
}

test('every preset but the open one has its dialect below', () => {
  assert.deepEqual(new Set(dialects.map(({ preset }) => preset)), new Set(providerNames.filter((name) => name !== 'custom')));
});

for (const dialect of dialects) {
  describe(dialect.preset, () => {
    test('gives its answer, under the name that the operator gave it', async () => {
      await using endpoint = await serveDialect(dialect);
      const model = await open({
        providers: { it: provider({ preset: dialect.preset, baseUrl: endpoint.baseUrl, maxOutputTokens: 50 }) },
      });

      const events = await collect(model, never);

      assert.equal(textOf(events), 'It works.');
      assert.ok(doneOf(events).usage.outputTokens > 0);
      assert.equal(model.name, 'it m');
      const [request] = endpoint.requests;
      assert.equal(request?.headers.authorization, 'Bearer key-of-it');
      assert.equal(request?.url, '/v1/chat/completions');
      const limit = ['openai', 'azure', 'groq'].includes(dialect.preset) ? 'max_completion_tokens' : 'max_tokens';
      assert.equal(Reflect.get(Object(request?.body), limit), 50);
    });

    for (const refusal of dialect.refusals) {
      test(`says ${String(refusal.says)} of status ${refusal.status}`, async () => {
        await using endpoint = await serveDialect(dialect);
        const model = await open({ providers: { it: provider({ preset: dialect.preset, baseUrl: endpoint.baseUrl }) } });
        endpoint.refuse(refusal);

        const { error } = await failureOf(model);

        assert.match(error.message, refusal.says);
        assert.equal(error.retryable, refusal.retryable, error.message);
        assert.doesNotMatch(error.message, /key-of-it/);
      });
    }
  });
}

test('the address of a preset is filled from the settings', () => {
  assert.equal(toBaseUrl({ preset: 'azure', resource: 'ours' }), 'https://ours.openai.azure.com/openai/v1');
  assert.equal(
    toBaseUrl({ preset: 'vertex', region: 'europe-west1', project: 'p-1' }),
    'https://europe-west1-aiplatform.googleapis.com/v1/projects/p-1/locations/europe-west1/endpoints/openapi',
  );
  assert.throws(() => toBaseUrl({ preset: 'bedrock' }), /region/);
});

test('what one provider is given reaches no other', async (t) => {
  t.mock.method(process, 'emitWarning', () => undefined);
  process.env['OPENAI_API_KEY'] = 'sk-from-environment';
  process.env['OPENAI_ORG_ID'] = 'org-from-environment';
  t.after(() => {
    delete process.env['OPENAI_API_KEY'];
    delete process.env['OPENAI_ORG_ID'];
  });
  const [usual] = dialects as [(typeof dialects)[0]]; // there are some
  await using one = await serveDialect(usual);
  await using two = await serveDialect(usual);
  one.refuse({ status: 500, body: '{}', says: /./, retryable: true });
  const providers = {
    one: provider({ baseUrl: one.baseUrl, apiKey: 'key-of-one', headers: ['x-workspace: secret-of-one'] }),
    two: provider({ preset: 'ollama', baseUrl: two.baseUrl, apiKey: undefined }),
  };
  const model = await open({ providers, fallback: ['two'] });

  const events = await collect(model, never);

  assert.equal(doneOf(events).model, 'two m');
  assert.deepEqual([one.requests.length, two.requests.length], [1, 1]);
  assert.equal(one.requests[0]?.headers['x-workspace'], 'secret-of-one');
  assert.equal(two.requests[0]?.headers.authorization, undefined);
  const sent = JSON.stringify(two.requests);
  for (const secret of ['key-of-one', 'secret-of-one', 'sk-of-openai', 'from-environment'])
    assert.ok(!sent.includes(secret), secret);
});

describe('a token that a command prints', () => {
  const [usual] = dialects as [(typeof dialects)[0]]; // there are some

  /** Prints another token each time. */
  const command = [process.execPath, '-e', 'process.stdout.write("token-" + process.hrtime.bigint() + "\\n")'];

  test('is sent in place of a key, kept for its time, and made anew after that', async () => {
    await using endpoint = await serveDialect(usual);
    const model = await open({
      providers: { it: provider({ baseUrl: endpoint.baseUrl, apiKey: undefined, tokenCommand: command, tokenMinutes: 10 }) },
    });

    await Promise.all([collect(model, never), collect(model, never)]);
    await clock.advance(11 * 60_000);
    await collect(model, never);

    const [first, second, third] = endpoint.requests.map(({ headers }) => headers.authorization);
    assert.match(first ?? '', /^Bearer token-\d+$/);
    assert.equal(second, first);
    assert.notEqual(third, first);
  });

  test('is made anew once when the provider refuses it', async () => {
    await using endpoint = await serveDialect(usual);
    const model = await open({
      providers: { it: provider({ baseUrl: endpoint.baseUrl, apiKey: undefined, tokenCommand: command }) },
    });
    endpoint.refuse({ status: 401, body: '{"error":{"message":"token expired"}}', says: /./, retryable: false });

    const events = await collect(model, never);

    assert.equal(textOf(events), 'It works.');
    const tokens = endpoint.requests.map(({ headers }) => headers.authorization);
    assert.equal(new Set(tokens).size, 2);
  });

  for (const { what, argv, says } of [
    {
      what: 'is not there',
      argv: ['/nowhere/gcloud'],
      says: /model\.providers\.it\.tokenCommand: \/nowhere\/gcloud is not there/,
    },
    { what: 'fails', argv: [process.execPath, '-e', 'console.log("s3cret"); process.exit(3)'], says: /ended with exit status 3/ },
    { what: 'prints something else', argv: [process.execPath, '-e', 'console.log("no token here")'], says: /printed no token/ },
  ]) {
    test(`is missing where the command ${what}: the operator learns why, and nothing that it printed`, async () => {
      await using endpoint = await serveDialect(usual);
      const model = await open({
        providers: { it: provider({ baseUrl: endpoint.baseUrl, apiKey: undefined, tokenCommand: argv }) },
      });

      const { error } = await failureOf(model);

      assert.match(error.message, says);
      assert.doesNotMatch(error.message, /s3cret|no token here/);
      assert.equal(endpoint.requests.length, 0);
    });
  }
});
