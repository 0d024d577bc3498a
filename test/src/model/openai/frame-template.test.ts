import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { createFrameTemplate } from '../../../../src/model/openai/frame-template.ts';

const textOf = (frame: string): string => JSON.parse(frame).choices?.[0]?.delta?.content ?? '';

describe('the template of a frame', () => {
  it('reads a frame that is like an earlier one but for its text', () => {
    const template = learnt(chunk('Hello'));

    assert.equal(template.read(chunk(' wörld 🎉')), ' wörld 🎉');
  });

  it('reads nothing before it has learnt', () => {
    assert.equal(createFrameTemplate(textOf).read(chunk('Hello')), undefined);
  });

  it('reads frames that are padded to different lengths', () => {
    const template = learnt(chunk('Hello', { obfuscation: 'a1B2' }));

    assert.equal(template.read(chunk(' you', { obfuscation: 'c3' })), ' you');
  });

  for (const [what, frame] of [
    ['a text with an escape', chunk('two\nlines')],
    ['a text with a quotation mark', chunk('say "yes"')],
    ['another field', chunk('Hello', { usage: null })],
    ['the end of an answer', chunk('Hello').replace('"finish_reason":null', '"finish_reason":"stop"')],
    ['a field behind the padding', chunk('Hello', { obfuscation: 'a', error: 'x' })],
    ['padding that is cut off', chunk('Hello', { obfuscation: 'abc' }).slice(0, -1)],
    ['an escape at the end of the padding', chunk('Hello', { obfuscation: 'abc"' })],
    ['a frame that is cut off within its text', chunk('Hello').slice(0, 70)],
    ['a control character, which JSON forbids', chunk('Hello').replace('Hello', 'Hel\tlo')],
    ['something behind the frame', `${chunk('Hello')} `],
  ] as const) {
    it(`leaves to the parser: ${what}`, () => {
      assert.equal(learnt(chunk('Hello')).read(frame), undefined);
      assert.equal(learnt(chunk('Hello', { obfuscation: 'xy' })).read(frame), undefined);
    });
  }

  it('does not take another text of the frame for the one that counts', () => {
    const frame = (text: string, other: string): string =>
      JSON.stringify({ note: { content: other }, choices: [{ delta: { content: text } }] });
    const template = createFrameTemplate(textOf);

    template.learn(frame('Hello', 'Hello'), 'Hello');

    assert.equal(template.read(frame('Hello', 'Bye')), undefined);
  });

  it('gives up on an answer whose frames are not alike', () => {
    let parsed = 0;
    const template = createFrameTemplate((frame) => {
      parsed += 1;
      return textOf(frame);
    });

    for (let index = 0; index < 100; index += 1) template.learn(chunk('Hello', { index }), 'Hello');

    assert.ok(parsed < 10, `${parsed} frames were parsed twice`);
  });

  it('never reads anything else than the parser does', () => {
    const frames = fc.tuple(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    );
    const toFrame = ([text, id, obfuscation]: [string, string, string | undefined]): string => chunk(text, { id, obfuscation });
    fc.assert(
      fc.property(frames, frames, ([text, id, padding], [nextText, nextId, nextPadding]) => {
        const first = toFrame([text, id, padding]);
        const template = createFrameTemplate(textOf);
        template.learn(first, text);

        for (const next of [toFrame([nextText, id, nextPadding]), toFrame([nextText, nextId, nextPadding])]) {
          const read = template.read(next);

          if (read !== undefined) assert.equal(read, textOf(next));
        }
      }),
    );
  });
});

function chunk(content: string, more: Readonly<Record<string, unknown>> = {}): string {
  const choice = { index: 0, delta: { content }, logprobs: null, finish_reason: null };
  return JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [choice], ...more });
}

function learnt(frame: string) {
  const template = createFrameTemplate(textOf);
  template.learn(frame, textOf(frame));
  return template;
}
