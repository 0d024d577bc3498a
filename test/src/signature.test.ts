import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { createVerifier, signRequest, signStandard } from '../../src/signature.ts';
import type { HmacVerification, Verification } from '../../src/signature.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const otherSecret = 'whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldA==';
const now = Date.UTC(2026, 10, 23, 12, 0, 0, 437);
const body = Buffer.from('{"text":"grüß dich"}');

function vendorHeaders(at: number, using = secret): Record<string, string> {
  const signature = new Webhook(using).sign('msg_1', new Date(at), body);
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': String(Math.floor(at / 1000)), 'webhook-signature': signature };
}

const github: HmacVerification = {
  scheme: 'hmac',
  secrets: ["It's a Secret to Everybody"],
  header: 'X-Hub-Signature-256',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: 'sha256=',
};

const slackLike: HmacVerification = {
  ...github,
  secrets: ['8f742231b10e8888abcd99yyyzzz85a5'],
  header: 'x-slack-signature',
  prefix: 'v0=',
  signed: 'v0:{timestamp}:{body}',
  timestampHeader: 'X-Slack-Request-Timestamp',
};

test('accepts what the standardwebhooks package signs, and says what was signed', () => {
  const verify = createVerifier({ scheme: 'standard', secrets: [secret] });

  const result = verify({ headers: vendorHeaders(now), body, now });

  assert.deepEqual(result, { ok: true, id: 'msg_1', timestampMs: Math.floor(now / 1000) * 1000 });
});

test('signs so that the standardwebhooks package accepts it', () => {
  const at = Date.now();
  const headers = signStandard({ id: 'msg_2', body, now: at }, [otherSecret, secret]);

  for (const each of [secret, otherSecret]) assert.deepEqual(new Webhook(each).verify(body, headers), { text: 'grüß dich' });
});

test('accepts any of several secrets, and any of several signatures, so that a secret can be exchanged without a gap', () => {
  const verify = createVerifier({ scheme: 'standard', secrets: [otherSecret, secret] });
  const headers = vendorHeaders(now);
  const several = { ...headers, 'webhook-signature': `v1a,AAAA v1,${'A'.repeat(44)} ${headers['webhook-signature']}` };

  assert.equal(verify({ headers: several, body, now }).ok, true);
  assert.equal(verify({ headers: vendorHeaders(now, otherSecret), body, now }).ok, true);
});

test('tells missing, stale, future and wrong signatures apart', () => {
  const verify = createVerifier({ scheme: 'standard', secrets: [secret] });
  const good = vendorHeaders(now);
  const cases: [string, Record<string, string | undefined>, string][] = [
    ['no signature', { ...good, 'webhook-signature': undefined }, 'missing'],
    ['no id', { ...good, 'webhook-id': undefined }, 'missing'],
    ['an endless id', { ...good, 'webhook-id': 'x'.repeat(257) }, 'missing'],
    ['no timestamp', { ...good, 'webhook-timestamp': undefined }, 'missing'],
    ['a timestamp in words', { ...good, 'webhook-timestamp': 'yesterday' }, 'missing'],
    ['a negative timestamp', { ...good, 'webhook-timestamp': '-5' }, 'missing'],
    ['301 s old', vendorHeaders(now - 301_000), 'stale'],
    ['301 s ahead', vendorHeaders(now + 301_000), 'future'],
    ['another secret', vendorHeaders(now, otherSecret), 'mismatch'],
    ['another id', { ...good, 'webhook-id': 'msg_2' }, 'mismatch'],
    ['another timestamp', { ...good, 'webhook-timestamp': String(Math.floor(now / 1000) - 1) }, 'mismatch'],
    ['another version', { ...good, 'webhook-signature': good['webhook-signature']?.replace('v1,', 'v2,') }, 'mismatch'],
    ['a short signature', { ...good, 'webhook-signature': good['webhook-signature']?.slice(0, -2) }, 'mismatch'],
    ['an empty signature', { ...good, 'webhook-signature': 'v1,' }, 'mismatch'],
  ];

  for (const [name, headers, reason] of cases) assert.deepEqual(verify({ headers, body, now }), { ok: false, reason }, name);
});

test('accepts timestamps up to the tolerance, either way', () => {
  const verify = createVerifier({ scheme: 'standard', secrets: [secret] });

  for (const offset of [-300_000, -299_000, 0, 299_000])
    assert.equal(verify({ headers: vendorHeaders(now + offset), body, now }).ok, true, String(offset));
});

test('trusts nothing when there is no secret', () => {
  for (const scheme of ['standard', 'bearer'] as const) {
    const verify = createVerifier({ scheme, secrets: [] });

    assert.deepEqual(verify({ headers: { ...vendorHeaders(now), authorization: 'Bearer ' }, body, now }), {
      ok: false,
      reason: 'unconfigured',
    });
  }
});

test("accepts GitHub's published example", () => {
  const verify = createVerifier(github);
  const headers = { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' };

  assert.deepEqual(verify({ headers, body: Buffer.from('Hello, World!'), now }), { ok: true });
  assert.equal(verify({ headers, body: Buffer.from('Hello, World?'), now }).ok, false);
});

test("accepts Slack's published example within its time, and neither before nor after", () => {
  const verify = createVerifier(slackLike);
  const slackBody = Buffer.from(
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar' +
      '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands' +
      '%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  );
  const headers = {
    'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    'x-slack-request-timestamp': '1531420618',
  };
  const at = 1_531_420_618_000;

  assert.deepEqual(verify({ headers, body: slackBody, now: at }), { ok: true, timestampMs: at });
  assert.deepEqual(verify({ headers, body: slackBody, now: at + 301_000 }), { ok: false, reason: 'stale' });
  assert.deepEqual(verify({ headers, body: slackBody, now: at - 301_000 }), { ok: false, reason: 'future' });
});

test('finds one signature among several, and takes hexadecimal in either case', () => {
  const verify = createVerifier({ ...github, header: 'x-pagerduty-signature', prefix: 'v1=', secrets: ['old', 'new'] });
  const hex = createHmac('sha256', 'new').update(body).digest('hex');

  for (const value of [`v1=${'0'.repeat(64)},v1=${hex}`, `v1=${hex.toUpperCase()} v1=00`]) {
    assert.equal(verify({ headers: { 'x-pagerduty-signature': value }, body, now }).ok, true, value);
  }
  assert.equal(verify({ headers: { 'x-pagerduty-signature': `v1=${hex}00` }, body, now }).ok, false);
  assert.equal(verify({ headers: { 'x-pagerduty-signature': hex }, body, now }).ok, false);
});

test('reads base64 with padding and without, and timestamps in milliseconds', () => {
  const verification: HmacVerification = {
    ...slackLike,
    algorithm: 'sha1',
    encoding: 'base64',
    prefix: undefined,
    signed: '{timestamp}{body}',
    timestampUnit: 'ms',
  };
  const verify = createVerifier(verification);
  const headers = signRequest(verification, { id: 'm', body, now });
  const bare = { ...headers, 'x-slack-signature': headers['x-slack-signature']?.replaceAll('=', '') };

  assert.deepEqual(verify({ headers, body, now }), { ok: true, timestampMs: now });
  assert.deepEqual(verify({ headers: bare, body, now }), { ok: true, timestampMs: now });
});

test('accepts the right bearer token only', () => {
  const verify = createVerifier({ scheme: 'bearer', secrets: ['first-token', 'second-token'] });

  const results = [
    'Bearer first-token',
    'bearer second-token',
    'Bearer first-toke',
    'Bearer first-token x',
    'Basic first-token',
    'first-token',
    '',
  ].map((authorization) => verify({ headers: { authorization }, body, now }).ok);

  assert.deepEqual(results, [true, true, false, false, false, false, false]);
});

test('says what is wrong with a verification, and never quotes a secret', () => {
  const broken: Verification[] = [
    { scheme: 'standard', secrets: ['whsec_not base64!'] },
    { scheme: 'standard', secrets: ['whsec_'] },
    { scheme: 'bearer', secrets: ['fine', ' '] },
    { ...github, signed: '{timestamp}' },
    { ...github, signed: '{timestamp}.{body}' },
    { ...github, signed: '{query}{body}' },
    { ...github, timestampHeader: 'x-time' },
  ];

  for (const verification of broken) {
    assert.throws(
      () => createVerifier(verification),
      (error) => error instanceof TypeError && !error.message.includes('not base64!') && !error.message.includes('Everybody'),
    );
  }
});

test('signs for every scheme what its own check accepts, and nothing else passes', () => {
  const verifications: Verification[] = [
    { scheme: 'standard', secrets: [secret] },
    github,
    slackLike,
    { ...slackLike, algorithm: 'sha512', encoding: 'base64', prefix: 'v1,', timestampUnit: 'ms' },
  ];

  for (const verification of verifications) {
    const verify = createVerifier(verification);
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.uint8Array(),
        fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }),
        (sent, other, id) => {
          const headers = signRequest(verification, { id, body: sent, now });

          assert.equal(verify({ headers, body: sent, now }).ok, true);
          assert.equal(verify({ headers, body: other, now }).ok, Buffer.from(sent).equals(other));
        },
      ),
      { numRuns: 100 },
    );
  }
});

test('never throws, whatever the headers hold', () => {
  const verifies = [
    createVerifier({ scheme: 'standard', secrets: [secret] }),
    createVerifier(slackLike),
    createVerifier({ scheme: 'bearer', secrets: ['t'] }),
  ];
  const value = fc.oneof(fc.string(), fc.constant(undefined), fc.array(fc.string()));
  const names = [
    'webhook-id',
    'webhook-timestamp',
    'webhook-signature',
    'x-slack-signature',
    'x-slack-request-timestamp',
    'authorization',
  ];

  fc.assert(
    fc.property(fc.tuple(...names.map(() => value)), (values) => {
      const headers = Object.fromEntries(names.map((name, index) => [name, values[index]]));
      return verifies.every((verify) => !verify({ headers, body, now }).ok);
    }),
    { numRuns: 500 },
  );
});
