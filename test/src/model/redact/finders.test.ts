import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRedactor } from '../../../../src/model/redact/redactor.ts';
import { redactedKinds, type RedactedKind } from '../../../../src/redacted-kinds.ts';

function foundIn(text: string, kinds: readonly RedactedKind[] = redactedKinds): readonly string[] {
  return createRedactor({ kinds, patterns: {} })(text).map(({ start, end, label }) => `${label} ${text.slice(start, end)}`);
}

/** Put together here, so that no scanner takes them for real ones. */
const keys = [
  ['sk-proj', 'a1B2'.repeat(8)].join('-'),
  ['ghp', 'a1B2'.repeat(9)].join('_'),
  ['xoxb', '123456789012', 'abcDEF'].join('-'),
  ['AKIA', 'ABCD1234EFGH5678'].join(''),
  ['sk_live', 'a1B2'.repeat(5)].join('_'),
  [`eyJ${'hbGci'.repeat(3)}`, `eyJ${'zdWIi'.repeat(3)}`, 'c2ln'.repeat(4)].join('.'),
];

const found: readonly (readonly [text: string, ...values: string[]])[] = [
  ['mail a.b+c@shop.example.org, or <x@y.de>.', 'EMAIL a.b+c@shop.example.org', 'EMAIL x@y.de'],
  ['**bob@example.com** https://x.test/?to=joe%40example.com&a=b', 'EMAIL bob@example.com', 'EMAIL joe%40example.com'],
  [
    'ｊｏｅ＠ｅｘａｍｐｌｅ．ｃｏｍ jo\u200be@exa\u00admple.com',
    'EMAIL ｊｏｅ＠ｅｘａｍｐｌｅ．ｃｏｍ',
    'EMAIL jo\u200be@exa\u00admple.com',
  ],
  [
    String.raw`{"to":"joe\u0040example.com","text":"call\n+49 30 1234567"}`,
    String.raw`EMAIL joe\u0040example.com`,
    'PHONE +49 30 1234567',
  ],
  ['+49 (0)30 123-456 or +1 (212) 555-0199', 'PHONE +49 (0)30 123-456', 'PHONE +1 (212) 555-0199'],
  ['(212) 555-0123, 212.555.0124, 1-212-555-0125', 'PHONE (212) 555-0123', 'PHONE 212.555.0124', 'PHONE 1-212-555-0125'],
  ['030 1234567 0171/1234567 01712345678', 'PHONE 030 1234567', 'PHONE 0171/1234567', 'PHONE 01712345678'],
  ['01 23 45 67 89; 020 7946 0958; 0049 30 123456', 'PHONE 01 23 45 67 89', 'PHONE 020 7946 0958', 'PHONE 0049 30 123456'],
  ['on 02.03.2026 0171-123456; Tel.: 5551234', 'PHONE 0171-123456', 'PHONE 5551234'],
  ['+４９ ３０ １２３４５６７, +٤٩ ٣٠ ١٢٣٤٥٦٧', 'PHONE +４９ ３０ １２３４５６７', 'PHONE +٤٩ ٣٠ ١٢٣٤٥٦٧'],
  ['4111 1111 1111 1111, 378282246310005', 'CARD 4111 1111 1111 1111', 'CARD 378282246310005'],
  ['order 12345 5555-5555-5555-4444 12/27', 'CARD 5555-5555-5555-4444'],
  ['4\u200b1\u200b1\u200b1 1111\u00a01111 1111', 'CARD 4\u200b1\u200b1\u200b1 1111\u00a01111 1111'],
  ['IBAN: DE89 3704 0044 0532 0130 00 please', 'IBAN DE89 3704 0044 0532 0130 00'],
  ['gb82west12345698765432', 'IBAN gb82west12345698765432'],
  ['from 192.168.0.1 and 2001:db8::1', 'IP 192.168.0.1', 'IP 2001:db8::1'],
  ['SSN 123-45-6789, tax 86095742719', 'NATIONAL_ID 123-45-6789', 'NATIONAL_ID 86095742719'],
  ['44051401359 529.982.247-25', 'NATIONAL_ID 44051401359', 'NATIONAL_ID 529.982.247-25'],
  [
    '756.9217.0769.85 12345678Z AB 12 34 56 C',
    'NATIONAL_ID 756.9217.0769.85',
    'NATIONAL_ID 12345678Z',
    'NATIONAL_ID AB 12 34 56 C',
  ],
  ['1 84 12 76 451 000 38', 'NATIONAL_ID 1 84 12 76 451 000 38'],
  ['password: hunter2, DB_PASSWORD=foo123', 'SECRET hunter2', 'SECRET foo123'],
  ['{"password":"two words"} my password is hunter2!', 'SECRET two words', 'SECRET hunter2!'],
  ['Authorization: Bearer abcdefghij0123456789', 'SECRET abcdefghij0123456789'],
  ['postgres://parley:pa55@db.internal/x', 'SECRET pa55@db.internal'],
  ...keys.map((key) => [`key ${key}.`, `SECRET ${key}`] as const),
  [
    '-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- x',
    'SECRET -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----',
  ],
  ['-----BEGIN PRIVATE KEY-----\nMII and no end', 'SECRET -----BEGIN PRIVATE KEY-----\nMII and no end'],
];

const innocent = [
  'order 1234567890 of 24.12.2026 10:30, invoice 2026-0012345',
  '2026-01-02 12345, 01/02/2026 12:30, ticket 00012345678',
  '1.299,00 EUR, $12.50, 1,234,567.89 and 1700000000000 ms',
  '4111111111111112 and 1234567890123456',
  'DE88370400440532013000',
  '@here see a@b and name@',
  'version 1.2.3.4.5 at 12:30:45, 999.1.1.1',
  '000-12-3456, 86095742718, 12345678A',
  'the password is wrong, a secret garden, 10 tokens',
  'PO-2024-0012345 and SKU 44-12-9',
  '',
];

describe('what is taken out', () => {
  for (const [text, ...values] of found) {
    test(JSON.stringify(text.slice(0, 60)), () => assert.deepEqual(foundIn(text), values));
  }

  for (const text of innocent) test(`stays: ${JSON.stringify(text)}`, () => assert.deepEqual(foundIn(text), []));

  test('is what was asked for, and nothing else', () => {
    assert.deepEqual(foundIn('a@example.com, +49 30 1234567', ['phone']), ['PHONE +49 30 1234567']);
  });

  test('goes by the patterns of the operator first, and is one piece where two overlap', () => {
    const find = createRedactor({ kinds: ['email'], patterns: { customer: 'K-\\d+ \\w+' } });
    const text = 'K-12 joe@example.com and K-7 x';

    const values = find(text).map(({ start, end, label }) => `${label} ${text.slice(start, end)}`);

    assert.deepEqual(values, ['CUSTOMER K-12 joe@example.com', 'CUSTOMER K-7 x']);
  });

  test('takes no longer for texts that are made to stop it', { timeout: 60_000 }, () => {
    const pieces = [
      '1 ',
      '4',
      'a',
      '@',
      'a@a.',
      'eyJ',
      'sk-',
      'DE89 ',
      'password: ',
      '-----BEGIN PRIVATE KEY-----',
      '1:',
      '1.',
      '://a:',
      '中',
      '\\u0031',
    ];
    for (const piece of pieces) assert.ok(foundIn(piece.repeat(200_000 / piece.length)).length >= 0, piece);
  });
});
