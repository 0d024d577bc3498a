import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createCompletion } from '../../../../src/model/openai/completion.ts';
import { openAiSettings } from '../../../../src/model/openai/failure.ts';
import { createTextFrames } from '../../../../src/model/openai/text-frames.ts';

const endpoint = { host: 'api.openai.com', model: 'm', settings: openAiSettings, apiKey: undefined };

function toFrame(content: string, rest: object = {}): string {
  return JSON.stringify({ id: 'c1', choices: [{ index: 0, delta: { content }, finish_reason: null }], ...rest });
}

function learned(content: string, rest: object = {}) {
  const frames = createTextFrames();
  frames.learn(toFrame(content, rest), content);
  return frames;
}

test('a frame that differs in its text alone is read', () => {
  assert.equal(learned('Good').textOf(toFrame(' morning, Zoë 🙂')), ' morning, Zoë 🙂');
  assert.equal(learned('Good').textOf(toFrame('')), '');
});

test('whether there is a space after the colon or not', () => {
  const frames = createTextFrames();
  frames.learn('{"choices": [{"delta": {"content": "Good"}}]}', 'Good');

  assert.equal(frames.textOf('{"choices": [{"delta": {"content": " morning"}}]}'), ' morning');
});

test("and one that differs in OpenAI's padding too", () => {
  const frames = learned('Good', { usage: null, obfuscation: 'aB3' });

  assert.equal(frames.textOf(toFrame(' morning', { usage: null, obfuscation: 'xY7890' })), ' morning');
  assert.equal(frames.textOf(toFrame(' morning', { usage: { prompt_tokens: 1 }, obfuscation: 'xY7' })), undefined);
  assert.equal(frames.textOf(toFrame(' morning', { usage: null, obfuscation: 'x', error: {} })), undefined);
  assert.equal(
    frames.textOf(toFrame(' morning', { usage: null, obfuscation: 'x' }).replace('"x"', '"x\\"')),
    undefined,
    'no JSON',
  );
});

test('whatever else differs, or is escaped, has to be parsed', () => {
  const frames = learned('Good');
  const end = JSON.stringify({ id: 'c1', choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }] });
  const sameLength = toFrame('a').replace('null', '"ok"');
  const others = [
    sameLength,
    toFrame('a "b"'),
    toFrame('a\\b'),
    toFrame('a\nb'),
    toFrame('a', { error: 'b' }),
    end,
    '[DONE]',
    '',
    '{',
  ];

  for (const other of others) assert.equal(frames.textOf(other), undefined, other);
  assert.equal(frames.textOf(toFrame('a').replace('"a"', '"\t"')), undefined, 'no JSON');
  assert.equal(frames.textOf(`${toFrame('a')}}`), undefined, 'no JSON');
});

test('nothing is learned where there are several contents', () => {
  assert.equal(learned('Good', { content: 'other' }).textOf(toFrame('a', { content: 'other' })), undefined);
});

test('an answer is the same whether its frames are parsed or not', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('"', '\\', '\\"', '"content":"', '\u0000', ' ', '}'));
  const rest = fc.constantFrom({}, {}, { created: 1 }, { obfuscation: 'a' }, { obfuscation: 'bcd' }, { usage: null });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, rest), { maxLength: 20 }), (pieces) => {
      const completion = createCompletion(endpoint, true);
      const said = pieces.map(([content, more]) => completion.add(toFrame(content, more)));
      assert.deepEqual(
        said,
        pieces.map(([content]) => content),
      );
    }),
  );
});

test('a call among the texts is not lost', () => {
  const completion = createCompletion(endpoint, true);
  const call = { index: 0, id: 'a', function: { name: 'search', arguments: '1' } };
  const frame = JSON.stringify({ choices: [{ delta: { content: 'I look.', tool_calls: [call] }, finish_reason: null }] });

  completion.add(toFrame('I'));
  completion.add(frame);
  completion.add(frame.replace('I look.', 'I see.'));
  completion.add(JSON.stringify({ choices: [{ delta: {}, finish_reason: 'tool_calls' }] }));

  assert.deepEqual(
    completion.outcome().calls.map((each) => each.arguments),
    ['11'],
  );
});
