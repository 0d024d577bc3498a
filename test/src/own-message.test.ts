import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMark, findMarks, isPartOf, isTelling, toBare } from '../../src/own-message.ts';

const id = 'k7m2p4qa0z9y8x7w6v5u4t3s';

for (const style of ['visible', 'invisible'] as const) {
  test(`a ${style} mark is found again, and leaves nothing behind`, () => {
    const marked = addMark('Try a new bulb.', id, style);

    assert.deepEqual(findMarks(`> ${marked}\n\nthanks`), [id]);
    assert.equal(toBare(marked), 'Try a new bulb.');
    assert.equal(/[a-z0-9]{24}/.test(marked), style === 'visible');
  });
}

test('what looks like a mark and is none is not one, and many of them are not all looked for', () => {
  const broken = `[parley:short] [parley:${id}x] \u2063${'\u200C'.repeat(144)}\u2063 \u2063\u200B\u2063`;

  assert.deepEqual(findMarks(broken), []);
  assert.equal(findMarks(`[parley:${id}]`.repeat(1_000)).length, 4);
});

test('letters and digits count, and not how they are set', () => {
  assert.ok(isPartOf('<p>Try&nbsp;a <b>new</b> bulb</p>', 'First: Try a **new** bulb.'));
  assert.ok(!isPartOf('Try a new bulb? Why?', 'Try a **new** bulb.'));
  assert.ok(!isPartOf('?!', 'Try a **new** bulb.'), 'nothing is no part of it');
});

test('a short text tells nothing about who wrote it', () => {
  assert.ok(!isTelling('It is done, thank you.'));
  assert.ok(!isTelling('.'.repeat(100)));
  assert.ok(isTelling('It is done, and it should be with you tomorrow.'));
});
