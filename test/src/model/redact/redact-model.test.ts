import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { ModelError } from '../../../../src/errors.ts';
import type { Model, ModelEvent, ModelMessage, ModelRequest } from '../../../../src/model/model.ts';
import { redactModel, type RedactOptions } from '../../../../src/model/redact/redact-model.ts';
import { createScriptedModel } from '../../../../src/model/scripted.ts';
import { redactedKinds } from '../../../../src/redacted-kinds.ts';
import { defineModelContract, textOf } from '../../../contracts/model-contract.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';
import { createTestModel, type TestModel } from '../../../support/test-model.ts';

const options: RedactOptions = { kinds: redactedKinds, patterns: { customer: '\\bK-\\d{6}\\b' }, images: true };
const never = new AbortController().signal;
const seed = Math.floor(Math.random() * 2 ** 31);

const scripted = (script: Parameters<typeof createScriptedModel>[0]): Model =>
  redactModel(createScriptedModel(script, createFakeClock()), options);

defineModelContract({
  name: 'a model from which data is kept',
  open: async () => ({ model: scripted(() => 'a short answer') }),
  openStalled: async () => ({ model: scripted(() => ['a few words', { stall: true }]) }),
  openBroken: async () => ({ model: scripted(() => [{ fail: new ModelError({ message: 'it is down.', retryable: true }) }]) }),
});

function asked(...texts: readonly string[]): ModelRequest {
  return { system: 'Be helpful.', messages: texts.map((text): ModelMessage => ({ role: 'user', text })) };
}

/** What the model is sent, and what people read of what it says. */
async function talk(inner: TestModel, request: ModelRequest, given = options) {
  const events: ModelEvent[] = [];
  for await (const event of redactModel(inner, given).generate(request, never)) events.push(event);
  return { sent: inner.requests[0], text: textOf(events), events };
}

const email = fc
  .tuple(
    fc.stringMatching(/^[a-z][a-z0-9.+_-]{0,12}[a-z0-9]$/),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,10}[a-z0-9]\.(?:com|org|co\.uk)$/),
  )
  .map(([local, domain]) => `${local}@${domain}`);
const digits = (count: number) => fc.stringMatching(new RegExp(`^[1-9]\\d{${count - 1}}$`));
const phone = fc
  .tuple(fc.constantFrom('+49 ', '+1-', '+44 (0)', '0044 '), digits(3), fc.constantFrom(' ', '-', '/'), digits(6))
  .map((all) => all.join(''));
const card = fc.tuple(fc.constantFrom('4', '5', '6'), digits(14)).map(([first, rest]) => {
  const partial = `${first}${rest}`;
  const sum = Array.from(partial).reduce((total, digit, index) => {
    const value = index % 2 === 0 ? 2 * Number(digit) : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  const whole = `${partial}${(10 - (sum % 10)) % 10}`;
  return whole.replaceAll(/\d{4}(?=\d)/g, '$& ');
});
const iban = digits(18).map((account) => {
  const rest = BigInt(`${account}131400`) % 97n;
  return `DE${String(98n - rest).padStart(2, '0')}${account}`;
});
const value = fc.oneof(
  email,
  phone,
  card,
  iban,
  digits(6).map((number) => `K-${number}`),
);
/** As people hide and decorate digits. */
const disguise = fc.constantFrom(
  (text: string) => text,
  (text: string) => text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  (text: string) => text.split('').join('\u200b'),
  (text: string) => text.replaceAll(/(?<=\d)(?=\d)/g, '\u00ad'),
);
const filler = fc.oneof(
  fc.constantFrom(
    ' ',
    '\n',
    ' and [EMAIL_1] ',
    ' [CARD_2] ',
    ' [ ',
    ' [PHO',
    ' write to: ',
    ' "',
    '\t',
    ' 中文 ',
    ' [[',
    ' _[EMAIL\\_3]_ ',
  ),
  fc.stringMatching(/^ [a-zA-Z[\]_ ]{0,12} $/),
);

/** Values and how they are written, with other words around them. */
const plantedText = fc.array(fc.tuple(filler, value, disguise), { minLength: 1, maxLength: 6 }).map((parts) => ({
  text: `${parts.map(([before, planted, hide]) => `${before} ${hide(planted)}`).join('')} .`,
  planted: parts.map(([, planted]) => planted),
}));

/** Cuts a text at the places that the numbers name. */
function cut(text: string, at: readonly number[]): readonly string[] {
  const places = [...new Set(at.map((each) => each % (text.length + 1)))].toSorted((one, other) => one - other);
  return [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length));
}

const bare = (text: string): string => text.normalize('NFKC').replaceAll(/[\u200b\u00ad\s]/g, '');

describe('redaction', () => {
  test(`no planted value reaches the model, and people read what it says as if nothing had been taken out, seed ${seed}`, () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(plantedText, { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (said, cuts) => {
          const texts = said.map(({ text }) => text);
          const inner = createTestModel((request) => cut(request.messages.map(({ text }) => text).join('\u0001'), cuts));

          const { sent, text } = await talk(inner, asked(...texts));

          assert.equal(text, texts.join('\u0001'));
          const seen = bare(JSON.stringify(sent));
          for (const planted of said.flatMap((each) => each.planted)) assert.ok(!seen.includes(bare(planted)), planted);
        },
      ),
      { seed, numRuns: 500 },
    ));

  test('the same value has the same placeholder in a request, and as a conversation goes on', async () => {
    const first = await talk(
      createTestModel(() => 'ok'),
      asked('a@example.com b@example.com', 'a@example.com?'),
    );
    const next = await talk(
      createTestModel(() => 'ok'),
      asked('a@example.com b@example.com', 'a@example.com?', 'c@example.com'),
    );

    const texts = next.sent?.messages.map(({ text }) => text);
    assert.deepEqual(texts, ['[EMAIL_1] [EMAIL_2]', '[EMAIL_1]?', '[EMAIL_3]']);
    assert.deepEqual(
      first.sent?.messages.map(({ text }) => text),
      texts?.slice(0, 2),
    );
    assert.equal(first.sent?.system, next.sent?.system);
  });

  test('what somebody typed and what the model made up is nobody’s data', async () => {
    const inner = createTestModel(() => '[EMAIL_1] [EMAIL_2] [EMAIL_3] [EMAIL_9] [CARD_1] [email_2]');

    const { sent, text } = await talk(inner, asked('[EMAIL_1]', 'a@example.com', 'b@example.com'));

    assert.deepEqual(
      sent?.messages.map(({ text: each }) => each),
      ['[EMAIL_1]', '[EMAIL_2]', '[EMAIL_3]'],
    );
    assert.equal(text, '[EMAIL_1] a@example.com b@example.com [EMAIL_9] [CARD_1] [email_2]');
  });

  for (const size of [1, 2, 3, 100]) {
    test(`brackets that the model escaped for Markdown are a placeholder's own, in pieces of ${size}`, async () => {
      const said = 'In C:\\x, to \\[EMAIL_1\\], \\[EMAIL\\_1\\] and [EMAIL_1], not \\[EMAIL_2\\] or \\[x\\] \\';
      const pieces = Array.from({ length: Math.ceil(said.length / size) }, (_, at) => said.slice(at * size, (at + 1) * size));

      const events: ModelEvent[] = [];
      for await (const event of scripted(() => pieces).generate(asked('I am ann@example.com'), never)) events.push(event);

      assert.equal(
        textOf(events),
        'In C:\\x, to ann@example.com, ann@example.com and ann@example.com, not \\[EMAIL_2\\] or \\[x\\] \\',
      );
    });
  }

  test('a placeholder is restored where the model escaped it for Markdown', async () => {
    const { text } = await talk(
      createTestModel(() => 'To [EMAIL\\_1] with [NATIONAL\\_ID\\_1].'),
      asked('a@example.com 123-45-6789'),
    );

    assert.equal(text, 'To a@example.com with 123-45-6789.');
  });

  test('no more is held back than what may still become a placeholder', async () => {
    const shown: string[] = [];
    const inner = createTestModel(() => ['See [', 'here', '](x) [EMA', 'IL_', '1', '] [TODO', '_1 [EMAIL_']);

    for await (const event of redactModel(inner, options).generate(asked('a@example.com'), never))
      if (event.type === 'text') shown.push(event.text);

    assert.deepEqual(shown, ['See ', '[here', '](x) ', 'a@example.com [TODO', '_1 ', '[EMAIL_']);
  });

  test('arguments of calls get their values back, whatever has to be escaped in them', async () => {
    const secret = 'say "hi" \\ 5';
    async function* calls(): AsyncGenerator<ModelEvent> {
      yield { type: 'text', text: 'Sending [EM' };
      yield {
        type: 'call',
        call: { name: 'send', arguments: '{"to":"[EMAIL_1]", "n":12345678901234567890, "note":"x [SECRET_1]\\u005f"}' },
      };
      yield { type: 'call', call: { name: 'send', arguments: '{"to": [EMAIL_1]' } };
      yield { type: 'done', finishReason: 'calls', usage: { inputTokens: 1, outputTokens: 1, estimated: true } };
    }

    const { events } = await talk(createTestModel(calls), asked(`a@example.com password: '${secret}'`));

    const made = events.flatMap((event) => (event.type === 'call' ? [event.call.arguments] : []));
    assert.deepEqual(made, [
      `{"to":"a@example.com", "n":12345678901234567890, "note":${JSON.stringify(`x ${secret}_`)}}`,
      '{"to": [EMAIL_1]',
    ]);
    assert.equal(textOf(events), 'Sending [EM');
  });

  test('results of tools and arguments of earlier calls are redacted too, numbers and named secrets among them', async () => {
    const inner = createTestModel(() => 'It is [PHONE_1], [SECRET_1], [CARD_1].');
    const call = {
      id: 'call00000',
      name: 'find',
      arguments: '{"to":"a@example.com","password":"hunter2","card":4111111111111111,"n":1.50}',
    };
    const request: ModelRequest = {
      system: 'Write to help@example.com.',
      messages: [
        { role: 'user', text: 'find a@example.com' },
        { role: 'assistant', text: '', calls: [call] },
        { role: 'tool', callId: 'call00000', text: '{"phone":"+49 30 1234567"}' },
      ],
    };

    const { sent, text } = await talk(inner, request);

    assert.equal(
      sent?.messages[1]?.calls?.[0]?.arguments,
      '{"to":"[EMAIL_1]","password":"[SECRET_1]","card":"[CARD_1]","n":1.50}',
    );
    assert.equal(sent?.messages[2]?.text, '{"phone":"[PHONE_1]"}');
    assert.equal(text, 'It is +49 30 1234567, hunter2, 4111111111111111.');
    assert.match(sent?.system ?? '', /^Write to help@example\.com\.\n\nSome data is withheld/);
  });

  test('images go along unless that is switched off, and then the model is told', async () => {
    const request: ModelRequest = {
      system: '',
      messages: [{ role: 'user', text: 'what?', images: [{ mimeType: 'image/png', base64: 'AAAA' }] }],
    };

    const open = await talk(
      createTestModel(() => 'ok'),
      request,
    );
    const closed = await talk(
      createTestModel(() => 'ok'),
      request,
      { ...options, images: false },
    );

    assert.equal(open.sent?.messages[0]?.images?.length, 1);
    assert.deepEqual(closed.sent?.messages, [
      { role: 'user', text: 'what?\n(An image was left out: images are not sent to you.)' },
    ]);
  });
});
