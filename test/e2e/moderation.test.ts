import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killPlatforms } from '../kill/points.ts';
import { createRandom } from '../kill/random.ts';
import { onStage, until } from './stage.ts';

const yaml = {
  safety: {
    redact: { kinds: ['email'] },
    moderation: {
      input: ['endpoint', 'rules'],
      output: ['endpoint'],
      rules: { names: { words: ['project nightfall'] } },
    },
  },
};

for (const platform of killPlatforms) {
  test(`${platform}: flagged messages and answers are refused with a notice, the rest is answered, and no model sees what was flagged`, () =>
    onStage(
      platform,
      async ({ start, model, driver }) => {
        const seen: string[] = [];
        model.behaviour.flag = (text) => (text.includes('violent') ? { violence: 0.9 } : undefined);
        model.behaviour.answer = ({ messages }) => {
          const said = String(messages.at(-1)?.content);
          return said.includes('provoke') ? 'Here is a violent answer, word by word.' : `Heard: ${said}`;
        };
        model.failModeration({ type: 'rate_limit', retryAfterSeconds: 1 }, { type: 'server_error' });
        await start();

        const talks = ['a violent question', 'about Project  Nightfall', 'provoke it', 'a good question of ann@example.org'].map(
          (text) => {
            const talk = driver.open(createRandom(text.length));
            talk.ask(text);
            return talk;
          },
        );
        const textsOf = (index: number): readonly string[] => talks[index]?.visible().map(({ text }) => text) ?? [];
        await until(() => {
          seen.push(...talks.flatMap((talk) => talk.visible().map(({ text }) => text)));
          return talks.every((talk) => talk.visible().some(({ isGrowing }) => !isGrowing));
        }, 'four answers');

        assert.match(textsOf(0).join(), /I cannot take this message: it goes against the rules/);
        assert.match(textsOf(1).join(), /I cannot take this message: it goes against the rules/);
        assert.match(textsOf(2).join(), /I have an answer, but it goes against the rules/);
        assert.match(textsOf(3).join(), /Heard: .*a good question of ann@example\.org/s);
        assert.deepEqual(
          talks.map((talk) => talk.visible().length),
          [1, 1, 1, 1],
        );
        assert.ok(!seen.some((text) => text.includes('violent answer')));
        assert.doesNotMatch(JSON.stringify(model.moderated), /ann@|nightfall/i);
        assert.match(JSON.stringify(model.moderated), /a good question of \[EMAIL_1\]/);
        assert.doesNotMatch(JSON.stringify(model.calls.map(({ request }) => request)), /violent question|nightfall/i);
      },
      { yaml },
    ));
}
