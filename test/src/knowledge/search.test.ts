import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { chunkDocument } from '../../../src/knowledge/chunk.ts';
import { createKnowledgeSearch, type Finding, type PassageQuery } from '../../../src/knowledge/search.ts';
import { documentOf, openFolderKnowledge, openKnowledgeStore } from './open-knowledge-store.ts';

interface Library extends AsyncDisposable {
  search(query: PassageQuery): Promise<readonly Finding[]>;
}

async function openLibrary(documents: Readonly<Record<string, string>>): Promise<Library> {
  const store = openKnowledgeStore();
  for (const [source, content] of Object.entries(documents)) {
    await store.putDocument(documentOf(source), chunkDocument(source, content).passages);
  }
  return { search: createKnowledgeSearch(store), [Symbol.asyncDispose]: () => store.close() };
}

const shop = {
  'returns.md':
    '# Returns\n\nSend the parcel back within thirty days.\n\n## Refunds\n\nThe money is refunded once the parcel has arrived.\n',
  'shipping.md': '# Shipping\n\nWe ship on working days.\n\n## Cost\n\nShipping costs five euros. From fifty euros it is free.\n',
  'cafe.md': '# Café\n\nOur café opens at nine. Crème brûlée is on the menu.\n',
};

test('finds the passage whose heading says what is asked', async () => {
  await using library = await openLibrary(shop);

  const [best] = await library.search({ question: 'What does shipping cost?' });

  assert.equal(best?.heading, 'Shipping › Cost');
  assert.equal(best?.excerpt, 'Shipping costs five euros. From fifty euros it is free.');
});

test('finds other forms of a word, and words without their diacritics', async () => {
  await using library = await openLibrary(shop);

  const refunding = await library.search({ question: 'Are you refunding?' });
  const creme = await library.search({ question: 'creme brulee?' });

  assert.equal(refunding[0]?.heading, 'Returns › Refunds');
  assert.equal(creme[0]?.source, 'cafe.md');
});

test('finds names of settings by their parts', async () => {
  await using library = await openLibrary({ 'a.md': '# Tokens\n\nSet `SLACK_BOT_TOKEN` in the environment.\n', ...shop });

  const [best] = await library.search({ question: 'where do I put SLACK_BOT_TOKEN' });

  assert.equal(best?.source, 'a.md');
});

test('finds nothing where only grammar or a single word of many is shared', async () => {
  await using library = await openLibrary(shop);

  const grammar = await library.search({ question: 'What is it and where do we have it?' });
  const other = await library.search({ question: 'Which planets orbit the sun within a thousand days?' });

  assert.deepEqual([grammar, other], [[], []]);
});

test('understands a follow-up from what was asked before, and lets the new question weigh more', async () => {
  await using library = await openLibrary({
    'slack.md': '# Slack\n\nHow Slack is connected.\n\n## Test\n\nMention the bot.\n',
    'discord.md': '# Discord\n\nHow Discord is connected.\n\n## Test\n\nWrite to the bot.\n',
  });

  const slack = await library.search({ question: 'How do I test it?', context: ['How do I connect Slack?'] });
  const discord = await library.search({ question: 'How do I test it?', context: ['How do I connect Discord?'] });
  const changed = await library.search({ question: 'And Discord?', context: ['How do I connect Slack?'] });

  assert.deepEqual(
    [slack, discord, changed].map(([best]) => [best?.source, best?.heading]),
    [
      ['slack.md', 'Slack › Test'],
      ['discord.md', 'Discord › Test'],
      ['discord.md', 'Discord'],
    ],
  );
});

test('answers a question without words of its own with what has not been quoted yet', async () => {
  await using library = await openLibrary(shop);
  const context = ['What about returns?'];

  const [next] = await library.search({ question: 'And then?', context, quoted: [{ source: 'returns.md', heading: 'Returns' }] });

  assert.equal(next?.heading, 'Returns › Refunds');
});

test('prefers a passage in the language of the question', async () => {
  const documents = {
    'a.md': '# Parley\n\nThe bot of the team that runs it.\n',
    'b.md': '# Parley\n\nDer Bot, den ein Team für sich betreibt.\n',
  };
  await using library = await openLibrary(documents);

  const english = await library.search({ question: 'What is Parley?' });
  const german = await library.search({ question: 'Wer oder was ist denn Parley?' });

  assert.deepEqual([english[0]?.source, german[0]?.source], ['a.md', 'b.md']);
});

test('quotes the part of a long passage that answers, with what announces it', async () => {
  const filler = 'This paragraph is about something else entirely and goes on for a while. '.repeat(6).trim();
  const content = `# Guide\n\n${filler}\n\n${filler}\n\nTo calibrate the sensor:\n\n1. Switch it off.\n2. Press the button.\n`;
  await using library = await openLibrary({ 'a.md': content });

  const [best] = await library.search({ question: 'How do I calibrate the sensor?' });

  assert.equal(best?.excerpt, 'To calibrate the sensor:\n\n1. Switch it off.\n2. Press the button.');
});

test('quotes the sentences around the best one from a paragraph that is too long', async () => {
  const sentences = Array.from(
    { length: 20 },
    (_, index) => `Sentence number ${index} says that nothing of interest happens here.`,
  );
  sentences[10] = 'The gearbox takes two litres of oil.';
  await using library = await openLibrary({ 'a.md': `# Manual\n\n${sentences.join(' ')}\n` });

  const [best] = await library.search({ question: 'How much oil does the gearbox take?' });

  assert.match(best?.excerpt ?? '', /The gearbox takes two litres of oil\./);
  assert.ok((best?.excerpt.length ?? 0) <= 500);
});

test('takes whatever people write for words, never for search syntax', async () => {
  await using library = await openLibrary(shop);
  const hostile = [
    `'; drop table passage; --`,
    '" OR NOT (',
    'NEAR(a b, 2)',
    'heading: x',
    '*',
    '^a -b +c',
    'a AND',
    '\u0000',
    '\ud800',
    '"""',
    'shipping*',
    '{a b}: c',
  ];

  for (const question of hostile) await library.search({ question });

  const [best] = await library.search({ question: 'shipping" OR "' });
  assert.equal(best?.source, 'shipping.md');
});

test('never fails, whatever the question and what was said before', async () => {
  await using library = await openLibrary(shop);
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 200 }), fc.lorem());

  await fc.assert(
    fc.asyncProperty(text, fc.array(text, { maxLength: 5 }), async (question, context) => {
      const found = await library.search({ question, context });

      assert.ok(found.every(({ excerpt, score }) => excerpt !== '' && score > 0));
    }),
    { numRuns: 300 },
  );
});

test('is bounded for a question as long as a book', async () => {
  await using library = await openLibrary(shop);
  const startedAt = performance.now();

  await library.search({ question: 'shipping cost '.repeat(100_000), context: ['x'.repeat(1_000_000)] });

  assert.ok(performance.now() - startedAt < 10_000);
});

const shipped: Readonly<Record<string, string>> = {
  'How do I connect Slack?': 'Connect Slack',
  'Which scopes does the Slack bot need?': 'Connect Slack › Scopes',
  'Do I need a public URL for Slack?': 'Connect Slack › Socket Mode or HTTP',
  'What permissions does the Discord bot need?': 'Connect Discord › Permissions',
  'What is error 4014?': 'Troubleshooting › The bot does not answer on Discord',
  'How are webhooks signed?': 'Webhooks › How webhooks are signed and verified',
  'How do I get the answer to a webhook?': 'Webhooks › How an answer comes back',
  'What does status 409 mean?': 'Webhooks › Status codes of a refused webhook',
  'How do I use Ollama?': 'AI model › Models on your own machine',
  'How do I change the model?': 'AI model',
  'Can you answer from my own documents?': 'AI model › Answers from your own documents',
  'What does it cost?': 'What Parley is › Licence and cost',
  'How do I back it up?': 'What Parley is › Data and backup',
  'How do I change the port?': 'Configuration › Port and address',
  'Can a message be lost?': 'Reliability › No lost messages',
  'What is a dead letter?': 'Reliability › Dead letters',
  'The bot does not answer in Slack': 'Troubleshooting › The bot does not answer in Slack',
  'How do I make it forget everything?': 'Commands › In a chat',
  'Wo liegen meine Daten?': 'Parley auf Deutsch › Datenschutz',
  'Wie richte ich Discord ein?': 'Parley auf Deutsch › Discord verbinden',
  'Comment connecter Slack ?': 'Connect Slack',
  '¿Cómo conecto Discord?': 'Connect Discord',
};

const elsewhere = [
  'What is the capital of France?',
  'Who won the football world cup?',
  'Write me a poem about the sea',
  'How do I install Kubernetes?',
  'How old is the universe?',
  'Wie wird das Wetter morgen?',
];

test('answers what a newcomer asks from the documents that come with Parley, and nothing else', async () => {
  await using store = { ...openKnowledgeStore(), [Symbol.asyncDispose]: () => store.close() };
  const knowledge = await openFolderKnowledge(fileURLToPath(new URL('../../../knowledge', import.meta.url)), store);

  const headings: Record<string, string | undefined> = {};
  for (const question of [...Object.keys(shipped), ...elsewhere])
    headings[question] = (await knowledge.search({ question }))[0]?.heading;

  assert.deepEqual(headings, { ...shipped, ...Object.fromEntries(elsewhere.map((question) => [question, undefined])) });
});
