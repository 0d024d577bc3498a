import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { checkSlack, type CheckedOptions } from '../../../adapters/slack/check.ts';
import { createSlackEmulator, type SlackEmulatorOptions } from '../../../adapters/slack/emulator.ts';
import { scopesOf } from '../../../adapters/slack/manifest.ts';
import { systemClock } from '../../../src/clock.ts';
import { noAbort, startSlack } from './harness.ts';

const all = scopesOf({ followThreads: true });
const secret = '0123456789abcdef0123456789abcdef';

async function check(t: TestContext, emulated: Partial<SlackEmulatorOptions>, options: Partial<CheckedOptions> = {}) {
  const emulator = createSlackEmulator({ clock: systemClock, ...emulated });
  const { apiUrl } = await emulator.start();
  t.after(() => emulator.stop());
  const transport = { type: 'http', signingSecret: secret } as const;
  return checkSlack(
    {
      botToken: emulator.botToken,
      transport,
      oauth: undefined,
      followThreads: true,
      groups: false,
      apiUrl,
      fetch: undefined,
      ...options,
    },
    noAbort,
  );
}

/** What stands where PUBLIC_URL leads. */
async function serveAt(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return `http://127.0.0.1:${port}`;
}

describe('the delivery of events', () => {
  test('is shown to work by a request such as Slack makes, out of this machine and back', async (t) => {
    const { eventsUrl, emulator } = await startSlack(t);
    const { signingSecret } = emulator;
    const publicUrl = new URL(eventsUrl).origin;

    const { detail } = await check(t, {}, { publicUrl, transport: { type: 'http', signingSecret } });

    assert.match(detail, /; events reach http:\/\/127\.0\.0\.1:\d+\/slack\/events$/);
  });

  test('is in doubt where another secret, another server, a redirect or nobody answers', async (t) => {
    const { eventsUrl } = await startSlack(t);
    const other = await serveAt(t, (_request, response) => response.end('Welcome'));
    const redirecting = await serveAt(t, (_request, response) => response.writeHead(301, { location: other }).end());
    const warningAt = async (publicUrl: string): Promise<string> => (await check(t, {}, { publicUrl })).warnings?.at(-1) ?? '';

    assert.match(await warningAt(new URL(eventsUrl).origin), /refuses a signature made with SLACK_SIGNING_SECRET/);
    assert.match(await warningAt(other), /answers 200, and not as Parley does: check that PUBLIC_URL/);
    assert.match(await warningAt(redirecting), /redirects, which Slack does not follow/);
    assert.match(
      await warningAt('http://127.0.0.1:1'),
      /Nothing answers at .*: start Parley, and check that PUBLIC_URL leads to it/,
    );
  });
});

describe('the check of the Slack app', () => {
  test('finds nothing to mend in an app made from the manifest', async (t) => {
    const { detail, warnings } = await check(t, { scopes: all });

    assert.match(detail, /^the bot token works: @\S+ in the workspace .*; events arrive at \/slack\/events$/);
    assert.deepEqual(warnings, []);
  });

  test('fails without a scope that Parley needs, and says which, what for, and where to add it', async (t) => {
    await assert.rejects(check(t, { scopes: all.filter((scope) => scope !== 'chat:write') }), {
      name: 'AdapterError',
      message:
        'The bot token works, but lacks chat:write (to answer, and show answers while they grow). Add it on the page "OAuth & Permissions" of the app and install the app again, or compare with: parley slack manifest.',
    });
  });

  test('warns of a scope without which Parley only works less well', async (t) => {
    const { warnings } = await check(t, { scopes: all.filter((scope) => scope !== 'users:read') });

    assert.deepEqual(warnings?.length, 1);
    assert.match(warnings?.[0] ?? '', /^The bot token lacks users:read \(to know people by name\)/);
  });

  test('warns when the clock of this machine is far from that of Slack', async (t) => {
    const withDate: typeof fetch = async (input, init) => {
      const { status, headers, body } = await fetch(input, init);
      const changed = new Headers(headers);
      changed.set('date', new Date(Date.now() + 200_000).toUTCString());
      return new Response(body, { status, headers: changed });
    };

    const { warnings } = await check(t, { scopes: all }, { fetch: withDate });

    assert.match(warnings?.[0] ?? '', /^The clock of this machine is (199|200|201) s behind Slack's\./);
  });

  test('warns of a signing secret that cannot be one, without showing it', async (t) => {
    const transport = { type: 'http', signingSecret: 'not-a-signing-secret' } as const;

    const { warnings } = await check(t, { scopes: all }, { transport });

    assert.match(warnings?.[0] ?? '', /^SLACK_SIGNING_SECRET does not look like one/);
    assert.doesNotMatch(warnings?.[0] ?? '', /not-a-signing/);
  });
});
