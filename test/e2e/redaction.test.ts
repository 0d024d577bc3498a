import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config.ts';
import { silentLog } from '../../src/log.ts';
import { createAiModel } from '../../src/main/mind.ts';
import { createRandom } from '../kill/random.ts';
import { openApi } from '../support/api-emulator.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';
import { createOpenAiEmulator } from '../support/openai-emulator.ts';
import type { ChatAnswer, ChatRequest } from '../support/openai-emulator-protocol.ts';
import { onStage, until } from './stage.ts';

const email = 'ann@example.org';
const phone = '+49 30 1234567';

/** Looks up who it was told of, and says what it was told. */
function answer({ messages }: ChatRequest): ChatAnswer {
  const last = messages.at(-1);
  if (last?.role === 'tool') return { text: `I asked about [EMAIL_1] and heard: [PHONE_1] [PHONE_2] ${last.content}` };
  const calls = [{ name: 'find_person', arguments: '{"mail":"[EMAIL_1]"}' }];
  return { text: 'Let me see.', finishReason: 'tool_calls', calls };
}

test('slack: a tool gets the value itself, its result is redacted again, and people read the answer with the values', async () => {
  await using api = await openApi(() => ({ body: { phone } }));
  const parameters = { type: 'object', properties: { mail: { type: 'string' } }, required: ['mail'] };
  const find_person = { description: 'Finds.', parameters, url: `${api.url}/people?by={{args.mail}}` };
  const yaml = {
    safety: { redact: { kinds: ['all'] } },
    tools: { allow: [{ tools: ['find_person'], adapters: ['slack'] }], http: { find_person } },
    outbound: { allow: ['127.0.0.1'] },
  };
  await onStage(
    'slack',
    async ({ start, model, driver }) => {
      model.behaviour.answer = answer;
      await start();

      const talk = driver.open(createRandom(1));
      talk.ask(`Who is ${email}? And what is [PHONE_2]?`);

      await until(() => talk.visible().some(({ text, isGrowing }) => !isGrowing && text.includes('heard')), 'the answer');
      const shown = talk.visible().map(({ text }) => text);
      assert.equal(shown.length, 1, shown.join('\n'));
      assert.match(
        shown[0] ?? '',
        /I asked about ann@example\.org and heard: \+49 30 1234567 \[PHONE_2\] .*phone.{5}\+49 30 1234567\\"/,
      );
      assert.deepEqual(
        api.requests.map(({ url }) => decodeURIComponent(url)),
        [`/people?by=${email}`],
      );
      const sent = JSON.stringify(model.calls.map(({ request }) => request));
      assert.equal(model.calls.length, 2);
      assert.doesNotMatch(sent, /ann@example|1234567/);
      assert.match(sent, /Who is \[EMAIL_1\]\? And what is \[PHONE_2\]\?/);
    },
    { yaml },
  );
});

test('a provider of one’s own is sent everything as it is, the one that is asked in its place is not', async (t) => {
  const [own, other] = [createOpenAiEmulator({ clock: systemClock }), createOpenAiEmulator({ clock: systemClock })];
  await Promise.all([own.start(), other.start()]);
  t.after(() => Promise.all([own.stop(), other.stop()]));
  own.fail({ type: 'server_error' });
  other.behaviour.answer = ({ messages }) => `Heard: ${messages.at(-1)?.content}`;
  const yaml = JSON.stringify({
    model: {
      provider: 'local',
      fallback: ['openai'],
      openai: { baseUrl: other.baseUrl },
      providers: { local: { preset: 'custom', baseUrl: own.baseUrl, model: 'gpt-5.4-mini' } },
    },
    safety: { redact: { kinds: ['email'], exceptProviders: ['local'] } },
  });
  const { config } = await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });
  const model = await createAiModel(config, { fetch: globalThis.fetch, clock: systemClock, log: silentLog });

  let text = '';
  const request = { system: '', messages: [{ role: 'user' as const, text: `Write to ${email}.` }] };
  for await (const event of model.generate(request, AbortSignal.timeout(10_000))) if (event.type === 'text') text += event.text;

  const sentTo = (each: typeof own) => each.calls.map((call) => call.request.messages.at(-1)?.content);
  assert.deepEqual([sentTo(own), sentTo(other)], [[`Write to ${email}.`], ['Write to [EMAIL_1].']]);
  assert.equal(text, `Heard: Write to ${email}.`);
});
