import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { redact, silentLog } from '../../src/log.ts';

// Put together here, so that no scanner takes them for real ones.
const secrets = [
  ['xoxb', '123456789012', 'abcdefABCDEF'].join('-'),
  ['xoxp', '123456789012', 'abcdefABCDEF'].join('-'),
  ['xapp', '1', 'A0123456789', 'abcdef'].join('-'),
  `xoxe.${['xoxb', '1', 'abcdefghij'].join('-')}`,
  ['sk', 'proj', 'abcdefghijklmnop'].join('-'),
  ['whsec', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'].join('_'),
  ['MTE4NDU2Nzg5MDEyMzQ1Njc4', 'GabcdE', 'abcdefghijklmnopqrstuvwxyz0123456789AB'].join('.'),
];

describe('redacting', () => {
  for (const secret of secrets) {
    it(`leaves nothing of a credential that looks like ${secret.slice(0, 6)}`, () => {
      for (const text of [secret, `token=${secret}`, `{"token":"${secret}"}`, `(${secret}) and ${secret}, twice`]) {
        const clean = redact(text);

        assert.ok(!clean.includes(secret.slice(-6)), clean);
        assert.ok(clean.includes('[secret]'));
      }
    });
  }

  it('leaves nothing of an Authorization header, whatever the scheme', () => {
    for (const scheme of ['Bearer', 'bearer', 'Bot', 'Basic']) {
      assert.equal(redact(`authorization: ${scheme} abcDEF123456==`), 'authorization: [secret]');
    }
  });

  it('takes out the secrets that it is told, wherever they stand', () => {
    const clean = redact('signed with hunter22-and-more by hunter22-and-more', ['hunter22-and-more']);

    assert.equal(clean, 'signed with [secret] by [secret]');
  });

  it('does not take a short setting for a secret', () => {
    assert.equal(redact('on port 8080', ['8080', '']), 'on port 8080');
  });

  it('leaves plain text as it is', () => {
    const text = 'Conversation slack:T1:C1:1700000000.000100 was answered in 12 ms, part 0 of 1 (a basic task for a bot).';

    assert.equal(redact(text), text);
  });
});

describe('the silent log', () => {
  it('takes everything and says nothing', () => {
    const log = silentLog.with({ adapter: 'slack' });

    for (const write of [log.debug, log.info, log.warn, log.error]) write('a message', { field: 1 });

    assert.equal(log, silentLog);
  });
});
