import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { effectsOf } from '../../../adapters/slack/emulator/markup.ts';
import { neutralise, stableLength } from '../../../adapters/slack/format.ts';
import { messageLimit, splitForSlack } from '../../../adapters/slack/limits.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { answerTo, noAbort, recordCalls, settled, shownIn, startSlack } from './harness.ts';

const stays = (text: string): [string, string] => [text, text];

/** What a model writes, and what Slack is given. */
const constructs: Readonly<Record<string, [string, string]>> = {
  headings: stays('# One\n\n## Two\n\n###### Six\n\nSetext\n======'),
  'nested lists': stays('- a\n  - b\n    - c\n\n1. one\n   1. inner\n2. two'),
  'task lists': stays('- [ ] to do\n- [x] done'),
  tables: stays('| a | b |\n| :-- | --: |\n| 1 | `x\\|y` |'),
  'a code block': stays('```python\nx = a[0](1)  # <!-- no mention -->\n```'),
  'a code block of tildes': stays('~~~\n```\n~~~'),
  'indented code': stays('    if (a < b) { run(); }'),
  'inline code': stays('Use `a[0](x)` and ``a ` b`` or `![x](y)`.'),
  'a code block in a list': [
    '1. Run\n\n    ```sh\n    ls\n      -l\n    ```\n\n2. Done',
    '1. Run\n\n```sh\nls\n  -l\n```\n\n2. Done',
  ],
  'a code block as an item': ['- ```js\n  a()\n  ```\n- b', '-\n```js\na()\n```\n- b'],
  'a code block in a quote': ['> see\n> ```\n> a > b\n> ```\n> end', '> see\n```\na > b\n```\n> end'],
  quotes: stays('> one\n> > two\n>\n> three'),
  links: stays('[the docs](https://docs.example/a_(b)) and [write](mailto:ann@example.com)'),
  'links with titles': stays('[the docs](https://docs.example "All of \'it\'")'),
  autolinks: stays('<https://docs.example> and https://docs.example/x?y=1&z=2 and <ann@example.com>'),
  'reference links': [
    'See [the docs][1], [API] and [both][API].\n\n[1]: https://docs.example/a_(b) "Title"\n[api]: <https://api.example>',
    'See [the docs](https://docs.example/a_%28b%29 "Title"), [API](https://api.example) and [both](https://api.example).\n\n\n',
  ],
  'definitions that nobody refers to': ['[1]: https://docs.example', '[1]\u200b: https://docs.example'],
  'links as Slack writes them': ['<https://docs.example|the [docs]>', String.raw`[the \[docs\]](https://docs.example)`],
  images: [
    '![a cat](https://i.example/cat.png) ![](https://i.example/dog.png)',
    '[a cat](https://i.example/cat.png) [image](https://i.example/dog.png)',
  ],
  'nested emphasis': stays('**bold _and italic_** ***both*** __a *b*__ snake_case_name 2*3*4'),
  strikethrough: stays('~~gone~~ and ~one~'),
  HTML: stays('<b>bold</b><br/>a &amp; b <!-- a comment --> <details open>x</details>'),
  footnotes: ['Text[^1].\n\n[^1]: A note.', 'Text[^1].\n\n[^1]\u200b: A note.'],
  'emoji names': stays(':tada: :+1::skin-tone-3: 12:30:45'),
  'dividers and breaks': stays('a  \nb\\\nc\n\n---\n\n***'),
  'long lines': stays(`${'word '.repeat(1_500)}end`),
  'right-to-left text': stays('مرحبا **بالعالم** و[الوثائق](https://docs.example)، \u200fשלום'),
  'overrides of direction': ['https://\u202eelpmaxe.live', 'https://elpmaxe.live'],
  mathematics: stays('a[i] = b[i] < c && d > e; f(x)[0]'),
  'links without a scheme': ['[the guide](/guide.md)', '[the guide] (/guide.md)'],
};

describe('Markdown', () => {
  for (const [construct, [markdown, sent]] of Object.entries(constructs)) {
    test(`${construct}: nothing is lost on the way to Slack`, async (t) => {
      const slack = await startSlack(t);
      const said = slack.emulator.say({ text: 'show me', mention: true });

      const parts = slack.adapter.split(markdown);
      for (const text of parts) await slack.adapter.send(answerTo(slack, said, text), noAbort);

      assert.deepEqual(
        shownIn(slack, said).map(({ text }) => text),
        [sent],
      );
    });
  }

  test('a large table is cut between its rows, and each piece has the header', () => {
    const row = (index: number): string => `| ${index} | ${'x'.repeat(60)} |`;
    const table = ['| n | what |', '| --- | --- |', ...Array.from({ length: 400 }, (_, index) => row(index))].join('\n');

    const parts = splitForSlack(`Here:\n\n${table}\n\nThat is all.`);

    assert.ok(parts.length > 1);
    for (const part of parts) assert.match(part, /(?:^|\n)\| n \| what \|\n\| --- \| --- \|\n\| \d/);
    for (let index = 0; index < 400; index += 1) assert.equal(parts.join('\n').split(row(index)).length, 2);
    for (const part of parts) assert.ok(!/(?:\|[^\n]*\n){101}/.test(part.replaceAll('\n\n', '\n.\n')));
  });

  test('code in a list that is longer than a message is a whole block in each part', () => {
    const code = Array.from({ length: 900 }, (_, index) => `    line ${index} of some code`).join('\n');

    const parts = splitForSlack(`1. Run:\n\n    \`\`\`js\n${code}\n    \`\`\`\n\n2. Done`);

    assert.ok(parts.length > 1);
    for (const part of parts) assert.equal(part.match(/^```/gm)?.length, 2);
  });
});

describe('a link', () => {
  for (const link of [
    '[https://bank.example](https://evil.example)',
    '[bank.example](https://evil.example)',
    '[www.bank.example/login](https://evil.example/bank.example)',
    '[https://bank.example](https://bank.example@evil.example)',
    '[https://bank.example](<https://evil.example> "bank.example")',
    '[https://bank\u200b.example](https://evil.example)',
    '[bank\u2024example](https://evil.example)',
    '[ｂａｎｋ．example](https://evil.example)',
    '[bank&#46;example](https://evil.example)',
    '[**bank**.`example`](https://evil.example)',
    '[bank\\.example](https://evil.example)',
    '[ann@bank.example](mailto:ann@evil.example)',
    '![https://bank.example](https://evil.example)',
    '[[bank.example]](https://evil.example)',
    '[see\nbank.example](https://evil.example)',
    '[https://bank.example][1]\n\n[1]: https://evil.example',
    '[https://bank.example]\n\n[https://bank.example]: https://evil.example',
    '<https://evil.example|https://bank.example>',
    `[bank.example ${'x'.repeat(700)} bank.example](https://evil.example)`,
    '[bаnk.example](https://bank.example)',
    '[click](javascript:alert(1))',
    '[click](slack://open)',
  ]) {
    test(`${JSON.stringify(link).slice(0, 70)} is pulled apart`, () => {
      for (const text of [link, `So: ${link}.`, `- ${link}`]) {
        const shown = splitForSlack(text)
          .map((part) => neutralise(part))
          .join('\n');

        assert.deepEqual(effectsOf(shown).links, []);
        assert.ok(shown.includes('evil.example') || !text.includes('evil.example'));
      }
      const inCode = neutralise(`\`\`\`\n${link}\n\`\`\``);
      assert.deepEqual(
        effectsOf(inCode).links.filter(({ label }) => label.includes('bank')),
        [],
      );
    });
  }

  for (const link of [
    '[https://bank.example](https://bank.example/login)',
    '[bank.example](https://www.bank.example)',
    '[https://bank.example/x?to=evil.example](https://bank.example/x?to=evil.example)',
    '[müller.example](https://xn--mller-kva.example)',
    '[Node.js](https://nodejs.org)',
    '[config.json](https://git.example/config.json)',
    '[version 1.2](https://releases.example)',
    '[ann@bank.example](mailto:ann@bank.example)',
  ]) {
    test(`${link} stays`, () => assert.equal(neutralise(link), link));
  }
});

describe('mentions in an answer', () => {
  const people = new Map([
    ['U0ADA', ''],
    ['U0BOB', 'Bob'],
    ['U0BOBBY', 'Bob Lee'],
    ['U0NEW', 'U0NEW'],
  ]);

  for (const [text, sent] of Object.entries({
    '<@U0ADA>, ask <@U0BOB>.': '<@U0ADA>, ask <@U0BOB>.',
    '@Bob and @Bob Lee, @U0NEW': '<@U0BOB> and <@U0BOBBY>, <@U0NEW>',
    '@Bobby, me@Bob, `@Bob`': '@Bobby, me@Bob, `@Bob`',
    '<@U0EVE> <@U0BOB|boss>': '<\u200b@U0EVE> <\u200b@U0BOB|boss>',
    '<#C0GENERAL> <#C0GENERAL|general>': '<\u200b#C0GENERAL> <\u200b#C0GENERAL|general>',
    '<!date^1392734382^{date}^https://evil.example|today>': '<\u200b!date^1392734382^{date}^https://evil.example|today>',
    '<!\u200cchannel> <\u2060@U0EVE> <!cha\u00adnnel>': '<\u200b!\u200cchannel> <\u200b\u2060@U0EVE> <\u200b!cha\u00adnnel>',
    '&lt;!here&gt; &#60;@U0EVE>': '&lt;\u200b!here&gt; &#60;\u200b@U0EVE>',
    '_@here_ @\u200dchannel .@everyone @**here**': '_@\u200bhere_ @\u200b\u200dchannel .@\u200beveryone @\u200b**here**',
  })) {
    test(`${JSON.stringify(text)} calls those alone whom the question named`, () => {
      const shown = neutralise(text, people);

      assert.equal(shown, sent);
      for (const mention of effectsOf(shown).mentions) assert.ok(people.has(mention.replace('@', '')), mention);
    });
  }

  test('a name that is still being written is not shown', () => {
    assert.equal(stableLength('Ask @Bob ', false, people), 4);
    assert.equal(stableLength('Ask @Bob, then', false, people), 10);
  });

  test('no more than twenty of one message do, so that it stays within its limit', () => {
    const shown = neutralise('@Bob '.repeat(30), people);

    assert.equal(effectsOf(shown).mentions.length, 20);
    assert.ok(neutralise('@Bob'.padEnd(messageLimit, '\n@Bob'), people).length < 12_000);
  });
});

for (const transport of ['http', 'socket'] as const) {
  test(`${transport}: an answer mentions those whom the question named, and nobody else`, async (t) => {
    const slack = await startSlack(t, { transport });
    const [bob, eve] = [slack.emulator.user('Bob').id, slack.emulator.user('Eve').id];
    const said = slack.emulator.say({ text: `who is <@${bob}> in <#C0123ABC|general>?`, mention: true, raw: true });
    const [question] = await slack.offeredMessages(1);

    assert.equal(question?.text, `who is @${bob} in #general?`);
    const answer = { ...answerTo(slack, said, `@${bob} is not <@${eve}>.`), destination: question.destination };
    await slack.adapter.send(answer, noAbort);

    const [shown] = shownIn(slack, said);
    assert.deepEqual(effectsOf(shown?.text ?? '').mentions, [`@${bob}`]);
  });
}

test('people and channels stand by their names once Slack has told them', async (t) => {
  const clock = createFakeClock();
  const slack = await startSlack(t, { clock });
  const [bob, general] = [slack.emulator.user('Bob').id, slack.emulator.channel('general').id];
  const text = `is <@${bob}> in <#${general}>?`;
  const calls = recordCalls(slack, ['users.info', 'conversations.info']);
  slack.emulator.say({ text, direct: true, raw: true });
  const [first] = await slack.offeredMessages(1);

  for (let asked = 1; asked <= 3; asked += 1) {
    await clock.advance(1_000);
    await settled(() => calls.length >= asked);
  }
  await clock.advance(1_000);
  const later: string[] = [];
  for (let count = 2; later.at(-1) !== 'is @Bob in #general?'; count += 1) {
    slack.emulator.say({ text, direct: true, raw: true });
    later.push((await slack.offeredMessages(count)).at(-1)?.text ?? '');
  }

  assert.equal(first?.text, `is @${bob} in #${general}?`);
});
