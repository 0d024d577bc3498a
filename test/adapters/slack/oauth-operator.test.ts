import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdapterError } from '../../../src/errors.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSlackLedger, noAbort } from './harness.ts';
import { encryptionKeys, startOAuth } from './oauth-scene.ts';

describe('parley doctor', () => {
  test('tries the client id and secret, and says where the app can be installed', async (t) => {
    const slack = await startOAuth(t, { start: false });

    assert.match(
      (await slack.adapter.check?.(noAbort))?.detail ?? '',
      /can be installed at https:\/\/parley\.example\.test\/slack\/install/,
    );
  });

  for (const [setting, oauth] of [
    ['SLACK_CLIENT_ID', { clientId: 'wrong-id' }],
    ['SLACK_CLIENT_SECRET', { clientSecret: 'wrong-secret' }],
  ] as const) {
    test(`says that Slack refuses ${setting}`, async (t) => {
      const slack = await startOAuth(t, { start: false, oauth });

      await assert.rejects(
        async () => slack.adapter.check?.(noAbort),
        (error) => error instanceof AdapterError && error.message.includes(setting) && !error.message.includes('wrong'),
      );
    });
  }
});

describe('keys', () => {
  test('can be changed: what the old one sealed is sealed anew at the start', async (t) => {
    const probe = createFakeClock();
    const ledger = createSlackLedger(probe);
    const old = await startOAuth(t, { ledger });
    await old.install(old.place('acme'));
    await old.adapter.stop();
    const newKey = `k2:${Buffer.alloc(32, 5).toString('base64')}`;

    await startOAuth(t, { ledger, oauth: { encryptionKeys: `${newKey},${encryptionKeys}` } });
    const { adapter } = await startOAuth(t, { ledger, oauth: { encryptionKeys: newKey } });

    assert.match(adapter.health().detail, /installed once/);
  });

  test('that are lost are missed: the log, the health, and no event is acknowledged', async (t) => {
    const ledger = createSlackLedger(createFakeClock());
    const slack = await startOAuth(t, { ledger });
    const acme = slack.place('acme');
    await slack.install(acme);
    const [row] = ledger.installations.rows.values();
    assert.ok(row);
    await slack.adapter.stop();
    ledger.installations.rows.set(row.id, { ...row, data: row.data.replace('v1.k1.', 'v1.k0.') });

    await slack.start();
    const said = acme.say({ text: 'hello', mention: true });

    assert.match(slack.adapter.health().detail, /1 that no key in PARLEY_ENCRYPTION_KEYS opens/);
    assert.ok(slack.log.lines.some(({ message }) => message.startsWith('slack installation cannot be read')));
    await slack.install(acme);
    slack.emulator.retryPending();
    assert.equal(await said.acknowledged, true);
  });
});
