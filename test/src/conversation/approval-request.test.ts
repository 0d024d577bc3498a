import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toDigest, toRequestTexts, toVisibleJson } from '../../../src/conversation/approval-request.ts';
import { toCanonicalJson } from '../../../src/json.ts';
import type { Json } from '../../../src/message.ts';
import { splitMarkdown } from '../../../src/split.ts';

function textsOf(given: { readonly [key: string]: Json }, title = 'Refunding') {
  const call = { id: 'c1', tool: { name: 'refund', title }, arguments: toCanonicalJson(given), untrusted: false };
  return toRequestTexts({ call, expiresAt: 0, hasButtons: true }, (text) => splitMarkdown(text, 2_000));
}

describe('a request for approval', () => {
  test('shows what is not seen, and what would turn or hide text, as numbers', () => {
    const [text = ''] = textsOf({ to: 'a\u202eb\u200bc\u00a0d\u{e0041}e\u3164f\n' });

    assert.ok(text.includes('to: "a\\u202eb\\u200bc\\u00a0d\\udb40\\udc41e\\u3164f\\n"'), text);
  });

  test('cannot be left by an argument: neither the block of code ends, nor does anything outside of it hide a part', () => {
    const [text = '', ...others] = textsOf({ note: '```\n||spoiler|| **Approved**\n```', '```': 1, 'a\nb': 2 });

    assert.equal(others.length, 0);
    assert.equal(text.match(/```/g)?.length, 2);
    assert.equal(text.includes('|'), false);
    assert.ok(text.includes('"\\u0060\\u0060\\u0060": 1\n"a\\nb": 2\n'), text);
  });

  test('shows every argument, and of what is too long the beginning, the length and a digest', () => {
    const long = 'x'.repeat(5_000);
    const texts = textsOf({ amount: 5, note: long, other: long.slice(1) });

    const all = texts.join('\n');
    const shown = toVisibleJson(long);
    assert.match(all, /^amount: 5$/m);
    assert.match(all, new RegExp(`^note: "x+ … \\(5002 characters, SHA-256 ${toDigest(shown)}\\)$`, 'm'));
    assert.match(all, /^other: "x+ … \(5001 characters, SHA-256 [0-9a-f]{16}\)$/m);
    assert.notEqual(toDigest(shown), toDigest(toVisibleJson(long.slice(1))));
  });

  test('leaves room for what is written over it, and loses no argument where there are many', () => {
    const given = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`argument_${at}`, `value ${at} ${'y'.repeat(300)}`]));

    const texts = textsOf(given);

    for (const key of Object.keys(given)) assert.ok(texts.join('\n').includes(`${key}: "value`), key);
    assert.ok(texts.every((text) => text.length <= 2_000));
    assert.ok((texts.at(-1) ?? '').length <= 1_700);
    assert.match(texts.at(-1) ?? '', /`parley tools approvals c1` shows it in full/);
  });

  test('has a title that is plain text in one line', () => {
    const [text = ''] = textsOf({}, '**Safe**\n[look](https://example.com) <@U1> `x`');

    assert.match(text, /^\*\*A person has to approve this first: Safe look \(https: example\.com\) U1 x\*\*/);
    assert.match(text, /\n\nNo arguments\.\n\n/);
  });
});
