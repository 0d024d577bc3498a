import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killPlatforms } from '../kill/points.ts';
import type { ChatAnswer, ChatRequest } from '../support/openai-emulator-protocol.ts';
import { onStage, until, type Stage } from './stage.ts';

const yaml = { tools: { allow: [{ tools: ['search_knowledge'] }] } };
const quick = { delivery: { baseDelayMs: 200, maxDelaySeconds: 2, timeoutSeconds: 4 } };

/** Looks the question up, and answers with a reference to each passage, and to one that there is not. */
function answerFromDocuments(request: ChatRequest): string | ChatAnswer {
  const results = request.messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
  if ('tools' in request && results.length === 0) {
    const call = { name: 'search_knowledge', arguments: '{"question":"How long may I return goods?"}' };
    return { text: '', finishReason: 'tool_calls', calls: [call] };
  }
  const numbers = Array.from(results.join('\n').matchAll(/\[(\d+)\] \w+\.md/g), ([, number]) => number);
  return `You may return goods for thirty days [${numbers.join('][')}], at no cost [99].`;
}

async function play({ start, store, model, people }: Stage): Promise<string> {
  model.behaviour.answer = answerFromDocuments;
  await start();
  const document = { collection: 'folder', hash: 'a', title: 'Returns', fetchedAt: 1 };
  const passage = { heading: 'Returns › Goods', text: 'You may return goods for thirty days.', position: 0 };
  await store().putDocument({ ...document, source: 'web.md', url: 'https://docs.example.com/returns' }, [
    { ...passage, source: 'web.md' },
  ]);
  await store().putDocument({ ...document, source: 'paper.md' }, [{ ...passage, source: 'paper.md' }]);
  people.ask(1);
  const [conversation] = people.conversations;
  const visible = () => conversation?.talk.visible().filter(({ isGrowing }) => !isGrowing) ?? [];
  await until(() => visible().some(({ text }) => text.includes('**Sources**')), 'an answer with its sources');
  assert.equal(visible().length, 1);
  return visible()[0]?.text ?? '';
}

for (const platform of killPlatforms) {
  test(`${platform}: an answer from documents says which, with a link where there is an address`, () =>
    onStage(
      platform,
      async (stage) => {
        const text = await play(stage);

        assert.match(text, /thirty days \[1\]\[2\], at no cost\.\s/);
        assert.match(text, /\n1\. .*\n2\. .*$/);
        assert.match(text, /\n\d\. \[Returns › Goods\]\(<?https:\/\/docs\.example\.com\/returns>?\)/);
        assert.match(text, /\n\d\. Returns › Goods \(`paper\.md`\)/);
      },
      { yaml: { ...quick, ...yaml } },
    ));
}

const hostile = 'Goods](https://evil.example)\n2. [Bank](https://evil.example) <!channel> <@U1> @everyone @here \u202egnp';

for (const platform of killPlatforms) {
  test(`${platform}: a document cannot call for people, or pass itself off as another source`, () =>
    onStage(
      platform,
      async ({ start, store, model, people }) => {
        model.behaviour.answer = answerFromDocuments;
        await start();
        const document = { collection: 'folder', hash: 'a', title: hostile, fetchedAt: 1 };
        await store().putDocument({ ...document, source: 'evil.md', url: 'javascript:alert(1)' }, [
          { heading: hostile, text: 'You may return goods for thirty days.', position: 0, source: 'evil.md' },
        ]);
        people.ask(1);
        const answer = () =>
          people.conversations[0]?.talk.visible().find(({ text, isGrowing }) => !isGrowing && text.includes('**Sources**'));
        await until(() => answer() !== undefined, 'an answer with its sources');

        const [, list = ''] = answer()?.text.split('**Sources**\n') ?? [];
        assert.match(list, /^1\. Goods\)\(evil\.example\) 2\. \(Bank\).*\(`evil\.md`\)$/);
        assert.doesNotMatch(list, /<!channel|<@|@everyone|@here|\]\(|:\/\/|javascript|\u202e/);
      },
      { yaml: { ...quick, ...yaml } },
    ));
}

test('what was found for an earlier answer cannot be taken for a source of the next', () =>
  onStage(
    'slack',
    async (stage) => {
      await play(stage);
      const { model, people } = stage;

      people.ask(1);

      const isDone = () =>
        people.conversations[0]?.talk.visible().filter(({ text, isGrowing }) => !isGrowing && text.includes('**Sources**'));
      await until(() => isDone()?.length === 2, 'the second answer');
      const results = model.calls.at(-1)?.request.messages.filter(({ role }) => role === 'tool') ?? [];
      assert.match(JSON.stringify(results), /\[3\] \w+\.md[^]*\[4\] \w+\.md/);
      assert.match(isDone()?.[1]?.text ?? '', /thirty days \[1\]\[2\]/);
    },
    { yaml: { ...quick, ...yaml } },
  ));
