import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SecretBoxError } from '../../src/errors.ts';
import { createSecretBox, findKeyProblem } from '../../src/secret-box.ts';

const keyOf = (id: string, fill: number): string => `${id}:${Buffer.alloc(32, fill).toString('base64')}`;
const context = 'slack T1';
const secret = 'xoxb-not-a-real-token';

describe('a secret box', () => {
  test('gives back what was sealed, and shows nothing of it', () => {
    const box = createSecretBox(keyOf('k1', 1));

    const sealed = box.seal(secret, context);

    assert.equal(box.open(sealed, context), secret);
    assert.match(sealed, /^v1\.k1\.[\w-]+$/);
    assert.ok(!sealed.includes(secret) && !Buffer.from(sealed.split('.')[2] ?? '', 'base64url').includes(secret));
    assert.notEqual(box.seal(secret, context), sealed, 'the same text twice does not show as such');
  });

  test('opens nothing that belongs elsewhere', () => {
    const box = createSecretBox(keyOf('k1', 1));

    const sealed = box.seal(secret, context);

    assert.throws(() => box.open(sealed, 'slack T2'), SecretBoxError);
  });

  test('opens nothing in which a single character differs', () => {
    const box = createSecretBox(`${keyOf('k1', 1)},${keyOf('k2', 2)}`);
    const sealed = box.seal(secret, context);

    for (let at = 0; at < sealed.length - 1; at += 1) {
      const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
      assert.throws(() => box.open(changed, context), SecretBoxError, `character ${at}`);
    }
    for (const broken of ['', 'v1', 'v1.k1', 'v1.k1.', 'v1.k1.AAAA', `${sealed}.x`, 'v2.k1.AAAA', sealed.replace('k1', 'k2')]) {
      assert.throws(() => box.open(broken, context), SecretBoxError, broken);
    }
  });

  test('opens with every key and seals with the first, so that keys can be changed', () => {
    const old = createSecretBox(keyOf('k1', 1));
    const sealed = old.seal(secret, context);
    const both = createSecretBox(`${keyOf('k2', 2)}, ${keyOf('k1', 1)}`);

    assert.equal(both.open(sealed, context), secret);
    assert.equal(both.isCurrent(sealed), false);
    const anew = both.seal(secret, context);
    assert.equal(both.isCurrent(anew), true);
    assert.equal(createSecretBox(keyOf('k2', 2)).open(anew, context), secret);
    assert.throws(() => old.open(anew, context), /sealed with the key k2, which is not among the keys/);
  });

  test('says that a key has kept its id but not its bytes', () => {
    const sealed = createSecretBox(keyOf('k1', 1)).seal(secret, context);

    assert.throws(() => createSecretBox(keyOf('k1', 9)).open(sealed, context), /another key than the one it was sealed with/);
  });
});

describe('keys', () => {
  const short = Buffer.alloc(16, 7).toString('base64');
  const wrong = [
    '',
    ' , ',
    'k1',
    `k1:${short}`,
    keyOf('', 1),
    keyOf('a b', 1),
    `${keyOf('k1', 1)},${keyOf('k1', 2)}`,
    `k1:${short}${short}`,
  ];

  test('that are wrong are refused without being repeated', () => {
    for (const keys of wrong) {
      const problem = findKeyProblem(keys);
      assert.match(problem ?? '', /openssl rand|two keys with the id k1/, keys);
      assert.ok(!problem?.includes(short));
      assert.throws(() => createSecretBox(keys), SecretBoxError);
    }
  });

  test('may come without padding', () => {
    assert.equal(findKeyProblem(keyOf('k1', 1).replace('=', '')), undefined);
  });
});
