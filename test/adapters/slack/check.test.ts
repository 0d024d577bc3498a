import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { checkSlack, type CheckedOptions } from '../../../adapters/slack/check.ts';
import { createSlackEmulator, type SlackEmulatorOptions } from '../../../adapters/slack/emulator.ts';
import { scopesOf } from '../../../adapters/slack/manifest.ts';
import { systemClock } from '../../../src/clock.ts';
import { noAbort } from './harness.ts';

const all = scopesOf({ followThreads: true });
const secret = '0123456789abcdef0123456789abcdef';

async function check(t: TestContext, emulated: Partial<SlackEmulatorOptions>, options: Partial<CheckedOptions> = {}) {
  const emulator = createSlackEmulator({ clock: systemClock, ...emulated });
  const { apiUrl } = await emulator.start();
  t.after(() => emulator.stop());
  const transport = { type: 'http', signingSecret: secret } as const;
  return checkSlack(
    { botToken: emulator.botToken, transport, oauth: undefined, followThreads: true, apiUrl, fetch: undefined, ...options },
    noAbort,
  );
}

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
