import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelMessage } from '../../../src/model/model.ts';
import { collect, textOf } from '../../contracts/model-contract.ts';
import { openShipped, talk } from './talk.ts';

const never = new AbortController().signal;

const conversations = [
  {
    questions: ['How do I connect Slack?', 'Which scopes does it need?'],
    answers: [
      [/`connect-slack\.md` › Connect Slack$/m, /SLACK_BOT_TOKEN/, /SLACK_APP_TOKEN/, /SLACK_SIGNING_SECRET/, /\/slack\/events/],
      [/› Connect Slack › Scopes$/m, /app_mentions:read/, /chat:write/, /im:history/, /channels:history/, /groups:history/],
    ],
  },
  {
    questions: ['How do I connect Discord?', 'Does it need a special intent?'],
    answers: [
      [/`connect-discord\.md` › Connect Discord$/m, /DISCORD_TOKEN/, /discord invite/],
      [/› Connect Discord › Message Content Intent$/m, /privileged intent/, /discord\.messageContentIntent: false/],
    ],
  },
  {
    questions: ['How are webhooks verified?', 'And what happens when one is delivered twice?'],
    answers: [
      [/› Webhooks › How webhooks are signed and verified$/m, /Standard Webhooks/, /`hmac`/, /`bearer`/, /401/],
      [/› Webhooks › When a webhook is delivered twice$/m, /answered once/, /duplicate/],
    ],
  },
];

for (const { questions, answers } of conversations) {
  test(`answers "${questions[0]}" and then "${questions[1]}" from the documents that come with Parley`, async () => {
    const { model, close } = await openShipped();

    const given = await talk(model, ...questions);
    await close();

    for (const [index, patterns] of answers.entries()) {
      for (const pattern of patterns) assert.match(given[index] ?? '', pattern);
    }
  });
}

test('answers the same follow-up by what was talked about before', async () => {
  const { model, close } = await openShipped();
  const followUps = [
    ['How do I connect Slack?', 'And how do I test it?', '› Connect Slack › Test it'],
    ['How do I connect Discord?', 'And how do I test it?', '› Connect Discord › Test it on Discord'],
    ['How are webhooks verified?', 'And how do I test it?', '› Webhooks › Send a test webhook'],
    ['How do I connect Discord?', 'Which scopes does it need?', '› Connect Discord › Scopes'],
    [
      'How reliable is Parley?',
      'And what happens when one is delivered twice?',
      '› Reliability › When an event is delivered twice',
    ],
    ['Wie verbinde ich Discord?', 'Und Slack?', '› Parley auf Deutsch › Slack verbinden'],
  ] as const;

  for (const [first, followUp, expected] of followUps) {
    const [, answer = ''] = await talk(model, first, followUp);
    assert.ok(answer.includes(`${expected}\n`), `${first} ${followUp}\n${answer}`);
  }
  await close();
});

test('keeps the subject over several follow-ups, and leaves it when another one is named', async () => {
  const { model, close } = await openShipped();

  const answers = await talk(
    model,
    'How do I connect Slack?',
    'Which scopes does it need?',
    'And how do I test it?',
    'And Discord?',
    'How do I test it?',
  );
  await close();

  const cited = answers.map((answer) => /^— `.+?` › (.+)$/m.exec(answer)?.[1]);
  assert.deepEqual(cited, [
    'Connect Slack',
    'Connect Slack › Scopes',
    'Connect Slack › Test it',
    'Connect Discord › Test it on Discord', // what was asked of Slack just before
    'Connect Discord › Test it on Discord',
  ]);
});

test('answers every question of a turn, each in the light of those before it', async () => {
  const { model, close } = await openShipped();
  const messages: ModelMessage[] = ['How do I connect Slack?', 'Which scopes does it need?', 'How do I connect Discord?'].map(
    (text) => ({ role: 'user', text }),
  );

  const answer = textOf(await collect(model, never, undefined, { system: '', messages }));
  await close();

  const cited = Array.from(answer.matchAll(/^— `.+?` › (.+)$/gm), ([, heading]) => heading);
  assert.deepEqual(cited, ['Connect Slack', 'Connect Slack › Scopes', 'Connect Discord']);
});

test('gives the same answer to the same conversation, in pieces of a few words', async () => {
  const { model, close } = await openShipped();

  const first = await collect(model, never);
  const second = await collect(model, never);
  await close();

  assert.deepEqual(first, second);
  assert.ok(first.length > 10);
});
