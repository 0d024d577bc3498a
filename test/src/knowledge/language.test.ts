import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { detectLanguage } from '../../../src/knowledge/language.ts';
import { stemOf, toWords } from '../../../src/knowledge/words.ts';

const questions = {
  en: ['How do I connect Slack?', 'Which scopes does it need?', 'What happens when the process dies?'],
  de: ['Wie verbinde ich Slack?', 'Was passiert, wenn der Prozess stirbt?', 'Kann ich das auch ohne Schlüssel benutzen?'],
  fr: ['Comment connecter Slack ?', "Qu'est-ce que Parley ?", 'Où sont mes données ?'],
  es: ['¿Cómo conecto Discord?', '¿Qué pasa cuando se cae el proceso?', 'Necesito una clave para eso'],
  it: ['Come collego Slack?', 'Che cosa succede quando il processo muore?', 'Dove sono i miei dati?'],
  pt: ['Como é que eu ligo o Slack?', 'O que acontece quando o processo morre?', 'Onde estão os meus dados?'],
  nl: ['Hoe verbind ik Discord?', 'Wat gebeurt er als het proces stopt?', 'Waar zijn mijn gegevens?'],
};

test('tells seven languages apart by the grammatical words of a short question', () => {
  const found = Object.entries(questions).map(([language, list]) => [language, list.map(detectLanguage)]);

  assert.deepEqual(
    found,
    Object.keys(questions).map((language) => [language, [language, language, language]]),
  );
});

test('does not guess where no word tells', () => {
  const found = ['Slack', 'SLACK_BOT_TOKEN', '404', '', '日本語'].map(detectLanguage);

  assert.deepEqual(found, [undefined, undefined, undefined, undefined, undefined]);
});

test('reads words as the index does: folded, without punctuation, and of scripts without spaces pairs or words of a dictionary', () => {
  assert.deepEqual(toWords('Wie heißt SLACK_BOT_TOKEN, Crème-Café?'), ['wie', 'heißt', 'slack', 'bot', 'token', 'creme', 'cafe']);
  assert.deepEqual(toWords('Slackを接続する'), ['slack', 'を', '接続', 'する']);
  assert.deepEqual(toWords('退货政策'), ['退货', '货政', '政策']);
  assert.deepEqual(toWords('ﾊﾟｽＡ１'), ['パス', 'a1']);
  assert.deepEqual(toWords('ลืมรหัสผ่าน'), ['ลม', 'รหส', 'ผาน']);
});

test('gives the forms of a word a common beginning', () => {
  const stems = (language: string, ...words: string[]) => new Set(words.map((word) => stemOf(word, language))).size;

  assert.equal(stems('en', 'connect', 'connects', 'connected', 'connecting', 'connection', 'connections'), 1);
  assert.equal(stems('en', 'verify', 'verifies', 'verified', 'verification'), 1);
  assert.equal(stems('de', 'verbinden', 'verbinde', 'verbindung', 'verbindungen', 'verbindet'), 1);
  assert.equal(stemOf('bus', 'en'), 'bus');
  assert.equal(stemOf('http2s', 'en'), 'http2s');
});

test('a stem is never empty and always begins its word', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
      fc.constantFrom(...Object.keys(questions)),
      (text, language) => {
        for (const word of toWords(text)) assert.ok(stemOf(word, language) !== '' && word.startsWith(stemOf(word, language)));
      },
    ),
  );
});
