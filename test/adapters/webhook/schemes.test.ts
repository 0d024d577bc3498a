import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { WebhookSource } from '../../../adapters/webhook/index.ts';
import { sharedSecrets } from '../../../src/verification.ts';
import type { SourceVerification } from '../../../src/verification.ts';
import { desk, ticket, withWebhooks } from './harness.ts';
import type { Harness } from './harness.ts';
import { jwks, makeRsaToken, makeToken, senders } from './senders.ts';
import type { Sent } from './senders.ts';

const body = JSON.stringify(ticket);
const publicUrl = 'https://bot.example.com';

function post({ url }: Harness, { headers, query = '' }: Sent, content = body): Promise<Response> {
  return fetch(`${url}/webhooks/desk${query}`, {
    method: 'POST',
    body: content,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

async function codeOf(response: Response): Promise<string> {
  const { type } = (await response.json()) as { type: string }; // Problem details.
  return `${response.status} ${type.split(':').at(-1)}`;
}

function withSource(verify: SourceVerification, use: (harness: Harness) => Promise<void>, source: Partial<WebhookSource> = {}) {
  return withWebhooks({ sources: [{ ...desk, ...source, verify }], publicUrl }, use);
}

for (const [name, { verify, send, signsBody, signsTime }] of Object.entries(senders)) {
  describe(name, () => {
    test('is believed once, and its copy is the same event', async () => {
      await withSource(verify, async (harness) => {
        const sent = send({ body, at: harness.ledger.clock.now() });

        const first = await post(harness, sent);
        const replayed = await post(harness, sent);

        assert.equal(first.status, 202, await first.text());
        assert.equal(((await replayed.json()) as { status: string }).status, 'duplicate');
        assert.equal(harness.ledger.events.length, 1);
      });
    });

    test('is refused without its proof, by another secret, cut short, or changed in any header or the body', async () => {
      await withSource(verify, async (harness) => {
        const at = harness.ledger.clock.now();
        const sent = send({ body, at });
        const proof = 'authorization' in sent.headers ? 'authorization' : Object.keys(sent.headers).at(-1);
        const cut: Sent = proof
          ? { headers: { ...sent.headers, [proof]: sent.headers[proof]!.slice(0, -3) } }
          : { headers: {}, query: sent.query!.slice(0, -3) };

        assert.equal(await codeOf(await post(harness, { headers: {} })), '401 signature-missing');
        assert.equal(await codeOf(await post(harness, send({ body, at, wrong: true }))), '401 signature-mismatch');
        assert.equal((await post(harness, cut)).status, 401);
        if (signsBody)
          assert.equal(await codeOf(await post(harness, sent, body.replace('broken', 'better'))), '401 signature-mismatch');
        for (const header of Object.keys(sent.headers)) {
          for (const value of [`${sent.headers[header]}7`, `7${sent.headers[header]}`]) {
            const changed = { ...sent, headers: { ...sent.headers, [header]: value } };
            assert.equal((await post(harness, changed)).status, 401, header);
          }
        }
        assert.deepEqual(harness.ledger.events, []);
      });
    });

    test('repeats nothing of a secret, neither to the sender nor in the log', async () => {
      await withSource(verify, async (harness) => {
        const response = await post(harness, send({ body, at: harness.ledger.clock.now(), wrong: true }));
        await post(harness, send({ body, at: harness.ledger.clock.now() }));

        const told = (await response.text()) + JSON.stringify([...response.headers]) + JSON.stringify(harness.ledger.log.lines);
        for (const secret of [...sharedSecrets(verify), 'a-secret-of-another']) assert.ok(!told.includes(secret));
      });
    });

    if (signsTime) {
      test('is refused when it is stale, or comes from the future', async () => {
        await withSource(verify, async (harness) => {
          const now = harness.ledger.clock.now();

          assert.equal(await codeOf(await post(harness, send({ body, at: now - 302_000 }))), '401 signature-stale');
          assert.equal(await codeOf(await post(harness, send({ body, at: now + 302_000 }))), '401 signature-future');
        });
      });
    }
  });
}

test('the right proof of one source opens no other', async () => {
  const entries = Object.values(senders).map(({ verify, send }, index) => ({ name: `s${index}`, verify, send }));
  const others = entries.map(({ name, verify }) => ({ ...desk, name, verify }));
  await withWebhooks({ sources: others, publicUrl }, async ({ url, ledger }) => {
    for (const { name, verify, send } of entries) {
      const sent = send({ body, at: ledger.clock.now() });
      for (const other of entries) {
        // Senders of this test that share a secret on purpose are no strangers to each other.
        if (other.verify.scheme === verify.scheme) continue;
        const response = await fetch(`${url}/webhooks/${other.name}${sent.query ?? ''}`, {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json', ...sent.headers },
        });
        assert.equal(response.status, 401, `${name} at ${other.name}`);
      }
    }
    assert.deepEqual(ledger.events, []);
  });
});

describe('JSON Web Tokens', () => {
  const issued: SourceVerification = {
    scheme: 'jwt',
    secrets: [],
    jwksUrl: 'https://issuer.example.com/keys',
    algorithms: ['RS256'],
    issuer: 'https://issuer.example.com',
    audience: 'parley',
    header: 'authorization',
  };
  const good = (now: number) => ({ iss: 'https://issuer.example.com', aud: 'parley', exp: Math.floor(now / 1000) + 60 });

  async function withIssuer(fetch_: typeof fetch, use: (harness: Harness) => Promise<void>): Promise<void> {
    await withWebhooks(
      { sources: [{ ...desk, verify: issued }], openFetch: () => ({ fetch: fetch_, close: async () => undefined }) },
      use,
    );
  }

  test('are held against the keys that the issuer publishes, which are fetched once', async () => {
    let fetched = 0;
    const serve = (async () => {
      fetched += 1;
      return Response.json(jwks);
    }) as typeof fetch;
    await withIssuer(serve, async (harness) => {
      const now = harness.ledger.clock.now();
      const cases: [string, string, string][] = [
        ['another audience', makeRsaToken({ ...good(now), aud: 'others' }), '401 signature-mismatch'],
        ['another issuer', makeRsaToken({ ...good(now), iss: 'https://evil.example.com' }), '401 signature-mismatch'],
        ['no expiry', makeRsaToken({ ...good(now), exp: undefined }), '401 signature-mismatch'],
        ['expired', makeRsaToken({ ...good(now), exp: Math.floor(now / 1000) - 61 }), '401 signature-stale'],
        ['not yet', makeRsaToken({ ...good(now), nbf: Math.floor(now / 1000) + 61 }), '401 signature-future'],
        ['another key', makeRsaToken(good(now), { wrong: true }), '401 signature-mismatch'],
        ['a key that is not there', makeRsaToken(good(now), { kid: 'k9' }), '401 signature-mismatch'],
        ['the public key as a secret', makeToken(good(now), { key: JSON.stringify(jwks.keys[0]) }), '401 signature-mismatch'],
        ['no algorithm', makeToken(good(now), { alg: 'none' }), '401 signature-mismatch'],
        ['no token', 'hello', '401 signature-mismatch'],
        ['an endless one', 'x'.repeat(9000), '401 signature-missing'],
      ];

      const accepted = await post(harness, { headers: { authorization: `Bearer ${makeRsaToken(good(now))}` } });

      assert.equal(accepted.status, 202);
      for (const [name, token, code] of cases) {
        assert.equal(await codeOf(await post(harness, { headers: { authorization: `Bearer ${token}` } })), code, name);
      }
      assert.equal(fetched, 1);
    });
  });

  test('are asked for again, and not called wrong, while the keys cannot be had', async () => {
    for (const response of [Response.error(), new Response('gone', { status: 500 }), new Response('<html>')]) {
      await withIssuer(
        async () => response,
        async (harness) => {
          const token = makeRsaToken(good(harness.ledger.clock.now()));

          const refused = await post(harness, { headers: { authorization: `Bearer ${token}` } });

          assert.equal(refused.headers.get('retry-after'), '5');
          assert.equal(await codeOf(refused), '503 keys-unavailable');
        },
      );
    }
  });
});

describe('a secret in the address', () => {
  test('is no answer when it stands there twice', async () => {
    await withSource(senders['a secret in the address']!.verify, async (harness) => {
      const response = await post(harness, { headers: {}, query: '?key=a-secret-of-the-shop&key=x' });

      assert.equal(response.status, 401);
    });
  });
});

describe('mutual TLS behind a proxy', () => {
  const verify: SourceVerification = {
    scheme: 'mtls',
    verifiedHeader: 'x-ssl-client-verify',
    verifiedValue: 'SUCCESS',
    identityHeader: 'x-ssl-client-fingerprint',
    identities: ['2f1c', '7a30'],
  };
  const proven = { 'x-ssl-client-verify': 'SUCCESS', 'x-ssl-client-fingerprint': '7a30', 'x-forwarded-proto': 'https' };

  test('believes the proxy, about the certificates of this source only', async () => {
    await withWebhooks({ sources: [{ ...desk, verify }], trustProxy: ['loopback'] }, async (harness) => {
      const statuses = async (headers: Record<string, string>) => (await post(harness, { headers })).status;

      assert.equal(await statuses(proven), 202);
      assert.equal(await statuses({ ...proven, 'x-ssl-client-verify': 'FAILED:expired' }), 401);
      assert.equal(await statuses({ ...proven, 'x-ssl-client-fingerprint': '9999' }), 401);
      assert.equal(await statuses({ 'x-ssl-client-verify': 'SUCCESS' }), 401);
      assert.equal(await statuses({ ...proven, 'x-ssl-client-fingerprint': '7a30, 2f1c' }), 401);
    });
  });

  test('believes nobody else', async () => {
    await withWebhooks({ sources: [{ ...desk, verify }], trustProxy: ['10.0.0.5'] }, async (harness) => {
      assert.equal(await codeOf(await post(harness, { headers: proven })), '401 signature-untrusted');
    });
  });

  test('gives addresses of jobs that stay good over a restart, and that nobody can guess', async () => {
    await withWebhooks({ sources: [{ ...desk, verify }], trustProxy: ['loopback'] }, async (harness) => {
      const { adapter, ledger, url } = harness;
      const { statusUrl } = (await (await post(harness, { headers: proven })).json()) as { statusUrl: string };
      await adapter.stop();
      await adapter.start(ledger);

      assert.equal((await fetch(url + statusUrl)).status, 200);
      assert.equal((await fetch(`${url}${statusUrl.slice(0, -4)}AAAA`)).status, 404);
    });
  });
});

test('a source whose secrets are being changed takes both, and names the one that fitted', async () => {
  const { verify, send } = senders['HMAC as GitHub signs']!;
  const rotating = { ...verify, secrets: ['a-new-secret-of-the-shop', ...sharedSecrets(verify)] } as SourceVerification; // Of the same scheme.
  await withSource(rotating, async (harness) => {
    const keys: (string | undefined)[] = [];
    harness.ledger.recordDelivery = ({ key }) => keys.push(key);

    const response = await post(harness, send({ body, at: harness.ledger.clock.now() }));

    assert.equal(response.status, 202);
    assert.deepEqual(keys, ['secrets[1]']);
  });
});
