import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRuleCheck } from '../../../src/conversation/moderation-rules.ts';

function isFlagged(word: string, text: string): boolean {
  return createRuleCheck({ named: { words: [word], patterns: [] } })(text) === 'named';
}

const found: readonly (readonly [word: string, text: string, why: string])[] = [
  ['nightfall', 'Is Nightfall ready?', 'it stands by itself'],
  ['机密', '这是机密文件。', 'Chinese has no spaces between words'],
  ['社外秘', 'これは社外秘です', 'Japanese has none'],
  ['กลับบ้าน', 'ฉันกลับบ้านแล้ว', 'Thai has none'],
  ['비밀', '비밀은 없다', 'Korean puts endings on words'],
  ['nightfall', 'nightfallの件ですが', 'a word of another script ends where the script does'],
  ['Ünal', 'Herr U\u0308nal', 'a letter may be written as two characters'],
  ['U\u0308nal', 'Herr Ünal', 'the settings write a letter so'],
  ['nightfall', 'n\u0301ightfall', 'a mark that hides a letter is looked through'],
];
for (const [word, text, why] of found) {
  test(`a word is flagged where ${why}: ${word}`, () => {
    assert.equal(isFlagged(word, text), true);
  });
}

test('a part of a longer word is not flagged, whatever its script', () => {
  const parts = [isFlagged('ass', 'A classic.'), isFlagged('кот', 'который'), isFlagged('resume', 'résumé')];

  assert.deepEqual(parts, [false, false, false]);
});
