import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { jwtVerify } from 'jose';
import type { ActionAuth, OAuthClient } from '../../../src/http-action.ts';
import { failureOf, hunter, withDesk } from './action-harness.ts';
import { createAnswer, never } from '../../adapters/webhook/harness.ts';

test('shows a key, a token or a password', async () => {
  await withDesk(async ({ desk, create }) => {
    const auths: readonly ActionAuth[] = [
      { scheme: 'apiKey', header: 'X-Api-Key', secret: hunter },
      { scheme: 'bearer', secret: hunter },
      { scheme: 'basic', username: 'bot@example.com/token', secret: hunter },
    ];
    for (const auth of auths) await create({ auth }).send(createAnswer(), never);

    assert.deepEqual(
      desk.requests.map(({ headers }) => headers['x-api-key'] ?? headers.authorization),
      [hunter, `Bearer ${hunter}`, `Basic ${Buffer.from(`bot@example.com/token:${hunter}`).toString('base64')}`],
    );
  });
});

test('signs a token of its own for each request', async () => {
  await withDesk(async ({ desk, clock, create }) => {
    const secret = 'a-secret-that-is-32-characters-long';
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const claims = { issuer: 'parley', subject: 'bot', audience: 'desk', keyId: 'k1', lifetimeSeconds: 30 };
    const shared = create({ auth: { scheme: 'jwt', algorithm: 'HS256', secret, ...claims } });
    const own = create({
      auth: {
        scheme: 'jwt',
        algorithm: 'ES256',
        secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        ...claims,
      },
    });
    await shared.send(createAnswer(), never);
    await clock.advance(100_000);
    await own.send(createAnswer(), never);

    const tokens = desk.requests.map(({ headers }) => headers.authorization?.replace('Bearer ', '') ?? '');
    const rules = { issuer: 'parley', audience: 'desk', subject: 'bot', currentDate: new Date(clock.now() - 100_000) };
    const first = await jwtVerify(tokens[0] ?? '', new TextEncoder().encode(secret), rules);
    const second = await jwtVerify(tokens[1] ?? '', publicKey, { ...rules, currentDate: new Date(clock.now()) });
    assert.deepEqual([first.protectedHeader.kid, second.protectedHeader.alg], ['k1', 'ES256']);
    assert.deepEqual(
      [first, second].map(({ payload: { iat = 0, exp = 0 } }) => exp - iat),
      [30, 30],
    );
  });
});

function oauth(url: string, changes: Partial<OAuthClient> = {}): OAuthClient {
  return { scheme: 'oauth2', tokenUrl: `${url}/token`, clientId: 'par ley', secret: `${hunter}+&`, scope: 'write', ...changes };
}

test('gets one token for many requests at once, and another before its end', async () => {
  await withDesk(
    async ({ desk, clock, create }) => {
      const action = create({ auth: oauth(desk.url) });
      await Promise.all(Array.from({ length: 20 }, async () => action.send(createAnswer(), never)));
      const atOnce = desk.tokens();
      await clock.advance(539_000);
      await action.send(createAnswer(), never);
      const before = desk.tokens();
      await clock.advance(2000);
      await action.send(createAnswer(), never);

      const [asked] = desk.requests;
      assert.deepEqual([atOnce, before, desk.tokens()], [1, 1, 2]);
      assert.equal(desk.comments('7').length, 22);
      assert.deepEqual(
        [...new URLSearchParams(asked?.body)],
        [
          ['grant_type', 'client_credentials'],
          ['scope', 'write'],
        ],
      );
      assert.equal(asked?.headers.authorization, `Basic ${Buffer.from(`par+ley:${hunter}%2B%26`).toString('base64')}`);
    },
    { wantsToken: true, tokenSeconds: 600 },
  );
});

test('shows the client in the body where that is asked for', async () => {
  await withDesk(
    async ({ desk, create }) => {
      await create({ auth: oauth(desk.url, { clientAuth: 'body', audience: 'desk' }) }).send(createAnswer(), never);

      const [asked] = desk.requests;
      assert.equal(asked?.headers.authorization, undefined);
      assert.deepEqual(Object.fromEntries(new URLSearchParams(asked?.body)), {
        grant_type: 'client_credentials',
        scope: 'write',
        audience: 'desk',
        client_id: 'par ley',
        client_secret: `${hunter}+&`,
      });
    },
    { wantsToken: true },
  );
});

test('gets another token once where one is refused, and gives up where that is, too', async () => {
  await withDesk(
    async ({ desk, create }) => {
      const action = create({ auth: oauth(desk.url) });
      await action.send(createAnswer(), never);
      desk.revoke();
      await Promise.all([1, 2, 3].map(async () => action.send(createAnswer(), never)));
      const renewed = [desk.tokens(), desk.comments('7').length];
      desk.fail('7', { status: 401 }, { status: 401 });
      const error = await failureOf(action.send(createAnswer(), never));

      assert.deepEqual(renewed, [2, 4]);
      assert.deepEqual([desk.tokens(), desk.comments('7').length], [3, 4]);
      assert.match(error.message, /answered 401 \(webhooks\.desk\.reply\)/);
      assert.deepEqual([error.retryable, error.uncertain], [false, false]);
    },
    { wantsToken: true },
  );
});

test('a token that cannot be had is told of by its setting, and asked for again the next time', async () => {
  await withDesk(
    async ({ desk, create }) => {
      const action = create({ auth: oauth(desk.url) });
      desk.fail('token', { status: 401 }, { status: 503 }, { status: 0 });
      const verdicts = [];
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const { message, retryable, uncertain } = await failureOf(action.send(createAnswer(), never));
        assert.match(message, /\(webhooks\.desk\.reply\.auth\.tokenUrl\)/);
        verdicts.push([retryable, uncertain]);
      }
      await action.send(createAnswer(), never);

      assert.deepEqual(verdicts, [
        [false, false],
        [true, false],
        [true, false],
      ]);
      assert.equal(desk.comments('7').length, 1);
    },
    { wantsToken: true },
  );
});

test('who gives up waiting for a token takes it from nobody else', async () => {
  await withDesk(
    async ({ desk, create }) => {
      const action = create({ auth: oauth(desk.url) });
      const ending = new AbortController();
      const impatient = failureOf(action.send(createAnswer(), ending.signal));
      const patient = action.send(createAnswer({ id: 'the-answer-of-who-waited' }), never);
      ending.abort();
      await patient;

      assert.deepEqual([(await impatient).retryable, (await impatient).uncertain], [true, false]);
      assert.deepEqual(
        desk.comments('7').map(({ ref }) => ref),
        ['the-answer-of-who-waited'],
      );
    },
    { wantsToken: true },
  );
});
