import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSlackLedger, recordCalls } from './harness.ts';
import { answerIn, grantersIn, shownBy, startOAuth } from './oauth-scene.ts';

for (const transport of ['http', 'socket'] as const) {
  describe(`the app is added to workspaces, events by ${transport}`, () => {
    test('before anybody has, it is ready and says where', async (t) => {
      const { adapter } = await startOAuth(t, { transport });

      const { connected, detail } = adapter.health();

      assert.equal(connected, true);
      assert.match(detail, /no workspace has installed the app yet: open https:\/\/parley\.example\.test\/slack\/install/);
    });

    test('each is answered with its own token', async (t) => {
      const slack = await startOAuth(t, { transport });
      const [acme, globex] = [slack.place('acme'), slack.place('globex')];

      const page = await slack.install(acme);
      await slack.install(globex);
      await answerIn(slack, acme, 'for acme');
      await answerIn(slack, globex, 'for globex');

      assert.equal(page.status, 200);
      assert.match(page.text, /It is in the workspace acme\./);
      assert.deepEqual([shownBy(acme), shownBy(globex)], [['for acme'], ['for globex']]);
      assert.match(slack.adapter.health().detail, /installed 2 times by OAuth/);
    });
  });
}

describe('an installation', () => {
  test('asks Slack for the scopes of the bot, and comes back to the public address', async (t) => {
    const slack = await startOAuth(t, { oauth: { userScopes: ['search:read'] } });

    const { authorizeUrl, cookie } = await slack.begin();

    const { origin, pathname, searchParams } = new URL(authorizeUrl);
    assert.deepEqual([origin, pathname], [new URL(slack.emulator.apiUrl).origin, '/oauth/v2/authorize']);
    assert.equal(searchParams.get('redirect_uri'), 'https://parley.example.test/slack/oauth_redirect');
    const scopes = searchParams.get('scope')?.split(',') ?? [];
    for (const scope of ['chat:write', 'commands', 'files:read']) assert.ok(scopes.includes(scope), scope);
    assert.equal(searchParams.get('user_scope'), 'search:read');
    assert.match(cookie, /^__Host-parley-install=[\w-]{43}$/);
    assert.equal(searchParams.has('code_challenge'), false);
  });

  test('keeps its state in a cookie that no script and no other site can read', async (t) => {
    const slack = await startOAuth(t);

    const { headers } = await slack.get('/slack/install');

    assert.match(headers.getSetCookie()[0] ?? '', /; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
  });

  test('uses PKCE where the app has it, and then not the client secret', async (t) => {
    const slack = await startOAuth(t, { oauth: { pkce: true } });
    const calls = recordCalls(slack, ['oauth.v2.access']);

    const page = await slack.install(slack.place('acme'));

    assert.equal(page.status, 200);
    assert.match(String(calls[0]?.args['code_verifier']), /^[\w-]{43}$/);
    assert.equal(calls[0]?.args['client_secret'], undefined);
  });

  test('that is made again takes the place of the first, and what others have granted stays', async (t) => {
    const ledger = createSlackLedger(createFakeClock());
    const slack = await startOAuth(t, { ledger, oauth: { userScopes: ['search:read'] } });
    const acme = slack.place('acme');

    await slack.install(acme, 'Ada');
    await slack.install(acme, 'Bob');
    await answerIn(slack, acme);

    assert.deepEqual([...ledger.installations.rows.keys()], [acme.id]);
    assert.deepEqual(grantersIn(ledger, acme.id), [acme.user('Ada').id, acme.user('Bob').id]);
    assert.deepEqual(shownBy(acme), ['the answer']);
    assert.match(slack.adapter.health().detail, /installed once/);
  });

  test('is there after a restart', async (t) => {
    const first = await startOAuth(t);
    const ledger = createSlackLedger(first.clock);
    const slack = await startOAuth(t, { ledger });
    const acme = slack.place('acme');
    await slack.install(acme);
    await slack.adapter.stop();

    await slack.start();
    await answerIn(slack, acme);

    assert.deepEqual(shownBy(acme), ['the answer']);
  });

  test('keeps no token that can be read: not in the ledger, not in the log, not on the page', async (t) => {
    const slack = await startOAuth(t, { oauth: { userScopes: ['search:read'] } });
    slack.emulator.rotateTokens();
    const ledger = createSlackLedger(slack.clock);
    const other = await startOAuth(t, { ledger });
    other.emulator.rotateTokens();

    const page = await other.install(other.place('acme'));

    const secrets = other.emulator.grantedSecrets();
    const kept = JSON.stringify([...ledger.installations.rows.values(), ...ledger.states, other.log.lines, page.text]);
    assert.ok(secrets.length >= 2);
    for (const secret of secrets) assert.ok(!kept.includes(secret), 'a token can be read');
    assert.ok(!/xox/.test(kept));
  });
});

describe('a state', () => {
  test('that was not begun in this browser is refused', async (t) => {
    const slack = await startOAuth(t);
    const acme = slack.place('acme');
    const { authorizeUrl } = await slack.begin();
    const victim = await slack.begin();
    const back = acme.approve(authorizeUrl);

    const pages = [
      await slack.get(back),
      await slack.get(back, victim.cookie),
      await slack.get(back, 'a=b; __Host-parley-install=x'),
    ];

    for (const { status, text } of pages) {
      assert.equal(status, 400);
      assert.match(text, /another browser/);
      assert.match(text, /href="https:\/\/parley\.example\.test\/slack\/install"/);
    }
    assert.match(slack.adapter.health().detail, /no workspace/);
  });

  test('that is forged is refused, whatever it looks like', async (t) => {
    const slack = await startOAuth(t);
    const { authorizeUrl, cookie } = await slack.begin();
    const good = new URL(authorizeUrl).searchParams.get('state') ?? '';
    const [nonce, at, signature] = good.split('.');
    const calls = recordCalls(slack, ['oauth.v2.access']);
    const later = `${nonce}.${Number(at) + 1}.${signature}`;
    const forged = [
      '',
      'x',
      `${good}x`,
      later,
      `${nonce}.${at}.${'A'.repeat(43)}`,
      `${'A'.repeat(22)}.${at}.${signature}`,
      'a'.repeat(20_000),
    ];

    for (const state of forged) {
      const query = new URLSearchParams({ code: '1.emulated-code', state: state.slice(0, 10_000) });
      assert.equal((await slack.get(`/slack/oauth_redirect?${query.toString()}`, cookie)).status, 400);
    }

    assert.equal(calls.length, 0, 'Slack is not even asked');
  });

  test('is good once, also after a restart', async (t) => {
    const slack = await startOAuth(t, { ledger: createSlackLedger(createFakeClock()) });
    const { authorizeUrl, cookie } = await slack.begin();
    const back = slack.place('acme').approve(authorizeUrl);
    assert.equal((await slack.get(back, cookie)).status, 200);

    const again = await slack.get(back, cookie);
    await slack.adapter.stop();
    await slack.start();
    const afterwards = await slack.get(back, cookie);

    assert.deepEqual([again.status, afterwards.status], [400, 400]);
    for (const { text } of [again, afterwards]) assert.match(text, /has been used/);
  });

  test('is good for ten minutes', async (t) => {
    const clock = createFakeClock();
    const slack = await startOAuth(t, { clock });
    const { authorizeUrl, cookie } = await slack.begin();
    const back = slack.place('acme').approve(authorizeUrl);

    await clock.advance(10 * 60_000);

    const { status, text } = await slack.get(back, cookie);
    assert.equal(status, 400);
    assert.match(text, /ten minutes/);
  });
});

describe('who installs is told', () => {
  test('that nothing happened when they did not agree', async (t) => {
    const slack = await startOAuth(t);
    const { authorizeUrl, cookie } = await slack.begin();

    const { status, text } = await slack.get(slack.emulator.deny(authorizeUrl), cookie);

    assert.equal(status, 400);
    assert.match(text, /Nothing was installed/);
  });

  test('what the operator has to mend', async (t) => {
    const slack = await startOAuth(t, { oauth: { clientSecret: 'wrong' } });

    const { status, text } = await slack.install(slack.place('acme'));

    assert.equal(status, 502);
    assert.match(text, /SLACK_CLIENT_SECRET/);
    assert.ok(!JSON.stringify(slack.log.lines).includes('wrong'));
  });

  test('to try again when Slack fails, and nothing is kept', async (t) => {
    const slack = await startOAuth(t);
    slack.emulator.faults.add({ method: 'oauth.v2.access', kind: 'server_error' });

    const { status, text } = await slack.install(slack.place('acme'));

    assert.equal(status, 502);
    assert.match(text, /Try again/);
    assert.match(slack.adapter.health().detail, /no workspace/);
  });

  test('nothing that a stranger has put into a name or an error takes effect', async (t) => {
    const slack = await startOAuth(t);
    const evil = slack.place('<script>alert(1)</script>');
    const { authorizeUrl, cookie } = await slack.begin();
    const state = new URL(authorizeUrl).searchParams.get('state') ?? '';

    const failed = await slack.get(
      `/slack/oauth_redirect?${new URLSearchParams({ error: '<img src=x>', state }).toString()}`,
      cookie,
    );
    const installed = await slack.install(evil);

    for (const { text, headers } of [failed, installed]) {
      assert.ok(!text.includes('<script>') && !text.includes('<img'));
      assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-/);
    }
    assert.match(installed.text, /&lt;script&gt;/);
  });

  test('nothing but GET does anything', async (t) => {
    const slack = await startOAuth(t);

    const response = await fetch(slack.eventsUrl.replace('events', 'install'), { method: 'POST' });

    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET');
  });
});
